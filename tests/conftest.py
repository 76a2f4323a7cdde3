"""What all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, and no time limits: the machine may be busy.
settings.register_profile("convscope", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Many more, new ones in every run: python -m pytest --hypothesis-profile=thorough
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("convscope")


@pytest.fixture(scope="session", autouse=True)
def _runs_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs that commands keep go into a folder of the tests, not among the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public data beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("public data of ../shared are absent")
    return folder
