"""Whatever a list, an annotation, an archive or a pickle holds: it is read, or refused in words."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convscope.engine.data import DataError, archives, load_dataset
from convscope.engine.data.options import PictureOptions, ShapesOptions, parse, written
from convscope.engine.data.pickled import RefusedError, read_plain

from .picture_files import picture

shared_folder = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "cache_folder", lambda name: tmp_path / "cache" / name)
    for index in range(3):
        picture(tmp_path / f"{index}.png")
    return tmp_path


def taken(path) -> None:
    """Read it, or be refused in one sentence that names it."""
    try:
        load_dataset(path)
    except DataError as error:
        assert str(path.parent) in str(error) or path.stem in str(error)


heads = ("image", "label", "x1", "y1", "x2", "y2", "split", "train")
cells = st.sampled_from(
    (*heads, "0.png", "1.png", "../0.png", "cat", "dog", "", "3", "nan", '"', "\x00", "ä", "a" * 999)
)


@shared_folder
@given(st.lists(st.lists(cells, max_size=7).map(",".join), max_size=6).map("\n".join))
def test_any_table(folder, text):
    (folder / "t.csv").write_text(text, encoding="utf-8")
    taken(folder / "t.csv")


numbers = st.one_of(st.integers(-3, 9), st.floats(), st.none(), st.text(max_size=2), st.just(10**400))
entries = st.dictionaries(
    st.sampled_from(["id", "name", "file_name", "image_id", "category_id", "bbox", "iscrowd"]),
    st.one_of(numbers, st.lists(numbers, max_size=5), st.sampled_from(["0.png", "1.png"])),
)


@shared_folder
@given(
    st.dictionaries(st.sampled_from(["images", "annotations", "categories"]), st.lists(entries, max_size=3) | numbers)
)
def test_any_json(folder, document):
    (folder / "t.json").write_text(json.dumps(document), encoding="utf-8")
    taken(folder / "t.json")


@shared_folder
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damage_to_an_archive(folder, damages):
    path = folder / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(3):
            archive.write(folder / f"{index}.png", f"{'ab'[index % 2]}/{index}.png")
    content = bytearray(path.read_bytes())
    for place, value in damages:
        content[place % len(content)] = value
    path.write_bytes(bytes(content))
    taken(path)


BATCH = pickle.dumps({"data": np.zeros((2, 6), np.uint8), "labels": [1, 2]}, 2)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(BATCH)), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_to_a_pickle(damages):
    content = bytearray(BATCH)
    for place, value in damages:
        content[place % len(content)] = value
    try:
        read_plain(bytes(content))
    except RefusedError as error:
        assert str(error)


@pytest.mark.parametrize("name", ["a" * 5000, "\x00", "~nobody/x", "", ":", "shapes:", "a:b=c"])
def test_any_name(name):
    try:
        load_dataset(f"{name}:count=10" if name == "shapes:" else name)
    except DataError as error:
        assert str(error)


@given(st.text(max_size=30))
def test_any_options(text):
    for kind in (ShapesOptions, PictureOptions):
        try:
            options = parse(kind, text)
        except DataError as error:
            assert str(error)
        else:
            assert parse(kind, written(options)) == options


@given(
    st.builds(
        ShapesOptions,
        size=st.integers(12, 99),
        count=st.integers(10, 10**6),
        noise=st.floats(0, 1),
        seed=st.integers(0, 2**63 - 1),
    )
)
def test_options_are_read_as_they_are_written(options):
    assert parse(ShapesOptions, written(options)) == options
