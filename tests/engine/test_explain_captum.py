"""Networks that come trained, explained by us and by Captum in double precision: the same to one part in ten thousand.

Where a unit stands within rounding of zero, or two pixels of a pooling window within rounding of each other, single
precision may send a gradient another way; the images here are not of that kind.
"""

import importlib

import numpy as np
import pytest

from convscope.engine import explain, load_dataset, trained
from convscope.engine.explain.grad_cam import last_maps
from convscope.engine.explain.question import ask

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
attribution = pytest.importorskip("captum.attr", reason="Captum is not installed")
TOLERANCE = 1e-4
PATCH, STRIDE, POINTS = 8, 4, 50


class Sides:
    """A trained network on both sides, an image in pixel units, and the class it is taken for."""

    def __init__(self, name):
        one = trained.TRAINED[name]
        self.model = trained.load(name)
        data = load_dataset(one.data.replace("count=8000,test=1000", "count=20,test=8"))
        self.image = ask(self.model, data.test_images[0]).images[0]
        self.target = int(self.model.predict(self.model.prepare(self.image[None])).argmax())
        self.layer = last_maps(self.model)
        self.front, self.back = (self.translated(*ends) for ends in (("input", self.layer), (self.layer, None)))
        pre = self.model.preprocessing
        mean, std = (torch.tensor(of, dtype=torch.float64).view(-1, 1, 1) for of in (pre.mean, pre.std))
        front, back = self.front, self.back

        class Prepared(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.front, self.back = front, back

            def forward(self, x):
                return back(front((x * pre.scale - mean) / std))

        self.peer = Prepared()

    def translated(self, begin, end):
        """A part of the network in PyTorch, in double precision."""
        peers = importlib.import_module("convscope.engine.bench.peers.torch_layers")
        part = self.model.network.part(begin, end)
        weights = {name: self.model.weights[name] for name in part.weights()}
        return peers.translated(part, weights).eval().double()

    def pixels(self):
        return torch.tensor(self.image.transpose(2, 0, 1)[None].astype(np.float64), requires_grad=True)

    def theirs(self, captum, **options):
        """What one of Captum's methods says of the class, (H, W, C)."""
        found = captum.attribute(self.pixels(), target=self.target, **options)
        return found.detach().numpy().transpose(0, 2, 3, 1)[0]


@pytest.fixture(scope="module", params=["lenet5_digits", "resnet8_shapes"])
def sides(request):
    return Sides(request.param)


def agree(ours, theirs):
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) < TOLERANCE * np.linalg.norm(theirs)


def test_the_gradient_of_the_pixels(sides):
    found = explain.saliency(sides.model, sides.image, sides.target)
    agree(found.extras["gradient"], sides.theirs(attribution.Saliency(sides.peer), abs=False))


@pytest.mark.parametrize(("name", "theirs"), [("guided_backprop", "GuidedBackprop"), ("deconvnet", "Deconvolution")])
@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_the_other_rules_at_relus(sides, name, theirs):
    found = getattr(explain, name)(sides.model, sides.image, sides.target)
    agree(found.array, sides.theirs(getattr(attribution, theirs)(sides.peer)))


def test_integrated_gradients(sides):
    found = explain.integrated_gradients(sides.model, sides.image, sides.target, points=POINTS)
    theirs = attribution.IntegratedGradients(sides.peer)
    agree(found.extras["attributions"], sides.theirs(theirs, baselines=0, n_steps=POINTS, method="gausslegendre"))


def test_grad_cam_before_it_is_enlarged(sides):
    found = explain.grad_cam(sides.model, sides.image, sides.target, positive="signed")
    theirs = attribution.LayerGradCam(sides.peer, sides.front)
    agree(found.extras["map"][..., None], sides.theirs(theirs))


def test_occlusion(sides):
    options = {"patch": PATCH, "stride": STRIDE, "of": "score", "fill": "black"}
    found = explain.occlusion(sides.model, sides.image, sides.target, **options)
    channels = sides.image.shape[2]
    windows = {"sliding_window_shapes": (channels, PATCH, PATCH), "strides": (channels, STRIDE, STRIDE)}
    theirs = sides.theirs(attribution.Occlusion(sides.peer), baselines=0, perturbations_per_eval=64, **windows)
    agree(found.array, theirs[..., 0])
