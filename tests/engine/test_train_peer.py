"""A whole training run, step by step, against PyTorch from the same weights, order and learning rates."""

import numpy as np
import pytest

from convscope.engine import Model, load_dataset, zoo
from convscope.engine.train import Batch
from convscope.engine.train.feed import shuffled

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
STEPS, BATCH = 30, 32
CONVOLUTIONS, DENSE = ("conv1", "conv2"), ("dense3", "dense4", "scores")


def peer_of(model: Model) -> "torch.nn.Module":
    """LeNet-5 in PyTorch with this model's weights; pixels reach the first dense layer in our order."""
    nn = torch.nn

    class Peer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
            self.dense3, self.dense4, self.scores = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x: "torch.Tensor") -> "torch.Tensor":
            pool, relu = nn.functional.max_pool2d, nn.functional.relu
            x = pool(relu(self.conv1(x)), 2)
            x = pool(relu(self.conv2(x)), 2).permute(0, 2, 3, 1).flatten(1)
            return self.scores(relu(self.dense4(relu(self.dense3(x)))))

    peer = Peer()
    for name in (*CONVOLUTIONS, *DENSE):
        weight, bias = model.weights[f"{name}.weight"], model.weights[f"{name}.bias"]
        layer = getattr(peer, name)
        layer.weight.data = torch.tensor(np.ascontiguousarray(np.moveaxis(weight, (-1, -2), (0, 1))))
        layer.bias.data = torch.tensor(bias.copy())
    return peer


def test_thirty_steps_of_lenet5_equal_pytorchs() -> None:
    dataset = load_dataset("digits")
    model = Model(zoo.build_for("lenet5", dataset.image_shape, 10), preprocessing=dataset.preprocessing)
    peer = peer_of(model)
    decayed = [p for name, p in peer.named_parameters() if name.endswith("weight")]
    plain = [p for name, p in peer.named_parameters() if name.endswith("bias")]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9)
    order = shuffled(len(dataset.train_images), 0, 0)
    run = model.fit(dataset, epochs=1, batch_size=BATCH, learning_rate=0.01)
    batches = (event for event in run if isinstance(event, Batch))
    for step in range(STEPS):
        ours = next(batches)
        rows = order[step * BATCH : (step + 1) * BATCH]
        images = torch.tensor(model.prepare(dataset.train_images[rows])).permute(0, 3, 1, 2)
        for group in optimizer.param_groups:
            group["lr"] = ours.learning_rate
        theirs = torch.nn.functional.cross_entropy(peer(images), torch.tensor(dataset.train_labels[rows]))
        optimizer.zero_grad()
        theirs.backward()
        optimizer.step()
        assert ours.loss == pytest.approx(theirs.item(), rel=1e-4)
    for name in (*CONVOLUTIONS, *DENSE):
        ours, theirs = model.weights[f"{name}.weight"], getattr(peer, name).weight.detach().numpy()
        theirs = np.moveaxis(theirs, (0, 1), (-1, -2))
        assert np.linalg.norm(ours - theirs) <= 1e-4 * np.linalg.norm(theirs)
