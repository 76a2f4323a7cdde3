"""The declaration every explanation method makes. Command line, window and documentation are read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..spec.named import Named
from .progress import Progress
from .question import Question
from .result import Kind, Result

Needs = Literal["image", "images", "target", "layer", "unit", "second image"]


class Method(Named):
    """Base of all methods: a frozen dataclass whose fields are the parameters, and a generator of progress.

    `name` is the function in `convscope.engine.explain`, the file, and the command line's word. `asks` says what of
    image, target, layer and unit it can be given, with "images" if it wants many at once, such as a data set's; `needs`
    what it cannot do without. `any_size` methods look at images in their own size unless they are smaller than the
    network's input. `caveat` is shown beside every picture.
    """

    kind = "method"
    summary: ClassVar[str] = ""
    gives: ClassVar[Kind] = "heat map"
    asks: ClassVar[frozenset[Needs]] = frozenset({"image", "target", "layer", "unit"})
    needs: ClassVar[frozenset[Needs]] = frozenset({"image"})
    any_size: ClassVar[bool] = False
    caveat: ClassVar[str] = ""

    def steps(self, question: Question) -> Iterator[Progress]:
        """Work on a question; the last Progress holds the result. Cancelling is not asking for the next one."""
        raise NotImplementedError

    def result(
        self,
        question: Question,
        array: NDArray[np.float32],
        scores: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Result:
        """A result of this method; `array` begins with the axis of images, which goes where one image was asked of.

        So do `extras` and `shown`.
        """
        single = not question.batched
        asked = {"network": question.model.network.name, "target": question.target, "layer": question.layer}
        unit = question.unit if question.unit is None or isinstance(question.unit, int) else list(question.unit)
        config = {**asked, "unit": unit, "seed": question.seed, **self.values()}
        extras = {name: found[0] if single else found for name, found in more.pop("extras", {}).items()}
        shown = more.pop("shown", None)
        return Result(
            method=self.name,
            kind=self.gives,
            array=np.ascontiguousarray(array[0] if single else array, np.float32),
            image=question.images[0] if single else question.images,
            config=config,
            scores=scores or {},
            extras=extras,
            caveat=self.caveat,
            batched=question.batched,
            shown=shown[0] if single and shown is not None else shown,
            **more,
        )
