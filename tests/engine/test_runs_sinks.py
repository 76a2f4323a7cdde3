"""Figures beside a run: the table of epochs and TensorBoard's event files."""

import csv
import struct
from pathlib import Path

import pytest

from convscope.engine.runs.sinks import EpochTable, TensorBoard, observed
from convscope.engine.train import Batch, Ended, Epoch, Event, Warned

from .run_cases import BATCHES, DATA, SETTINGS
from .training_cases import model_for


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_has_a_line_for_each_epoch(tmp_path: Path) -> None:
    table = EpochTable(tmp_path / "figures.csv")
    run = model_for(DATA).fit(DATA, **SETTINGS)
    epochs = [event for event in observed(run, [table]) if isinstance(event, Epoch)]
    found = rows(tmp_path / "figures.csv")
    assert [int(row["epoch"]) for row in found] == [1, 2, 3]
    assert [float(row["test_accuracy"]) for row in found] == [epoch.test_accuracy for epoch in epochs]


def test_a_resumed_run_keeps_the_lines_before_it(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    model = model_for(DATA)
    run = model.fit(DATA, **SETTINGS)
    for event in observed(run, [EpochTable(path)]):
        if isinstance(event, Epoch) and event.epoch == 2:
            break
    state = run.state()
    list(observed(model.fit(DATA, resume=state), [EpochTable(path)]))
    assert [int(row["epoch"]) for row in rows(path)] == [1, 2, 3]
    list(observed(model_for(DATA).fit(DATA, **{**SETTINGS, "epochs": 1}), [EpochTable(path)]))
    assert len(rows(path)) == 1


def test_event_files_hold_every_figure(tmp_path: Path) -> None:
    run = model_for(DATA).fit(DATA, **SETTINGS)
    events = list(observed(run, [TensorBoard(tmp_path)]))
    found = scalars(next(tmp_path.glob("events.out.tfevents.*")))
    for name in ("loss", "accuracy", "learning_rate"):
        expected = [(e.step, pytest.approx(getattr(e, name), rel=1e-6)) for e in events if isinstance(e, Batch)]
        assert found[f"batch/{name}"] == expected
    assert [step for step, _ in found["batch/loss"]] == list(range(1, 3 * BATCHES + 1))
    expected = [(e.epoch, pytest.approx(e.test_accuracy, rel=1e-6)) for e in events if isinstance(e, Epoch)]
    assert found["epoch/test_accuracy"] == expected


def scalars(path: Path) -> dict[str, list[tuple[int, float]]]:
    """The scalars of an event file: records of a length, its checksum, the message, its checksum."""
    from tensorboardX.proto import event_pb2  # noqa: PLC0415

    content, place, found = path.read_bytes(), 0, {}
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        event = event_pb2.Event.FromString(content[place + 12 : place + 12 + length])
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
        place += length + 16
    return found


class Broken:
    """A sink whose disk is gone."""

    closed = 0

    def write(self, event: Event) -> None:
        raise OSError(5, "Input/output error")

    def close(self) -> None:
        self.closed += 1


def test_a_sink_that_fails_is_told_once_and_the_run_goes_on(tmp_path: Path) -> None:
    broken = Broken()
    run = model_for(DATA).fit(DATA, **SETTINGS)
    events = list(observed(run, [broken, EpochTable(tmp_path / "nowhere" / "figures.csv")]))
    told = [event.message for event in events if isinstance(event, Warned)]
    assert len(told) == 2
    assert "Input/output error" in told[0]
    assert "there is no folder" in told[1]
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "completed"
    assert broken.closed == 1
