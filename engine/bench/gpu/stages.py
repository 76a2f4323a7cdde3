"""The stages of a GPU's measurement, one after the other, within a budget of time.

What a stage finds is in the report, and in its file, before the next begins. A stage that fails, because a kernel broke
its process or never came back, is noted, and the next has a new process.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...kernels.modes import FLOAT32, TF32
from ...spec import ConvscopeError
from ..agreement import NETWORK_TOLERANCE, PASS_TOLERANCE, TF32_TOLERANCE, agreed, relative_error
from ..cases import Arrays, ConvCase, Floats, NetworkCase
from ..party import OverdueError, Party, Ready
from ..rounds import Effort, Seconds, alternate, best, ratios
from .budget import Budget
from .checks import Check, tolerance, worst
from .report import Report
from .sides import Sides

SUBJECTS = {
    "kernels": ("conformance", "launches", "tiles", "passes"),
    "train": ("conformance", "launches", "training"),
    "infer": ("conformance", "launches", "inference"),
}
"""The stages of every subject; all begin with `machine`."""

_WEIGHTS = {
    "machine": 30.0, "conformance": 150.0, "launches": 15.0, "tiles": 60.0, "passes": 150.0, "training": 110.0,
    "inference": 60.0,
}  # fmt: skip
_LEAST = 1.0  # seconds that a case is begun with
_GRACE = 20.0  # seconds that one in hand may go beyond its stage, at the cost of the later ones
_ROTATED = 128 << 20  # bytes of operands, see ours.py

Tick = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """What is to be measured, and how long a turn of each kind lasts."""

    subjects: tuple[str, ...]
    convolutions: tuple[ConvCase, ...]
    tiled: tuple[ConvCase, ...]
    training: tuple[NetworkCase, ...]
    inference: tuple[NetworkCase, ...]
    checks: tuple[Check, ...]
    math: str
    """How whole steps multiply."""
    rounds: int
    seconds: dict[str, float]
    """Of a turn, by subject."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Their names, each once, in the order of the weights."""
        wanted = {"machine", *(stage for subject in self.subjects for stage in SUBJECTS[subject])}
        return tuple(stage for stage in _WEIGHTS if stage in wanted)

    def effort(self, subject: str) -> Effort:
        return Effort(self.rounds, self.seconds[subject])


def measure(work: Work, report: Report, sides: Sides, seconds: float, tick: Tick) -> Report:
    """Go through the stages within so many seconds. ConvscopeError if a side is not there at all."""
    budget = Budget(seconds, {stage: _WEIGHTS[stage] for stage in work.stages})
    for stage in work.stages:
        budget.begin(stage)
        if budget.rest < _LEAST:
            report.left_out.append(f"{stage}: no time")
            continue
        began = budget.spent
        tick(stage)
        run = _Stage(work, report, sides, budget, tick)
        try:
            run.go(stage)
        except OverdueError as error:
            report.left_out.append(f"{stage}: {error}")
            sides.renew()
        except Exception as error:  # of a side: what it was is told, and the others go on
            if stage == "machine":
                raise
            report.failures.append(f"{stage}: {error}")
            sides.renew()
        report.seconds[stage] = round(budget.spent - began, 3)
        report.save()
    report.complete = True
    report.save()
    return report


class _Stage:
    """One stage in progress."""

    def __init__(self, work: Work, report: Report, sides: Sides, budget: Budget, tick: Tick) -> None:
        self._work, self._report, self._sides, self._budget, self._tick = work, report, sides, budget, tick
        self._name = ""

    def go(self, stage: str) -> None:
        self._name = stage
        {
            "machine": self._machine, "conformance": self._conformance, "launches": self._launches,
            "tiles": self._tiles, "passes": self._passes, "training": lambda: self._steps("training", "train"),
            "inference": lambda: self._steps("inference", "infer"),
        }[stage]()  # fmt: skip

    # ---- what they share

    def _patience(self) -> float:
        """Seconds that a side is waited for."""
        return max(min(max(self._budget.left, 0) + _GRACE, self._budget.rest), _LEAST)

    def _ask(self, *question: Any) -> Any:
        return self._sides.ours.ask(*question, patience=self._patience())

    def _ask_peer(self, peer: Party, *question: Any) -> Any:
        return peer.ask(*question, patience=self._patience())

    def _each(self, cases: Sequence[Any], work: Callable[[Any], None]) -> None:
        """Do the work for each case that there is time for; what fails is noted, and the others go on."""
        for case in self._in_time(cases):
            try:
                work(case)
            except OverdueError:
                raise
            except Exception as error:  # a kernel that does not compile, or breaks its process; other results
                self._report.failures.append(f"{self._name}, {_title(case)}: {error}")
                self._sides.renew()

    def _in_time(self, cases: Sequence[Any]) -> Iterator[Any]:
        """The cases, as long as there is time; the others are named in the report."""
        for number, case in enumerate(cases):
            if number and self._budget.left < _LEAST:
                rest = "; ".join(map(_title, cases[number:]))
                of = f"{len(cases) - number} of {len(cases)}"
                self._report.left_out.append(f"{self._name}: no time for {of} ({rest})")
                return
            self._tick(f"{self._name}: {_title(case)}")
            yield case

    def _note(self, case: Any, ready: Ready) -> None:
        """What a side could not do as it should."""
        self._report.notes.extend(f"{_title(case)}: {note}" for note in ready.notes)

    def _measures(self, own: Sequence[str], theirs: Sequence[str]) -> dict[str, Callable[[float], float]]:
        """What is to be timed in turns: our steps, and the peer's behind the word `peer`."""
        found = {name: self._sides.ours.measure(name, self._patience) for name in own}
        peer = self._sides.peer
        if peer is not None:
            found |= {f"peer {step}": peer.measure(step, self._patience) for step in theirs}
        return found

    # ---- the stages

    def _machine(self) -> None:
        found = self._ask("facts")
        if not self._ask("smoke"):
            raise ConvscopeError("The GPU ran a kernel that adds up numbers and gave others; nothing was measured.")
        peer = self._sides.peer
        theirs = self._ask_peer(peer, "facts") if peer else None
        self._report.stages["machine"] = {"gpu": found, "smoke": True, "peer": theirs}

    def _conformance(self) -> None:
        rows: list[dict[str, Any]] = []
        most = tolerance(self._work.math)
        found: dict[str, Any] = {"tolerance": most, "checked": 0, "wrong": rows}
        self._report.stages["conformance"] = found

        def check(one: Check) -> None:
            self._sides.reference.begin("check", one)
            ours = self._ask("check", one)
            what, error = worst(ours, self._sides.reference.answer(self._patience()))
            found["checked"] += 1
            if not error <= most:
                finite = error if error < float("inf") else None
                rows.append({**asdict(one), "what": what, "relative_error": finite})

        self._each(self._work.checks, check)
        for case in self._work.training[:1]:
            found["repeats"] = self._ask("repeats", case)

    def _launches(self) -> None:
        self._report.stages["launches"] = self._ask("launches", self._work.seconds["kernels"])

    def _tiles(self) -> None:
        rows = self._report.stages["tiles"] = []
        pairs = [(case, name) for case in self._work.tiled for name in case.passes]

        def measured(pair: tuple[ConvCase, str]) -> None:
            case, name = pair
            seconds = self._ask("tile_seconds", case, name, self._work.seconds["kernels"])
            tried = {tile: value for tile, value in seconds.items() if tile != "chosen"}
            fastest = min(tried, key=lambda tile: tried[tile])
            rows.append({"convolution": str(case), "pass": name, "fastest": fastest, "seconds": seconds})

        self._each(pairs, measured)

    def _passes(self) -> None:
        rows = self._report.stages["passes"] = []

        def measured(case: ConvCase) -> None:
            mine: Ready = self._ask("prepare_convolution", case)
            self._note(case, mine)
            kernels = self._ask("pass_kernels", case)
            errors = self._peer_passes(case, mine)
            taken = alternate(self._measures(tuple(mine.results), tuple(errors)), self._work.effort("kernels"), _quiet)
            for step, result in mine.results.items():
                name, mode = step.split()
                own = statistics.median(taken.seconds[step])
                facts = {"convolution": str(case), "pass": name, "math": mode, "kernels": list(kernels[step])}
                error = relative_error(result, mine.results[f"{name} {FLOAT32}"])
                row = {**facts, "seconds": own, "gflops": case.flops / own / 1e9, "error_to_float32": error}
                of_pass = {one: error for one, error in errors.items() if one.split()[0] == name}
                rows.append(row | _beside(taken.seconds, step, of_pass))

        self._each(self._work.convolutions, measured)

    def _peer_passes(self, case: ConvCase, mine: Ready) -> dict[str, float]:
        """How far the results of the peer's steps, such as `weights tf32 NCHW`, are from ours."""
        peer = self._sides.peer
        if peer is None:
            return {}
        theirs: Ready = self._ask_peer(peer, "prepare_convolution", case, _ROTATED)
        self._note(case, theirs)
        return {step: self._gap(step, case, result, mine.results) for step, result in theirs.results.items()}

    @staticmethod
    def _gap(step: str, case: ConvCase, result: Floats, ours: Arrays) -> float:
        exact = ours[f"{step.split(maxsplit=1)[0]} {FLOAT32}"]
        return agreed(result, exact, f"The peer ({step} of {case})", _tolerance("tf32" in step, PASS_TOLERANCE))

    def _steps(self, stage: str, subject: str) -> None:
        rows = self._report.stages[stage] = []

        def measured(case: NetworkCase) -> None:
            mine: Ready = self._ask(f"prepare_{stage}", case)
            self._note(case, mine)
            [output] = mine.results.values()
            own = ("eager", "graphed") if subject == "train" else ("predict", "pass")
            errors = self._peer_steps(stage, case, output)
            taken = alternate(self._measures(own, tuple(errors)), self._work.effort(subject), _quiet).seconds
            row: dict[str, Any] = {"network": case.name, "batch": case.batch}
            for name in own:
                row[f"{name}_images_per_second"] = case.batch / statistics.median(taken[name])
            rows.append(row | _beside(taken, own[1], errors))

        self._each(self._work.training if subject == "train" else self._work.inference, measured)

    def _peer_steps(self, stage: str, case: NetworkCase, output: Any) -> dict[str, float]:
        """The same of steps such as `graphed tf32 NCHW`."""
        peer = self._sides.peer
        if peer is None:
            return {}
        weights = self._ask("weights")
        theirs: Ready = self._ask_peer(peer, f"prepare_{stage}", case, weights)
        self._note(case, theirs)
        return {
            step: agreed(result, output, f"{peer.title} ({step} of {case.name})", _tolerance(rough, NETWORK_TOLERANCE))
            for step, result in theirs.results.items()
            for rough in ["tf32" in step or self._work.math == TF32]
        }


def _beside(taken: Seconds, ours: str, errors: Mapping[str, float]) -> dict[str, Any]:
    """Seconds of the peer's configurations; how many times as long as ours the fastest took, in float32 and of all.

    Ratios are medians over rounds. `errors` says by configuration how far its results are from ours.
    """
    if not errors:
        return {}
    theirs = {step: taken[f"peer {step}"] for step in errors}
    exact, fastest = best(theirs, [step for step in theirs if "float32" in step]), best(theirs, theirs)
    return {
        "peer_seconds": {step: statistics.median(times) for step, times in theirs.items()},
        "peer_float32": exact,
        "ratio_float32": statistics.median(ratios(theirs[exact], taken[ours])),
        "peer_fastest": fastest,
        "ratio_fastest": statistics.median(ratios(theirs[fastest], taken[ours])),
        "relative_errors": dict(errors),
    }


def _quiet() -> None:
    """Rounds are not told of."""


def _title(case: Any) -> str:
    """What a case is called in a line."""
    if isinstance(case, tuple):
        return " ".join(map(str, case))
    return f"{case.name}, batch {case.batch}" if isinstance(case, NetworkCase) else str(case)


def _tolerance(rough: bool, usual: float) -> float:
    """How far results may lie apart, of which one may be of TF32."""
    return TF32_TOLERANCE if rough else usual
