"""All that only a GPU can show, by one command: results, races, repeated bits and speed, each in a stage of its own.

    pip install '.[cuda,test]' 'cuda-toolkit[sanitizer]==13.0.*'
    python .ci/gpu.py                       everything, into the folder gpu-report
    python .ci/gpu.py --vs torch --out DIR  beside PyTorch, into another folder
    python .ci/gpu.py --only results        stages whose name begins so

Stages: `tests` (tests/cuda on the GPU), `results MODE` (every layer's examples against the CPU, and whether a run has
the same bits again, with CUDA graphs and without, in each math mode that the GPU has), `memcheck`, `racecheck` and
`synccheck` (the same examples under compute-sanitizer, by tensor cores where there are some), and `speed` (`convscope
bench`). Each writes a log; one that fails does not stop the others. The status is 0 if all passed, 2 without a GPU.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("memcheck", "racecheck", "synccheck")
NO_GPU, FAILED = 2, 1
_HOUR = 3600


@dataclass(frozen=True)
class Stage:
    """A command with its environment, and the reason why it cannot be run, "" if it can."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""


def stages(out: Path, vs: str, modes: tuple[str, ...], setting: str) -> Iterator[Stage]:
    """All of them, what must be right before what must be fast."""
    yield Stage("tests", (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cuda"))
    results = (sys.executable, __file__, "--results")
    for mode in modes:
        yield Stage(f"results {mode}", results, {setting: mode})
    sanitizer = found_sanitizer()
    for tool in TOOLS:
        reason = "" if sanitizer else "no compute-sanitizer: pip install 'cuda-toolkit[sanitizer]==13.0.*'"
        tooled = (sanitizer or "", "--tool", tool, "--error-exitcode", "3", "--target-processes", "all", *results)
        yield Stage(tool, tooled, {setting: modes[-1]}, reason)
    against = ("--vs", vs) if vs else ()
    bench = (sys.executable, "-m", "convscope.engine.cli", "bench")
    for subjects in (("kernels", "train", "infer"), ("explain",)):
        file = str(out / f"{subjects[0]}.json")
        yield Stage(f"speed {subjects[0]}", (*bench, *subjects, "--device", "cuda", *against, "--json", file))


def found_sanitizer() -> str | None:
    """The program, on the path or as a wheel brings it."""
    wheels = (path for folder in sys.path for path in Path(folder).glob("nvidia/*/compute-sanitizer/compute-sanitizer"))
    return shutil.which("compute-sanitizer") or next((str(path) for path in wheels if os.access(path, os.X_OK)), None)


def results() -> int:
    """Compare every example of every layer with the CPU, and train twice; the status."""
    from convscope.engine.bench.gpu import checks  # noqa: PLC0415
    from convscope.engine.bench.gpu.cases import TRIAL_NETWORK, examples_up_to  # noqa: PLC0415
    from convscope.engine.bench.gpu.ours import Worker  # noqa: PLC0415
    from convscope.engine.runtime.cuda_math import math_mode  # noqa: PLC0415

    limit, wrong, count = checks.tolerance(math_mode()), 0, 0
    for count, check in enumerate(checks.checks(examples_up_to()), 1):  # noqa: B007  is told below
        what, error = checks.worst(checks.results(check, "cuda"), checks.results(check, "cpu"))
        if not error <= limit:
            wrong += 1
            print(f"{check}: {what} is off by {error:.1e} (limit {limit:.0e})", flush=True)
    repeats = Worker().repeats(TRIAL_NETWORK)
    print(f"{math_mode()}: {count} examples, {wrong} wrong; {repeats}")
    return FAILED if wrong or not all(repeats.values()) else 0


def run(stage: Stage, out: Path) -> str:
    """How a stage went, in a few words."""
    if stage.missing:
        return f"left out ({stage.missing})"
    log, began = out / f"{stage.name.replace(' ', '-')}.log", time.monotonic()
    with log.open("w") as text:
        try:
            done = subprocess.run(
                stage.command, cwd=ROOT, env={**os.environ, **stage.environment}, stdout=text, stderr=text,
                timeout=_HOUR, check=False,
            )  # fmt: skip
            verdict = "passed" if done.returncode == 0 else f"FAILED with status {done.returncode}, see {log}"
        except subprocess.TimeoutExpired:
            verdict = f"FAILED: not done within an hour, see {log}"
    return f"{verdict} ({time.monotonic() - began:.0f} s)"


def main() -> int:
    parser = argparse.ArgumentParser(description="Check and measure this engine on the GPU.")
    parser.add_argument("--out", type=Path, default=Path("gpu-report"), help="folder of logs and figures")
    parser.add_argument("--vs", default="", help="library to compare speed with: torch")
    parser.add_argument("--only", default="", metavar="TEXT", help="stages whose name begins so")
    parser.add_argument("--results", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.results:
        return results()
    from convscope.engine import ConvscopeError  # noqa: PLC0415
    from convscope.engine.runtime.cuda import chip  # noqa: PLC0415
    from convscope.engine.runtime.cuda_facts import modes  # noqa: PLC0415
    from convscope.engine.runtime.cuda_math import SETTING  # noqa: PLC0415

    try:
        gpu = chip()
    except ConvscopeError as error:
        print(error, file=sys.stderr)
        return NO_GPU
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    print(f"{gpu.name}, math modes: {', '.join(modes(gpu))}; logs in {out}", flush=True)
    found = {}
    for stage in stages(out, options.vs, modes(gpu), SETTING):
        if stage.name.startswith(options.only):
            found[stage.name] = run(stage, out)
            print(f"{stage.name:20} {found[stage.name]}", flush=True)
    return FAILED if any(verdict.startswith("FAILED") for verdict in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
