"""What the session needs of the engine, in one place. Everything heavy is imported when first used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from convscope.engine.data import DATASETS
from convscope.engine.data.download import cache_folder
from convscope.engine.graph.network import Network
from convscope.engine.train.events import Event

from .kept import THAW, Kept, keeping, kept_run
from .recipe import DataChoice, Recipe

Told = Callable[[str, int, int], None]
"""Progress of loading: what is being done, bytes so far and bytes in all."""


class Toolkit(Protocol):
    """The engine as the session sees it. `load` runs on the loader's thread, all else on the compute thread."""

    def present(self, choice: DataChoice) -> bool:
        """Whether a data set can be loaded without a download; asked on the GUI thread."""

    def load(self, choice: DataChoice, told: Told) -> Any:
        """A data set; `told` may raise to give up."""

    def build(self, network: Network, dataset: Any, recipe: Recipe) -> Any:
        """A model with the recipe's initial weights, the data set's preprocessing and classes (None: without)."""

    def copy(self, model: Any) -> Any:
        """A model with the same weights, which stay as they are."""

    def moved(self, model: Any, device: str) -> Any:
        """The model on a device, the same one if it is there already. ConvscopeError if it cannot be there."""

    def transfer(self, model: Any, dataset: Any, freeze: Any, seed: int, cut: str | None) -> Any:
        """The model's layers up to `cut` with their weights under a new head for the data's classes."""

    def fit(self, model: Any, dataset: Any, recipe: Recipe) -> Iterator[Event]:
        """A training run that has not begun."""

    def keep(self, run: Any, recipe: Recipe) -> Iterator[Event]:
        """The run as one that is kept in the store; ConvscopeError says why it cannot be."""

    def find(self, run: str, checkpoint: str | int) -> Kept:
        """A run of the store that is to go on from a checkpoint; asked beside the compute thread."""

    def resume(self, kept: Kept, dataset: Any, epochs: int | None) -> Iterator[Event]:
        """The run as it goes on; its model is `training.model`."""

    def lacking(self, network: Network, batch_size: int, optimizer: str) -> int:
        """How many of the kernels that training this network takes are not in the cache; those that are are loaded."""

    def open(self, path: str | os.PathLike[str]) -> Any:
        """A model from a file."""

    def save(self, model: Any, path: str | os.PathLike[str]) -> None:
        """Write a model to a file."""


class EngineToolkit:
    """The engine itself."""

    def present(self, choice: DataChoice) -> bool:
        needed = DATASETS[choice.name].download_bytes if choice.known else 0
        if choice.folder or not needed:
            return True
        try:
            files = [path for path in cache_folder(choice.name).iterdir() if path.suffix != ".part"]
            return sum(path.stat().st_size for path in files) >= needed
        except OSError:
            return False

    def load(self, choice: DataChoice, told: Told) -> Any:
        from convscope.engine.data import load_dataset  # noqa: PLC0415

        return load_dataset(choice.what, choice.folder or None, told)

    def build(self, network: Network, dataset: Any, recipe: Recipe) -> Any:
        from convscope.engine import Model  # noqa: PLC0415

        if dataset is None:
            return Model(network, recipe.device, recipe.seed, init=recipe.initialiser)
        way, classes = dataset.preprocessing, dataset.classes
        return Model(network, recipe.device, recipe.seed, way, classes, recipe.initialiser)

    def copy(self, model: Any) -> Any:
        twin = type(model)(model.network, model.device, model.seed, model.preprocessing, model.classes)
        twin.take_weights(model)
        return twin

    def moved(self, model: Any, device: str) -> Any:
        if model.device == device:
            return model
        twin = type(model)(model.network, device, model.seed, model.preprocessing, model.classes)
        twin.take_weights(model)
        twin.frozen, twin.recompute = model.frozen, model.recompute
        return twin

    def transfer(self, model: Any, dataset: Any, freeze: Any, seed: int, cut: str | None) -> Any:
        from convscope.engine.train.transfer import transfer  # noqa: PLC0415

        return transfer(model, dataset.classes, cut, freeze, seed=seed)

    def fit(self, model: Any, dataset: Any, recipe: Recipe) -> Iterator[Event]:
        model.recompute = recipe.recompute
        return model.fit(dataset, **recipe.settings(), freeze=recipe.freeze)

    def keep(self, run: Any, recipe: Recipe) -> Iterator[Event]:
        from convscope.engine.runs import DataSource, RunStore  # noqa: PLC0415

        source = DataSource(recipe.data.what, recipe.data.folder or None)
        return RunStore().record(run, data=source, keeping=keeping(run), extra={THAW: recipe.thaw})

    def find(self, run: str, checkpoint: str | int) -> Kept:
        return kept_run(run, checkpoint)

    def resume(self, kept: Kept, dataset: Any, epochs: int | None) -> Iterator[Event]:
        from convscope.engine.runs import RunStore  # noqa: PLC0415

        where = kept.recipe.device
        return RunStore().resume(kept.run, checkpoint=kept.checkpoint, dataset=dataset, epochs=epochs, device=where)

    def lacking(self, network: Network, batch_size: int, optimizer: str) -> int:
        from convscope.engine.train.warm_up import lacking  # noqa: PLC0415

        return lacking(network, batch_size, optimizer)

    def open(self, path: str | os.PathLike[str]) -> Any:
        from convscope.engine import load  # noqa: PLC0415

        return load(path)

    def save(self, model: Any, path: str | os.PathLike[str]) -> None:
        from convscope.engine import save  # noqa: PLC0415

        save(model, path)
