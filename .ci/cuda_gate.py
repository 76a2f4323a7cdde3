"""Compiles the CUDA kernels that networks call for chips of three generations, with neither GPU nor driver at hand.

Every kernel goes the way it would on a machine with a GPU (Numba, libNVVM, nvJitLink) up to the machine code, and must
keep what it declares: no more registers a thread than that, and nothing spilled into memory. The kernels are not listed
anywhere: plans of all layers' examples and of the compact networks, and steps by every loss and optimiser, say what
they would launch. The gate proves first that it can fail.

    python .ci/cuda_gate.py                 all chips, each in a process of its own
    python .ci/cuda_gate.py --chip 90 -v    one chip, with every kernel's figures
    python .ci/cuda_gate.py --only conv     those whose name holds a text
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
import types as python_types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHIPS = (75, 80, 90)
BATCH = 128
PROCESSORS = 108


@dataclass(frozen=True)
class Figures:
    """What a compiled kernel takes."""

    registers: int
    stack: int
    spilled: int

    def __str__(self) -> str:
        return f"{self.registers} registers, {self.stack} bytes of stack, {self.spilled} bytes spilled"


def compiled(function: Any, types: tuple[Any, ...], chip: int, registers: int | None = None) -> Figures:
    """Compile a kernel for argument types, with at most so many registers a thread where that is said."""
    from cuda.bindings import nvjitlink  # noqa: PLC0415
    from numba import cuda  # noqa: PLC0415

    capability = divmod(chip, 10)
    code, _ = cuda.compile(function, types, device=False, abi="numba", cc=capability, output="ltoir")
    options = [f"-arch=sm_{chip}", "-lto", "-verbose", *([f"-maxrregcount={registers}"] if registers else [])]
    linker = nvjitlink.create(len(options), options)
    nvjitlink.add_data(linker, nvjitlink.InputType.LTOIR, code, len(code), function.__name__)
    nvjitlink.complete(linker)
    text = bytearray(nvjitlink.get_info_log_size(linker))
    nvjitlink.get_info_log(linker, text)
    log = text.decode(errors="replace")
    used = re.search(r"Used (\d+) registers", log)
    kept = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", log)
    if used is None or kept is None:
        raise SystemExit(f"nvJitLink says nothing of what {function.__name__} takes: {log}")
    stack, stores, loads = map(int, kept.groups())
    return Figures(int(used[1]), stack, stores + loads)


def launches(chip: int) -> dict[tuple[Any, tuple[Any, ...]], str]:
    """Every kernel and list of argument types that plans and steps launch on a chip, with a network that does."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the tests' networks
    from convscope.engine import Network, zoo  # noqa: PLC0415
    from convscope.engine import layers as L  # noqa: PLC0415
    from convscope.engine.kernels.cuda_tiles import TENSOR_CORES, Means  # noqa: PLC0415
    from convscope.engine.kernels.modes import FLOAT32, MODES  # noqa: PLC0415
    from convscope.engine.runtime.cuda_launches import recorded  # noqa: PLC0415
    from convscope.engine.train.cuda_launches import recorded as recorded_steps  # noqa: PLC0415
    from tests.engine.test_layers_conformance import network_of  # noqa: PLC0415

    nets: list[Network] = [network_of(example) for kind in L.TYPES.values() for example in kind.examples()]
    compact = [found.build() for found in zoo.ARCHITECTURES.values() if found.compact]
    builds: dict[tuple[Any, tuple[Any, ...]], str] = {}
    for mode in MODES if chip >= TENSOR_CORES else (FLOAT32,):
        for net in nets + compact if mode == FLOAT32 else compact:
            for build in recorded(net, BATCH, Means(mode, chip, PROCESSORS)):
                builds.setdefault(build, net.name)
    for build in recorded_steps(compact[0], BATCH, Means(FLOAT32, chip, PROCESSORS)):
        builds.setdefault(build, "steps")
    return builds


def check(chip: int, verbose: bool, only: str) -> int:
    """Compile everything whose name holds `only` for one chip; the number of kernels that break their promise."""
    from numba.cuda import dispatcher  # noqa: PLC0415

    # device functions ask which GPU there is, and are compiled for the first they were ever told of
    dispatcher.get_current_device = lambda: python_types.SimpleNamespace(compute_capability=divmod(chip, 10))
    begin, bad, most, every = time.perf_counter(), 0, 0, launches(chip)
    found = {build: network for build, network in every.items() if only in build[0].name}
    for (kernel, types), network in found.items():
        try:
            figures = compiled(kernel.function, types, chip, kernel.registers if kernel.held else None)
        except Exception as error:  # Numba's, libNVVM's or the linker's
            print(f"sm_{chip} {kernel.name}: {type(error).__name__}: {error} [{network}]")
            bad += 1
            continue
        kept = figures.registers <= kernel.registers and not figures.stack and not figures.spilled
        bad, most = bad + (not kept), max(most, figures.registers)
        if verbose or not kept:
            print(f"sm_{chip} {kernel.name}: {figures} {'' if kept else f'(limit {kernel.registers})'} [{network}]")
    widest = max(every, key=lambda build: build[0].registers)
    forced = compiled(widest[0].function, widest[1], chip, registers=40)
    if not forced.spilled:
        print(f"sm_{chip}: {widest[0].name} held to 40 registers spills nothing, so this gate would see no spills")
        bad += 1
    took = time.perf_counter() - begin
    print(f"sm_{chip}: {len(found)} kernels, at most {most} registers, {bad} failed; {took:.0f} s")
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile all CUDA kernels and hold them to their limits.")
    parser.add_argument("--chip", type=int, choices=CHIPS, help="one chip only")
    parser.add_argument("-v", "--verbose", action="store_true", help="every kernel's figures")
    parser.add_argument("--only", metavar="TEXT", default="", help="kernels whose name holds this")
    options = parser.parse_args()
    if options.chip:
        return int(check(options.chip, options.verbose, options.only) > 0)
    more = [*(["-v"] if options.verbose else []), "--only", options.only]
    commands = [[sys.executable, __file__, "--chip", str(chip), *more] for chip in CHIPS]
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
