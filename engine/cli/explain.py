"""`convscope explain`: looking inside a network by any of the methods."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..spec import ConvscopeError
from . import sources
from .device_option import device_option
from .output import complain, emit, say, table
from .progress import Bar

if TYPE_CHECKING:
    from ..explain import Method, Progress, Result
    from ..runtime.model import Model

_PATH = click.Path(path_type=Path)
_ENDINGS = {"out": ".png", "raw": ".png", "npy": ".npy", "meta": ".json"}


@click.command(short_help="Look inside a network: saliency, occlusion, dreams …")
@click.argument("method", required=False)
@click.argument("file", metavar="NAME|FILE", required=False)
@click.option(
    "--image",
    metavar="PATH|NUMBER|FIRST-LAST",
    help="Picture to look at; with --data the number of a test image, or of several (strongest_patches: all if none).",
)
@click.option(
    "--second-image", metavar="PATH|NUMBER", help="Another picture, for methods that take two: a dream's guide."
)
@click.option("--data", metavar="NAME|PATH", help="Data set whose test images --image counts, from 0.")
@click.option("--data-dir", type=_PATH, help="Folder that holds the data set's files.")
@click.option("--target", type=int, help="Number of the class to explain  [default: the one with the highest score]")
@click.option("--layer", help="Layer to look into, instead of a class.")
@click.option("--unit", help="Unit of the layer: a channel, or row,column,channel  [default: the strongest channel]")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter of the method; repeatable.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of whatever is random  [default: 0]")
@device_option()
@click.option(
    "--out",
    type=_PATH,
    help="PNG of the result, heat maps laid over the picture; of a sequence a folder, .gif or .mp4.",
)
@click.option("--raw", type=_PATH, help="PNG of the result by itself.")
@click.option("--npy", type=_PATH, help="The result's array.")
@click.option("--meta", type=_PATH, help="JSON of the configuration, scores and history.")
@click.option("--json", "as_json", is_flag=True, help="Print that JSON.")
def explain(method: str | None, file: str | None, as_json: bool, **options: Any) -> None:
    """Look by METHOD inside the model in FILE, or one that comes trained (NAME, see `convscope zoo --trained`).

    Without arguments the methods are listed, with METHOD alone its parameters.
    """
    from .. import explain as room  # loads the kernels  # noqa: PLC0415

    if method is None:
        _list(room.METHODS, as_json)
        return
    if method not in room.METHODS:
        raise ConvscopeError(f"There is no method {method!r}; use one of: {', '.join(room.METHODS)}.")
    if file is None:
        _describe(room.METHODS[method], as_json)
        return
    wanted = {name: options[name] for name in ("out", "raw", "npy", "meta") if options[name] is not None}
    if not wanted and not as_json:
        raise ConvscopeError("Nothing would be kept; name a file with --out, --raw, --npy or --meta, or use --json.")
    _check_files(wanted, room.METHODS[method].gives == "sequence")
    result = _explained(getattr(room, method), _model(file, options["device"]), options, as_json)
    for name, path in wanted.items():
        result.save(path, raw=name == "raw")
    if as_json:
        emit(_plain(result.meta))
    else:
        _tell(result, [str(path) for path in wanted.values()])


def _explained(method: Any, model: Model, options: dict[str, Any], quiet: bool) -> Result:
    from ..spec.named import assignments  # noqa: PLC0415

    params = assignments(",".join(options["values"]))
    image, second = _images(options, "images" in method.method.asks, quiet)
    with Bar(quiet=quiet) as bar:

        def reached(step: Progress) -> None:
            bar.reached(step.step, step.steps)

        where = {name: options[name] for name in ("layer", "seed")}
        unit = _unit(options["unit"])
        found: Result = method(
            model, image, options["target"], unit=unit, progress=reached, second_image=second, **where, **params
        )
    return found


def _images(options: dict[str, Any], several: bool, quiet: bool) -> list[Any]:
    """What --image and --second-image name, None where they are not given: paths, or pixels of the data set.

    Methods that look at `several` images get all test images where no number is given.
    """
    given = [options["image"], options["second_image"]]
    if options["data"] is None:
        return given
    ranges = [None if text is None else _range_of(text) for text in given]
    if ranges == [None, None] and not several:
        raise ConvscopeError("There is no --image; with --data give the number of a test image, such as --image 0.")
    images = sources.dataset(options["data"], options["data_dir"], quiet).test_images
    if several and ranges[0] is None:
        ranges[0] = range(len(images))
    if beyond := [numbers[-1] for numbers in ranges if numbers and numbers[-1] >= len(images)]:
        raise ConvscopeError(f"There is no test image {beyond[0]}; {options['data']} has 0 to {len(images) - 1:,}.")
    return [None if numbers is None else _pixels(images, numbers) for numbers in ranges]


def _range_of(text: str) -> range:
    """The numbers that 7 or 0-99 stand for."""
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) < int(first):
        raise ConvscopeError(
            f"{text!r} is no number; with --data give the number of a test image, such as --image 0, or several: 0-99."
        )
    return range(int(first), int(last or first) + 1)


def _pixels(images: Any, numbers: range) -> Any:
    """One image, or several with their axis."""
    return images[numbers[0]] if len(numbers) == 1 else images[numbers.start : numbers.stop]


def _model(file: str, device: str) -> Model:
    from ..runtime.model import Model  # noqa: PLC0415

    found = sources.opened(file, device)
    if isinstance(found, Model):
        return found
    complain(f"warning: {file} has no trained weights; what you see is the network as it begins.")
    return Model(sources.network(file), device)


def _unit(text: str | None) -> int | tuple[int, ...] | None:
    if text is None:
        return None
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConvscopeError(f"The unit is {text!r}; use a channel such as 5, or row,column,channel.") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _check_files(wanted: dict[str, Path], sequence: bool) -> None:
    """Refuse what cannot be written before the work is done."""
    from ..explain import films  # noqa: PLC0415

    wrong = [
        f"--{name} is {path}, use a name that ends in {_ENDINGS[name]}"
        for name, path in wanted.items()
        if path.suffix.lower() != _ENDINGS[name] and not (sequence and name == "out" and path.suffix in films.ENDINGS)
    ]
    wrong += [f"there is no folder {p.parent}, create it" for p in wanted.values() if not p.absolute().parent.is_dir()]
    if wrong:
        raise ConvscopeError(f"The result cannot be written: {'; '.join(wrong)}.")


def _list(methods: dict[str, type[Method]], as_json: bool) -> None:
    if as_json:
        emit([_declared(method) for method in methods.values()])
        return
    rows = [(name, method.gives, method.summary) for name, method in methods.items()]
    say(table(("method", "gives", "what it shows"), rows, (False, False, False)))


def _describe(method: type[Method], as_json: bool) -> None:
    if as_json:
        emit(_declared(method))
        return
    say(f"{method.title}: {method.summary}\n{method.source}\n")
    rows = [(name, str(param.default), _range(param), param.help) for name, param in method.params().items()]
    say(table(("--set", "default", "values", ""), rows, (False, True, False, False)))
    if method.caveat:
        say(f"\n{method.caveat}")


def _declared(method: type[Method]) -> dict[str, Any]:
    params = [
        {"name": name, "default": p.default, "minimum": p.minimum, "maximum": p.maximum, "choices": list(p.choices),
         "unit": p.unit, "help": p.help}
        for name, p in method.params().items()
    ]  # fmt: skip
    facts = {"name": method.name, "title": method.title, "gives": method.gives, "source": method.source}
    asked = {"asks": sorted(method.asks), "needs": sorted(method.needs)}
    return _plain({**facts, "summary": method.summary, **asked, "caveat": method.caveat, "parameters": params})


def _range(param: Any) -> str:
    if param.choices:
        return ", ".join(param.choices)
    if param.minimum is None:
        return "yes, no" if param.kind == "flag" else ""
    most = "" if param.maximum is None else f" – {param.maximum:,.6g}"
    return f"{param.minimum:,.6g}{most} {param.unit}".rstrip()


def _tell(result: Result, paths: list[str]) -> None:
    say(f"{result.method} of {result.config['network']}: {', '.join(paths)}")
    for name, value in result.scores.items():
        if value is not None:
            say(f"{name}: {_short(value)}")
    if result.caveat:
        say(result.caveat)


def _short(value: Any) -> str:
    """Numbers to four digits; a list of one as the one."""
    if isinstance(value, list):
        return _short(value[0]) if len(value) == 1 else ", ".join(_short(one) for one in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Numbers that JSON cannot hold become null."""
    if isinstance(value, dict):
        return {key: _plain(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(found) for found in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
