"""The optimisers' formulas, for one weight: its value, its gradient, its buffers, and the step's numbers `p`.

Each returns the new weight and the new buffers. Weight decay and clipping are in the gradient already.
"""

import math


def sgd(w, g, velocity, p):
    """v ← m·v + g, w ← w − rate·v: Polyak 1964, in PyTorch's form, where the rate scales all of the velocity."""
    rate, momentum = p
    velocity = momentum * velocity + g
    return w - rate * velocity, velocity


def nesterov(w, g, velocity, p):
    """v ← m·v + g, w ← w − rate·(g + m·v): the gradient one step ahead, as Sutskever et al. 2013 (§2.1) write it."""
    rate, momentum = p
    velocity = momentum * velocity + g
    return w - rate * (g + momentum * velocity), velocity


def adagrad(w, g, squares, p):
    """s ← s + g², w ← w − rate·g/(√s + ε): Duchi et al. 2011, with the diagonal alone."""
    rate, epsilon = p
    squares = squares + g * g
    return w - rate * g / (math.sqrt(squares) + epsilon), squares


def rmsprop(w, g, square_average, velocity, p):
    """s ← α·s + (1 − α)·g², v ← m·v + g/(√s + ε), w ← w − rate·v: Tieleman & Hinton 2012."""
    rate, kept, new, epsilon, momentum = p
    square_average = kept * square_average + new * g * g
    velocity = momentum * velocity + g / (math.sqrt(square_average) + epsilon)
    return w - rate * velocity, square_average, velocity


def adadelta(w, g, square_average, step_average, p):
    """s ← ρ·s + (1 − ρ)·g², Δ = √(u + ε)/√(s + ε)·g, u ← ρ·u + (1 − ρ)·Δ², w ← w − rate·Δ: Zeiler 2012, algorithm 1."""
    rate, kept, new, epsilon = p
    square_average = kept * square_average + new * g * g
    step = math.sqrt(step_average + epsilon) / math.sqrt(square_average + epsilon) * g
    return w - rate * step, square_average, kept * step_average + new * step * step


def adam(w, g, mean, square_average, p):
    """m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g², w ← w − rate·m/(√s·root + ε): Kingma & Ba 2015, algorithm 1.

    The rate is divided by 1 − β₁ᵗ and `root` is 1/√(1 − β₂ᵗ): the corrections for averages that began at zero.
    """
    rate, kept_mean, new_mean, kept_square, new_square, root, epsilon = p
    mean = kept_mean * mean + new_mean * g
    square_average = kept_square * square_average + new_square * g * g
    return w - rate * mean / (math.sqrt(square_average) * root + epsilon), mean, square_average
