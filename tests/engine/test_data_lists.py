"""Lists and annotations: CSV, COCO and VOC, with everything that is wrong told at once."""

import json

import numpy as np
import pytest

from convscope.engine.data import DataError, load_dataset

from .picture_files import picture


def fault(what, *more) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset(what, *more)
    return str(caught.value)


@pytest.fixture
def pictures(tmp_path):
    """Eight pictures of 10×20 (height × width) in a folder `images`."""
    for index in range(8):
        picture(tmp_path / "images" / f"{index}.png", 10, 20)
    return tmp_path


def table(folder, text, name="list.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


# ---- CSV


@pytest.mark.parametrize("head", ["image,label\n", "", "filename;class\n", "label\timage\n", "\ufeffPath,Category\n"])
def test_tables_are_read_with_and_without_names_of_columns(pictures, head):
    sign = next((s for s in ";\t" if s in head), ",")
    rows = [(f"images/{i}.png", ("cat", "dog")[i % 2]) for i in range(8)]
    rows = [row[::-1] for row in rows] if head.startswith("label") else rows
    data = load_dataset(table(pictures, head + "\n".join(sign.join(row) for row in rows)))
    assert data.classes == ("cat", "dog")
    assert data.name == "list"
    assert (len(data.train_labels), len(data.test_labels)) == (6, 2)
    assert data.train_boxes is None


def test_pictures_are_named_from_the_tables_folder_or_the_one_given(pictures):
    rows = "\n".join(f"{i}.png,{'ab'[i % 2]}" for i in range(8))
    assert "line 1: there is no file" in fault(table(pictures, rows))
    assert load_dataset(table(pictures, rows), pictures / "images").classes == ("a", "b")


def test_a_column_of_splits_is_obeyed(pictures):
    rows = "".join(f"images/{i}.png,{'ab'[i % 2]},{'train' if i < 5 else 'val'}\n" for i in range(8))
    data = load_dataset(table(pictures, "image,label,split\n" + rows))
    assert (len(data.train_labels), len(data.test_labels)) == (5, 3)


def test_every_fault_of_a_table_is_told_with_its_line(pictures):
    said = fault(
        table(
            pictures,
            "image,label\n"
            "images/0.png,cat\n"
            "images/none.png,cat\n"
            "images/1.png,\n"
            "\n"
            ",dog\n"
            "images/2.png\n"
            "images/3.png,Cat\n"
            "images/0.png,dog\n",
        )
    )
    assert "it has 6 faults" in said
    for part in (
        f"line 3: there is no file {pictures / 'images' / 'none.png'}",
        "line 4: images/1.png has no label",
        "line 6: no image is named",
        "line 7 has 1 column instead of 2",
        "line 8: the label 'Cat' is written 'cat' in line 2",
        "line 9: 0.png was listed as 'cat' too in line 2",
    ):
        assert part in said


def test_a_thousand_faults_are_counted_and_some_shown(pictures):
    said = fault(table(pictures, "image,label\n" + "x.png,a\n" * 1000))
    assert "it has 1,000 faults" in said
    assert said.endswith("and 980 more.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("image,label\n", "names columns but no pictures"),
        ("a,b,c\n", "has 3 columns and no line of names"),
        ("image,size\n", "lacks label"),
        ("image,label,x1,y1\n", "lacks x2, y2"),
        ('image,label\n"images/0.png,cat\n', "is not CSV"),
        ("images/0.png,a\nimages/1.png,a\n", "all lines have the label 'a'"),
    ],
)
def test_a_table_of_another_form_is_told(pictures, text, said):
    assert said in fault(table(pictures, text))


def test_a_table_that_is_no_text_is_told(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00image")
    assert "is not written in UTF-8" in fault(tmp_path / "t.csv")


def test_boxes_are_scaled_with_their_pictures_and_the_largest_leads(pictures):
    text = (
        "image,label,xmin,ymin,xmax,ymax\n"
        "images/0.png,cat,0,0,4,2\n"
        "images/0.png,dog,10,5,20,10\n"
        "images/1.png,cat,2,2,8,8\n"
        "images/2.png,dog,0,0,20,10\n"
    )
    data = load_dataset(f"{table(pictures, text)}:test=0,size=20")
    assert data.image_shape == (20, 20, 3)  # stretched: boxes stay whole
    assert data.train_labels.tolist() == [1, 0, 1]
    np.testing.assert_allclose(data.train_boxes, [[10, 10, 20, 20], [2, 4, 8, 16], [0, 0, 20, 20]])
    np.testing.assert_allclose(data.train_objects[0].boxes, [[0, 0, 4, 4], [10, 10, 20, 20]])
    assert data.train_objects[0].labels.tolist() == [0, 1]


def test_boxes_are_cut_with_their_pictures(pictures):
    text = "image,label,x1,y1,x2,y2\nimages/0.png,a,0,0,10,10\nimages/1.png,b,0,0,4,4\nimages/2.png,b,6,2,9,5\n"
    data = load_dataset(f"{table(pictures, text)}:test=0,size=10,fit=crop")
    np.testing.assert_allclose(data.train_boxes, [[0, 0, 5, 10], [1, 2, 4, 5]])
    assert any("1 picture without any box left out" in text for text in data.warnings)


def test_boxes_that_cannot_be_are_told_with_their_lines(pictures):
    text = "images/0.png,a,5,0,5,9\nimages/1.png,b,0,x,4,4\nimages/1.png,b,1,2,nan,4\n"
    said = fault(table(pictures, "image,label,x1,y1,x2,y2\n" + text))
    assert "line 2: the box (5, 0, 5, 9) is empty" in said
    assert "line 3: the box 0,x,4,4 is not numbers" in said
    assert "line 4: the box" in said


def test_a_box_outside_its_picture_is_left_out_and_told(pictures):
    text = "image,label,x1,y1,x2,y2\nimages/0.png,a,0,0,10,10\nimages/1.png,b,30,0,40,4\nimages/2.png,b,6,2,9,5\n"
    data = load_dataset(f"{table(pictures, text)}:test=0")
    assert len(data.train_labels) == 2
    assert any("lies outside its picture of 20×10" in text for text in data.warnings)


# ---- COCO


def coco(folder, **changes):
    document = {
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
        "images": [{"id": i, "file_name": f"{i}.png", "width": 20, "height": 10} for i in range(8)],
        "annotations": [
            {"image_id": i, "category_id": (3, 7)[i % 2], "bbox": [1, 2, 3 + i, 4], "iscrowd": 0} for i in range(6)
        ]
        + [{"image_id": 0, "category_id": 7, "bbox": [0, 0, 20, 10]}, {"image_id": 6, "bbox": 0, "iscrowd": 1}],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps({**document, **changes}))
    return path


def test_coco_annotations_give_labels_and_boxes(pictures):
    data = load_dataset(f"{coco(pictures)}:test=0")
    assert data.classes == ("cat", "dog")
    assert data.train_labels.tolist() == [1, 1, 0, 1, 0, 1]
    np.testing.assert_allclose(data.train_boxes[:2], [[0, 0, 20, 10], [1, 2, 5, 6]])
    assert len(data.train_objects[0].labels) == 2
    assert data.warnings == ("2 pictures without boxes left out.", "1 crowd left out: their boxes hold many objects.")


def test_a_folder_with_coco_annotations_is_taken_as_such(pictures):
    coco(pictures)
    assert load_dataset(pictures).train_boxes is not None


def test_all_faults_of_coco_annotations_are_told(pictures):
    wrong = [
        {"image_id": 99, "category_id": 3, "bbox": [0, 0, 1, 1]},
        {"image_id": 1, "category_id": 4, "bbox": [0, 0, 1, 1]},
        {"image_id": 1, "category_id": 3, "bbox": [0, 0, 0, 1]},
        {"image_id": 1, "category_id": 3},
        [],
    ]
    files = [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "gone.png"}]
    good = {"image_id": 2, "category_id": 3, "bbox": [0, 0, 1, 1]}
    said = fault(coco(pictures, annotations=[*wrong, good], images=files))
    for part in (
        "it has 6 faults", "belongs to image 99", "has category 4", "annotations 3: the box (0, 0, 0, 1) is empty",
        "annotations 4 is not of COCO's form", "annotations 5 is not", "gone.png",
    ):  # fmt: skip
        assert part in said, said


@pytest.mark.parametrize(
    ("content", "said"), [("{", "is not JSON"), ("[]", "is a list"), ("{}", "no list 'categories'")]
)
def test_json_of_another_form_is_told(tmp_path, content, said):
    (tmp_path / "x.json").write_text(content)
    assert said in fault(tmp_path / "x.json")


# ---- VOC


def voc(folder, index, objects, head=""):
    """Annotations of picture `index`; objects are (name, xmin, ymin, xmax, ymax)."""
    for name in ("Annotations", "JPEGImages"):
        (folder / name).mkdir(exist_ok=True)
    picture(folder / "JPEGImages" / f"{index}.png", 10, 20)
    boxes = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox>"
        "</object>"
        for name, a, b, c, d in objects
    )
    text = f"{head}<annotation><filename>{index}.png</filename>{boxes}</annotation>"
    (folder / "Annotations" / f"{index}.xml").write_text(text)


def test_voc_counts_pixels_from_one_and_includes_the_last(tmp_path):
    voc(tmp_path, 0, [("dog", 1, 1, 20, 10), ("cat", 3, 3, 5, 4)])
    voc(tmp_path, 1, [("cat", 5, 2, 8, 6)])
    voc(tmp_path, 2, [])
    data = load_dataset(f"{tmp_path}:test=0")
    assert data.classes == ("cat", "dog")
    np.testing.assert_allclose(data.train_boxes, [[0, 0, 20, 10], [4, 1, 8, 6]])
    assert data.warnings == ("1 picture without boxes left out.",)


def test_voc_sides_are_those_of_its_lists(tmp_path):
    for index in range(4):
        voc(tmp_path, index, [(("cat", "dog")[index % 2], 1, 1, 5, 5)])
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n")
    (lists / "val.txt").write_text("2\n3\n")
    data = load_dataset(tmp_path)
    assert (len(data.train_labels), len(data.test_labels)) == (2, 2)


def test_all_faults_of_voc_annotations_are_told_and_bombs_refused(tmp_path):
    voc(tmp_path, 0, [("cat", 5, 5, 4, 9)])
    voc(tmp_path, 1, [("cat", 1, "x", 4, 9)])
    voc(tmp_path, 2, [("", 1, 1, 4, 9)])
    voc(tmp_path, 3, [("cat", 1, 1, 4, 9)])
    (tmp_path / "JPEGImages" / "3.png").unlink()
    voc(tmp_path, 4, [("&a;", 1, 1, 4, 9)], '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]>')
    (tmp_path / "Annotations" / "5.xml").write_text("<annotation>")
    said = fault(tmp_path)
    for part in (
        "it has 6 faults", "is empty", "without a box of four numbers", "an object without a name",
        "is about 3.png, which is not in", "declares entities", "5.xml is not XML",
    ):  # fmt: skip
        assert part in said, said
