"""An image of nothing that the network is sure of, found by evolution alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..spec.param import integer, number
from .aim import softmax
from .fooling import Goal, outcome
from .method import Method
from .progress import Progress
from .question import Floats, Question

_CHUNK = 64


@dataclass(frozen=True)
class EvolvedFooling(Method):
    """Direct encoding: every pixel is a gene. A population is bred for the target's probability; no gradient is used.

    Each child of two parents, each the better of two drawn, is made by simulated binary crossover and polynomial
    mutation (Deb & Agrawal 1995; Deb 2001); the best parent lives on.
    """

    certainty: float = number(
        0.995, label="Certainty", help="Probability at which it stops.", minimum=0.0, maximum=0.999999
    )
    population: int = integer(200, label="Population", help="Images of a generation.", minimum=2, maximum=10_000)
    most: int = integer(400, label="Most generations", help="Where it gives up.", maximum=1_000_000)
    mutation: float = number(0.1, label="Mutation", help="Share of the pixels that mutate.", minimum=0.0, maximum=1.0)
    mutation_index: float = number(
        15.0, label="Mutation η", help="The larger, the smaller the mutations.", minimum=0.0, maximum=1000.0
    )
    crossover: float = number(
        0.5, label="Crossover", help="Share of the pixels that parents exchange.", minimum=0.0, maximum=1.0
    )
    crossover_index: float = number(
        10.0,
        label="Crossover η",
        help="The larger, the nearer children are to their parents.",
        minimum=0.0,
        maximum=1000.0,
    )
    noise: float = number(
        60.0, label="Noise", help="Deviation of the noise it starts from.", minimum=0.0, maximum=255.0, unit="of 255"
    )

    name = "evolved_fooling"
    title = "Fooling image by evolution"
    source = "Nguyen, Yosinski & Clune 2014, Deep Neural Networks Are Easily Fooled, section 2.2, direct encoding"
    summary = "Noise bred until the network is sure it shows a class."
    gives = "image"
    asks = frozenset({"image", "target"})
    needs = frozenset({"target"})

    def steps(self, question: Question) -> Iterator[Progress]:
        goal, pixels = Goal(question), question.images.copy()
        history: list[dict[str, float]] = []
        for which, image in enumerate(question.images):
            random = question.random()  # an image's picture does not depend on its neighbours
            one = goal.of(which)
            alive = np.clip(image + random.normal(0, self.noise, (self.population, *image.shape)), 0, 255)
            alive = alive.astype(np.float32)
            fitness = self._fitness(question, one, alive)
            for generation in range(1, self.most + 1):
                best = int(fitness.argmax())
                pixels[which] = alive[best]
                history.append({"generation": float(generation), "probability": float(fitness[best])})
                if fitness[best] > self.certainty:
                    break
                alive, fitness = self._bred(question, one, alive, fitness, random)
                if generation < self.most:
                    done = which * self.most + generation
                    yield Progress(done, self.most * len(pixels), question.shown(pixels.copy()), history[-1])
        yield outcome(self, question, goal, pixels, steps=max(len(history), 1), history=tuple(history))

    def _fitness(self, question: Question, goal: Goal, alive: Floats) -> Floats:
        node = question.probe.scores
        scores = question.probe.values(alive, node, chunk=_CHUNK)[node]
        return goal.share(softmax(scores).astype(np.float32))

    def _bred(
        self, question: Question, goal: Goal, alive: Floats, fitness: Floats, random: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """The next generation and its fitness, the best of this one in the first place."""
        count = len(alive)
        mothers, fathers = (self._winners(fitness, count, random) for _ in range(2))
        children = self._crossed(alive[mothers], alive[fathers], random)
        children = self._mutated(children, random)
        children[0] = alive[int(fitness.argmax())]
        return children, self._fitness(question, goal, children)

    def _winners(self, fitness: Floats, count: int, random: np.random.Generator) -> np.ndarray:
        drawn = random.integers(0, count, (2, count))
        found: np.ndarray = np.where(fitness[drawn[0]] >= fitness[drawn[1]], drawn[0], drawn[1])
        return found

    def _crossed(self, mothers: Floats, fathers: Floats, random: np.random.Generator) -> Floats:
        """Simulated binary crossover of the genes drawn, the others from the mother."""
        u = random.random(mothers.shape, np.float32)
        power = 1 / (self.crossover_index + 1)
        spread = np.where(u <= 0.5, (2 * u) ** power, (1 / (2 * (1 - u))) ** power)
        crossed = 0.5 * ((1 + spread) * mothers + (1 - spread) * fathers)
        drawn = random.random(mothers.shape, np.float32) < self.crossover
        return np.clip(np.where(drawn, crossed, mothers), 0, 255).astype(np.float32)

    def _mutated(self, children: Floats, random: np.random.Generator) -> Floats:
        """Polynomial mutation of the genes drawn, over the range 0 to 255."""
        u = random.random(children.shape, np.float32)
        power = 1 / (self.mutation_index + 1)
        step = np.where(u < 0.5, (2 * u) ** power - 1, 1 - (2 * (1 - u)) ** power)
        drawn = random.random(children.shape, np.float32) < self.mutation
        return np.clip(children + np.where(drawn, 255 * step, 0), 0, 255).astype(np.float32)
