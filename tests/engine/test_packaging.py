"""What is in the repository is what is installed."""

import importlib.metadata
import importlib.resources
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["setuptools"]["packages"]


def folders() -> list[str]:
    """Every folder with Python files below the packages' roots, as the name it is installed under."""
    roots = {path: name for name, path in PROJECT["tool"]["setuptools"]["package-dir"].items()}
    found = {file.parent for root in roots for file in (ROOT / root).rglob("*.py")}
    return [".".join(("convscope", *folder.relative_to(ROOT).parts)) for folder in sorted(found)]


def test_every_folder_with_code_is_listed_for_the_wheel():
    assert sorted(PACKAGES) == sorted(folders())


def test_every_listed_folder_is_a_package():
    missing = [name for name in PACKAGES if not (ROOT / Path(*name.split(".")[1:]) / "__init__.py").is_file()]
    assert missing == []


def test_the_top_level_holds_what_the_design_allows():
    allowed = {"engine", "gui", "assets", "tests", "build", "dist"}
    found = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in found if not name.endswith(".egg-info")} <= allowed


@pytest.mark.parametrize("package", ["convscope.engine", "convscope.gui"])
def test_type_information_is_shipped(package):
    assert importlib.resources.files(package).joinpath("py.typed").is_file()


def test_assets_are_found_where_they_are_installed():
    assert importlib.resources.files("convscope.assets").is_dir()


def test_the_installed_version_is_that_of_the_project_and_the_changelog_has_it():
    version = PROJECT["project"]["version"]
    assert importlib.metadata.version("convscope") == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_command_is_installed():
    [command] = [e for e in importlib.metadata.entry_points(group="console_scripts") if e.name == "convscope"]
    assert callable(command.load())


def test_dependencies_have_lower_bounds():
    extras = PROJECT["project"]["optional-dependencies"].values()
    required = [*PROJECT["project"]["dependencies"], *(d for extra in extras for d in extra)]
    assert all(">=" in line or "==" in line for line in required)


def test_the_engine_runs_without_qt():
    hide = "import sys; sys.modules.update(dict.fromkeys(['PySide6', 'pyqtgraph', 'qtawesome', 'convscope.gui']))"
    use = "from convscope.engine import data, io, zoo; print(zoo.build('lenet5').summary().totals.params)"
    done = subprocess.run([sys.executable, "-c", f"{hide}; {use}"], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("61706", "")
