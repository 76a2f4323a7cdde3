"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, and no time limits: the machine may be busy.
settings.register_profile("convscope", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Many more, new ones in every run: python -m pytest --hypothesis-profile=thorough
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("convscope")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public data beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("public data of ../shared are absent")
    return folder
