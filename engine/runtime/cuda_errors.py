"""What the CUDA driver reports, as errors of this program."""

from __future__ import annotations

from .backend import DeviceLostError

_LOST = (
    "LAUNCH_FAILED", "ILLEGAL_ADDRESS", "ILLEGAL_INSTRUCTION", "MISALIGNED_ADDRESS", "INVALID_ADDRESS_SPACE",
    "INVALID_PC", "HARDWARE_STACK_ERROR", "ECC_UNCORRECTABLE", "NVLINK_UNCORRECTABLE", "CONTAINED", "LAUNCH_TIMEOUT",
    "ASSERT", "CONTEXT_IS_DESTROYED", "EXTERNAL_DEVICE", "MPS_RPC_FAILURE", "MPS_CLIENT_TERMINATED", "UNKNOWN",
)  # fmt: skip
"""Ends of the names of errors after which a process cannot use the GPU any more (CUDA driver API, CUresult)."""

_MEMORY = "OUT_OF_MEMORY"


def name_of(error: BaseException) -> str:
    """The driver's name for an error, such as CUDA_ERROR_LAUNCH_FAILED; "" if it is none of the driver's."""
    code = getattr(error, "code", None)
    named = getattr(code, "name", "")
    if named:
        return str(named)
    words = str(error).replace("]", " ").replace(":", " ").split()
    return next((word for word in words if word.startswith("CUDA_ERROR_")), "")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the driver had no memory left."""
    return name_of(error).endswith(_MEMORY)


def is_lost(error: BaseException) -> bool:
    """Whether this process cannot use the GPU after the error."""
    return isinstance(error, DeviceLostError) or name_of(error).removeprefix("CUDA_ERROR_") in _LOST


def lost(error: BaseException) -> DeviceLostError:
    """What to raise for an error after which the GPU cannot be used."""
    return DeviceLostError(
        f"The GPU stopped answering ({name_of(error)}); start the program again, and if it happens again look at "
        "the driver and at other programs that use the GPU."
    )
