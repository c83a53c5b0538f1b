"""Scores -> probabilities, by three numbers that are found on validation data.

Beta calibration (Kull, Silva Filho and Flach, AISTATS 2017): the log odds of the probability are
a log(s) - b log(1 - s) + c. With a and b above 0 the order of the scores stays as it is. A shift that is known
beforehand, such as a season's, is added to the log odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

EDGE = 1e-6
"""Scores nearer to 0 or 1 count as this near: a leaf without any fraud says 0, which has no logarithm."""
_PRIOR_ROWS = 1.0
_ROUNDS, _ENOUGH = 100, 1e-10
_LEAST = 0.01


@dataclass(frozen=True, slots=True)
class Beta:
    """The three numbers; `Beta(1, 1, 0)` changes nothing."""

    a: float
    b: float
    c: float

    def apply(self, score: Floats, shift: Floats | float = 0.0) -> Floats:
        """Probabilities (n,) of scores (n,) between 0 and 1, in the same order; a `shift` (n,) moves log odds."""
        near = np.clip(score, EDGE, 1 - EDGE)
        odds = self.a * np.log(near) - self.b * np.log1p(-near) + self.c + shift
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


def fit(labels: Labels, score: Floats, shift: Floats | float = 0.0) -> Beta:
    """The maximum-likelihood numbers for labels (n,), scores (n,) between 0 and 1 and shifts (n,), to six digits.

    Newton's method, drawn towards Beta(1, 1, 0) with the weight of one row, so that few rows, perfectly
    separated by their scores, still give finite numbers.
    """
    near = np.clip(score, EDGE, 1 - EDGE)
    columns = np.stack([np.log(near), -np.log1p(-near), np.ones(len(near))])
    start = np.array([1.0, 1.0, 0.0])
    numbers = start.copy()
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.tensordot(numbers, columns, 1) - shift))
        # Sums one by one: those of a matrix product depend on how many cores the machine has.
        slope = (columns * (labels - chance)).sum(axis=1) - _PRIOR_ROWS * (numbers - start)
        weight = chance * (1 - chance)
        bend = np.array([[(one * two * weight).sum() for one in columns] for two in columns])
        step = np.linalg.solve(bend + _PRIOR_ROWS * np.eye(3), slope)
        moved = numbers + step / max(1.0, float(np.abs(step).max()))
        moved[:2] = np.maximum(moved[:2], _LEAST)
        done = np.abs(moved - numbers).max() < _ENOUGH
        numbers = moved
        if done:
            break
    return Beta(*(round(float(number), 6) for number in numbers))
