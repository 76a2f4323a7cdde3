"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import numpy as np
from convscope.engine.kernels import cache
from convscope.engine.kernels.elementwise import fill_zero
values = np.ones(5, np.float32)
fill_zero.for_threads(1)(values, 4, 1)
print(values.tolist(), cache.usable(), cache.state()[0])
"""


def run(cache_dir: Path) -> str:
    environment = {**os.environ, "CONVSCOPE_CACHE_DIR": str(cache_dir)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_compiled_kernel_is_found_again_by_the_next_process(tmp_path: Path) -> None:
    assert run(tmp_path) == "[0.0, 0.0, 0.0, 0.0, 1.0] True 1"
    compiled = next(tmp_path.rglob("*.nbc"))
    written = compiled.stat().st_mtime_ns
    assert run(tmp_path) == "[0.0, 0.0, 0.0, 0.0, 1.0] True 1"
    assert compiled.stat().st_mtime_ns == written


def test_where_nothing_can_be_written_kernels_are_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("a file where the folder should be")
    assert run(tmp_path) == "[0.0, 0.0, 0.0, 0.0, 1.0] False 0"


def test_caches_of_old_versions_are_removed(tmp_path: Path) -> None:
    for number in range(6):
        old = tmp_path / "kernels" / f"version{number}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    run(tmp_path)
    left = {folder.name for folder in (tmp_path / "kernels").iterdir()}
    assert {"version4", "version5"} <= left
    assert len(left) == 3
