"""What `convscope warm-up` compiles is all that explanations call: other batches, other sizes, every node."""

import pytest

from convscope.engine import zoo
from convscope.engine.explain.probe import CHUNK
from convscope.engine.runtime.warm_up import Pass, builds
from convscope.engine.train.warm_up import needed


@pytest.mark.parametrize(("name", "last"), [("lenet5", "pool2"), ("resnet8", "s3b1_relu2")])
def test_no_kernel_is_left_to_be_compiled_when_a_network_is_looked_into(name, last):
    net = zoo.build(name)
    larger = net.part(end=last, input=(96, 80, net.input[2]))
    nodes = tuple(net.nodes)
    called = {
        *builds(net, [Pass(CHUNK, "gradient", (), nodes), Pass(CHUNK, "inference", nodes), Pass(64, "inference")]),
        *builds(larger, [Pass(1, "gradient", (), tuple(larger.nodes)), Pass(1, "inference")]),
    }
    assert called <= set(needed([net], 64))
