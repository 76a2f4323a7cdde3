"""The ONNX project's own tests of every operator that can be imported: each passes, or is refused for a reason that is
listed here. Nothing is skipped."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import onnx
import pytest

from convscope.engine import ConvscopeError
from tests.engine.onnx_nodes import OPERATORS, Case, cases, outcome

OUT_OF_SCOPE = {
    "volumes: images have rows and columns here": ("*pool_3d_*", "convtranspose_3d"),
    "whole numbers: layers compute with fractions": (
        *("*_int8*", "*_int16", "*_int32_trunc", "*_uint8", "*_uint16", "*_uint32", "*_uint64"),
        *("edge_pad", "reflect_pad", "wrap_pad"),
    ),
    "no batch: a network takes images one behind the other": ("matmul_1d_*", "concat_1d_*"),
    "the batch is mixed with the rest": (
        *("flatten_axis0", "flatten_axis2", "flatten_axis3", "flatten_negative_axis[124]", "softmax_axis_0"),
        *("reshape_reordered_all_dims", "reshape_one_dim", "reshape_negative_extended_dims", "squeeze"),
        *("reshape_allowzero_reordered", "transpose_default", "transpose_all_permutations_[2345]", "unsqueeze_axis_0"),
        *("gemm_default_matrix_bias", "gemm_transposeA", "gemm_all_attributes"),
        *("concat_2d_axis_0", "concat_2d_axis_negative_2", "concat_3d_axis_0", "concat_3d_axis_negative_3"),
    ),
    "channels, rows or columns are cut up": (
        *("reshape_reordered_last_dims", "reshape_extended_dims", "reshape_negative_dim", "slice*"),
    ),
    "softmax, joining and means over other axes than layers have": (
        *("softmax_axis_2", "softmax_negative_axis", "softmax_default_axis", "reduce_mean_*"),
        *("concat_3d_axis_2", "concat_3d_axis_negative_1"),
    ),
    "a constant differs from pixel to pixel": (
        *("add_bcast", "sub", "sub_bcast", "mul", "mul_bcast", "div", "div_bcast", "prelu_example", "prelu_broadcast"),
        *("matmul_3d", "matmul_4d", "matmul_bcast", "matmul_4d_1d"),
    ),
    "training mode: files are imported for inference": ("training_dropout*", "batchnorm_*_training_mode"),
    "means over windows with gaps": ("averagepool_2d_dilations",),
    "places of maxima from outside": ("maxunpool_*", "maxpool_with_argmax_2d_precomputed_strides"),
    "padding with another number than 0": ("constant_pad*",),
    "images are enlarged by whole numbers, nearest or bilinear between pixel centres": (
        *("resize_downsample_*", "resize_*_cubic*", "resize_tf_crop_*", "resize_*_align_corners"),
        *(
            "resize_upsample_sizes_nearest",
            "resize_upsample_sizes_nearest_axes_*",
            "resize_upsample_sizes_nearest_not_*",
        ),
        *(
            "resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric",
            "resize_upsample_sizes_nearest_ceil_half_pixel",
        ),
        "resize_upsample_scales_linear_half_pixel_symmetric",
    ),
    "limits in the wrong order": ("clip_min_greater_than_max*",),
    "no image goes in": ("constant", "identity_sequence", "identity_opt"),
}
"""Patterns of tests' names by the reason why what they test is no network of ours."""

COUNTED = {"1.23": (135, 163)}
"""How many tests pass and how many are out of scope, by the version of the ONNX package."""


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    return cases()


@pytest.fixture(scope="module")
def results(all_cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of every test: passed, or why not."""
    path = tmp_path_factory.mktemp("nodes") / "node.onnx"
    return {case.name.removeprefix("test_"): _result(case, path) for case in all_cases}


def _result(case: Case, path: Path) -> str:
    try:
        given = outcome(case, path)
    except ConvscopeError as error:
        return f"refused: {error}"
    return "passed" if np.allclose(given, case.output, rtol=1e-3, atol=1e-5) else "wrong"


def _reasons(name: str) -> list[str]:
    return [reason for reason, names in OUT_OF_SCOPE.items() if any(fnmatchcase(name, pattern) for pattern in names)]


def test_every_test_of_the_format_passes_or_is_out_of_scope_for_one_listed_reason(results):
    assert [name for name, result in results.items() if result == "wrong"] == []
    unlisted = {n: r for n, r in results.items() if r.startswith("refused") and len(_reasons(n)) != 1}
    assert unlisted == {}
    assert [name for name, result in results.items() if result == "passed" and _reasons(name)] == []


def test_as_many_tests_pass_as_were_counted(results):
    counts = Counter(result.partition(":")[0] for result in results.values())
    version = ".".join(onnx.__version__.split(".")[:2])
    passed, refused = COUNTED.get(version, (counts["passed"], counts["refused"]))
    assert (counts["passed"], counts["refused"]) == (passed, refused)
    assert counts["passed"] >= 120


def test_some_test_of_nearly_every_operator_passes(all_cases, results):
    passed = {case.operator for case in all_cases if results[case.name.removeprefix("test_")] == "passed"}
    tested = {case.operator for case in all_cases}
    # of these the tests ask for what layers do not do; test_onnx_reading.py has what they do
    assert tested - passed == {"Constant", "MaxUnpool", "Pad", "PRelu", "ReduceMean", "Slice"}
    assert set(OPERATORS) >= tested
