"""The progress bar: on a terminal only, and never beside JSON."""

import io

import pytest

from convscope.engine.cli.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(bar: Bar) -> None:
    with bar:
        bar.advance("first")
        bar.advance("second")
        bar.reached(5, 9)


def test_a_terminal_sees_pieces_notes_and_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    bar = Bar(quiet=False, total=3)
    shown(bar)
    [task] = bar._bar.tasks
    assert (task.completed, task.total, task.description) == (5, 9, "second")
    assert "second" in terminal.getvalue()


@pytest.mark.parametrize("quiet", [False, True])
def test_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    monkeypatch.setattr("sys.stderr", pipe := io.StringIO())
    shown(Bar(quiet))
    assert pipe.getvalue() == ""


def test_json_has_no_bar_beside_it_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    shown(Bar(quiet=True))
    assert terminal.getvalue() == ""
