"""Whole measurements, as short as can be: processes, JSON, tables, refusals. What they find out is not judged here."""

import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from convscope.engine import ConvscopeError, set_threads, threads
from convscope.engine.bench import fresh, inference, kernels, training
from convscope.engine.bench.cases import ConvCase, NetworkCase
from convscope.engine.bench.party import Party
from convscope.engine.bench.peers import PEERS
from convscope.engine.bench.rounds import Effort
from convscope.engine.cli.main import main

QUICK = Effort(rounds=1, seconds=0.005)
LENET = NetworkCase("lenet5", 8)
BRIEFLY = ["--rounds", "1", "--seconds", "0.005"]
OURS = "convscope.engine.bench.ours"
_HOLDS_NUMBA = 80e6  # bytes: the process is past its first imports
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in PEERS["onnxruntime"].packages),
    reason="ONNX Runtime is not installed",
)


class Ticks:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def __call__(self, note: str) -> None:
        self.notes.append(note)


# ---- the three subjects


@needs_torch
def test_training_beside_pytorch_fills_every_field() -> None:
    ticks = Ticks()
    result = training.measure([LENET], (PEERS["torch"],), QUICK, ticks)
    assert len(ticks.notes) == training.units([LENET], QUICK)
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    [row] = document["rows"]
    assert (row["network"], row["batch"], row["peer"]) == ("lenet5", 8, "torch")
    assert row["ours_images_per_second"] > 0
    assert set(row["peer_configurations"]) == {"NCHW", "channels_last"}
    assert row["peer_images_per_second"] == max(row["peer_configurations"].values())
    assert row["peer_images_per_second"] == row["peer_configurations"][row["peer_configuration"]]
    assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
    assert row["relative_error"] < 1e-5
    assert 0 <= row["others_share"] <= 1
    assert document["geometric_mean"] == pytest.approx(row["ratio"])
    assert document["geometric_means"] == {"torch": pytest.approx(row["ratio"])}
    assert document["repeats"] == [{"network": "lenet5", "batch": 8, "bit_identical": True}]
    assert [figures["side"] for figures in document["fresh"]] == ["convscope", "torch"]
    for figures in document["fresh"]:
        assert 0 < figures["import_seconds"] < figures["first_step_seconds"]
        assert figures["peak_bytes"] > 20e6


@needs_onnx
def test_inference_beside_onnx_runtime_has_a_row_for_each_batch() -> None:
    cases = [NetworkCase("lenet5", 1), LENET]
    document = inference.measure(cases, (PEERS["onnxruntime"],), QUICK, Ticks()).to_dict()
    assert [(row["batch"], row["peer"]) for row in document["rows"]] == [(1, "onnxruntime"), (8, "onnxruntime")]
    ratios = [row["ratio"] for row in document["rows"]]
    assert document["geometric_mean"] == pytest.approx(math.sqrt(ratios[0] * ratios[1]))


@needs_torch
def test_kernels_stand_beside_the_tile_and_pytorch() -> None:
    case = ConvCase.parse("1,16,8,16,3,1,1")
    result = kernels.measure([case], PEERS["torch"], QUICK, Ticks())
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [row["pass"] for row in document["rows"]] == ["forward", "weights", "input"]
    for row in document["rows"]:
        assert ConvCase(**{name: row[name] for name in vars(case)}) == case
        assert row["ours_gflops"] == pytest.approx(case.flops / row["ours_seconds"] / 1e9)
        assert row["share_of_tile"] == pytest.approx(row["ours_gflops"] / row["tile_gflops"])
        assert row["tile_gflops"] > 0.1
        assert row["packing_seconds"] > 0
        assert row["threads"] == 1  # so little work is not shared
        assert row["effective"] == row["algorithm"].startswith("winograd")
        assert row["kernels"]
        assert row["peer_configuration"] in {"NCHW", "channels_last"}
        assert row["relative_error"] < 1e-5


def test_a_cold_start_has_an_empty_kernel_cache_that_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def run(command: list[str], env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(Path(env["CONVSCOPE_CACHE_DIR"]))
        assert list(seen[0].iterdir()) == []
        figures = {"import_seconds": 0.1, "first_step_seconds": 9.0, "peak_bytes": 1000}
        return subprocess.CompletedProcess(command, 0, f"a library's chatter\n{json.dumps(figures)}\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert fresh.ours(LENET, 1, cold=True) == fresh.Fresh("lenet5", 8, "convscope", True, 0.1, 9.0, 1000)
    assert not seen[0].exists()


def test_a_new_process_that_fails_is_told_by_its_last_line() -> None:
    with pytest.raises(ConvscopeError, match=r"Training lenet6 with convscope in a new process failed: .*lenet6"):
        fresh.ours(NetworkCase("lenet6", 8), 1)


# ---- processes


def test_a_refusal_in_the_other_process_is_raised_here_and_does_not_end_it() -> None:
    with Party("Convscope", OURS) as party:
        with pytest.raises(ConvscopeError, match="no architecture 'lenet6'"):
            party.ask("prepare_inference", NetworkCase("lenet6", 1))
        with pytest.raises(RuntimeError, match="Convscope: KeyError: 'nothing'"):
            party.ask("run", "nothing", 0.1)
        assert party.ask("threads", None) >= 1


def test_a_process_that_dies_is_told_in_one_line() -> None:
    with Party("Convscope", OURS) as party:
        party.ask("threads", None)
        party._process.kill()
        with pytest.raises(ConvscopeError, match="that ran Convscope ended unexpectedly"):
            party.ask("threads", None)


def test_a_process_ends_with_its_context() -> None:
    with Party("Convscope", OURS) as party:
        party.ask("threads", None)
    assert party._process.exitcode == 0


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_ends_every_process_with_one_line(tmp_path: Path) -> None:
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell's jobs are deaf
    code = f"{heard}; import sys; from convscope.engine.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "bench", "infer", "--network", "lenet5", "--seconds", "60"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    parent = psutil.Process(process.pid)
    while not (sides := [c for c in parent.children() if c.memory_info().rss > _HOLDS_NUMBA]):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err.strip()) == (130, "", "convscope: Interrupted.")
    assert not psutil.wait_procs(sides, timeout=10)[1]


# ---- the command


@pytest.fixture
def threads_as_before():
    before = threads()
    yield
    set_threads(before)


@pytest.mark.usefixtures("threads_as_before")
def test_json_names_machine_and_versions_and_peers_are_null_without_vs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--threads", "1", "bench", "infer", "--network", "lenet5", "--batch", "4", *BRIEFLY, "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert set(document) >= {"machine", "versions", "rows", "geometric_mean", "notes"}
    assert {"name", "cores", "vector_unit"} <= set(document["machine"])
    assert document["machine"]["threads"] == 1
    assert document["versions"]["numba"]
    [row] = document["rows"]
    assert (row["network"], row["batch"]) == ("lenet5", 4)
    assert row["peer"] is row["peer_images_per_second"] is row["ratio"] is document["geometric_mean"] is None
    assert err == ""


def test_people_see_a_table_and_no_bar_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "kernels", "--shape", "1,16,8,16,3,1,1", *BRIEFLY]) == 0
    out, _ = capsys.readouterr()
    lines = out.splitlines()
    assert "threads a side: " in lines[0]
    assert "numba" in lines[1]
    head = next(line for line in lines if line.startswith("N,C,H,K,F,S,P"))
    assert head.split()[:6] == ["N,C,H,K,F,S,P,G", "pass", "algorithm", "ms", "packing", "GFLOP/s"]
    assert head.endswith("tile  share  threads  1 ÷ all  others")
    assert sum(line.startswith("1,16,8,16,3,1,1 ") for line in lines) == 3
    assert "\x1b" not in out


@needs_onnx
def test_the_table_of_a_comparison_ends_with_its_mean(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["infer", "--network", "lenet5", "--batch", "1", "--vs", "onnxruntime", *BRIEFLY]
    assert main(["bench", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    [row] = [line.split() for line in lines if line.startswith("lenet5")]
    assert row[4:6] == ["onnxruntime", "optimised"]
    assert lines[-1] == f"Geometric mean of the ratios: onnxruntime {row[7]}"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["train", "--vs", "onnxruntime"], "ONNX Runtime only infers"),
        (["infer", "--vs", "tensorflow"], "no peer 'tensorflow'"),
        (["infer", "--network", "lenet"], "did you mean lenet5"),
        (["kernels", "--shape", "1,2"], "write N,C,H,K,F,S,P"),
        (["train", "--rounds", "0"], "0 is not in the range"),
        ([], "Missing command"),
    ],
)
def test_bad_input_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], part: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert main(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert part in err


def test_a_missing_peer_is_one_line_with_the_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["bench", "train", "--vs", "torch"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "pip install 'convscope[bench]'" in err


def test_the_measuring_process_itself_loads_neither_kernels_nor_peers(tmp_path: Path) -> None:
    """What it holds back would be memory and threads beside those that are measured."""
    code = (
        "import sys; from convscope.engine.bench import inference, kernels, training;"
        "print([m for m in ('numba', 'torch', 'onnx', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
