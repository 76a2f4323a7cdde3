"""Real training with the default recipe reaches the accuracy the field expects."""

from pathlib import Path

import pytest

from convscope.engine import Dataset, Model, load_dataset, zoo
from convscope.engine.train import Ended, evaluate


def trained(architecture: str, dataset: Dataset, epochs: int | None = None) -> tuple[Model, Ended]:
    network = zoo.build_for(architecture, dataset.image_shape, len(dataset.classes))
    model = Model(network, preprocessing=dataset.preprocessing, classes=dataset.classes)
    *_, ended = model.fit(dataset, epochs=epochs)
    assert ended.reason == "completed", ended.message
    return model, ended


def test_lenet5_reads_digits() -> None:
    dataset = load_dataset("digits")
    model, ended = trained("lenet5", dataset)
    assert ended.test_accuracy >= 0.965
    assert evaluate(model, dataset).top1 == ended.test_accuracy


@pytest.mark.slow
def test_lenet5_reads_mnist_in_three_epochs(shared: Path) -> None:
    dataset = load_dataset("mnist", shared / "data" / "mnist")
    _, ended = trained("lenet5", dataset, epochs=3)
    assert ended.test_accuracy >= 0.987


@pytest.mark.slow
def test_vgg_mini_knows_clothes_in_two_epochs(shared: Path) -> None:
    dataset = load_dataset("fashion-mnist", shared / "data" / "fashion-mnist")
    _, ended = trained("vgg_mini", dataset, epochs=2)
    assert ended.test_accuracy >= 0.89
