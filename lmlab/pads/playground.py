"""A playground: choose points and a small dense network, and watch it train in the page itself.

The page computes in JavaScript, the chapter in NumPy and Keras. All three start from the same
numbers: the points travel with the widget, and the weights come from a generator of pseudo-random
numbers that is short enough to stand in both languages (`uniforms`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import anywidget
import numpy as np
import traitlets

__all__ = [
    "CHOICES",
    "Playground",
    "Points",
    "Settings",
    "initial_weights",
    "make_points",
    "uniforms",
]

NUM_POINTS = 400  # half of them for training
INSIDE, RING = 1.0, (1.75, 2.5)  # radius of the disc, radii of the ring
CHOICES = {
    "data": ["ring", "XOR", "two moons", "spiral", "two blobs"],
    "activation": ["linear", "ReLU", "tanh", "sigmoid"],
    "learning_rate": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0],
    "l2": [0.0, 0.0001, 0.001, 0.01, 0.1, 1.0],
    "batch_size": [1, 10, 50, 200],
}
"""The values that the page offers; all divide the 200 training points or are not about them."""


@dataclass(frozen=True)
class Settings:
    """What determines a run, from the points to the last digit of the loss.

    Args:
        data: one of the names in `CHOICES["data"]`.
        noise: standard deviation of the jitter on both coordinates, 0 to 1.
        hidden: neurons of each hidden layer, none to three layers of 1 to 8 neurons.
        activation: of the hidden layers; the output is a sigmoid.
        learning_rate: step length of plain gradient descent.
        l2: the penalty is `l2` times the sum of all squared weights, as in `keras.regularizers.L2`.
        batch_size: consecutive training points in one step; 200 is all of them.
        seed: of the first weights, 0 to 9999.

    Raises:
        ValueError: a value is not among those that the page offers.
    """

    data: str = "ring"
    noise: float = 0.0
    hidden: Sequence[int] = (3,)
    activation: str = "ReLU"
    learning_rate: float = 0.3
    l2: float = 0.0
    batch_size: int = 200
    seed: int = 0

    def __post_init__(self):
        for name, values in CHOICES.items():
            if getattr(self, name) not in values:
                raise ValueError(f"`{name}` must be one of {values}, got {getattr(self, name)!r}")
        if not 0 <= self.noise <= 1:
            raise ValueError(f"`noise` must be from 0 to 1, got {self.noise}")
        if len(self.hidden) > 3 or not all(n in range(1, 9) for n in self.hidden):
            raise ValueError(
                f"`hidden` must hold up to three widths from 1 to 8, got {self.hidden}"
            )
        if self.seed not in range(10_000):
            raise ValueError(f"`seed` must be a whole number from 0 to 9999, got {self.seed}")

    @property
    def units(self) -> list[int]:
        """Numbers in each layer, from the two inputs to the one output."""
        return [2, *self.hidden, 1]


@dataclass(frozen=True)
class Points:
    """Points of two classes: `x_…` are `(200, 2)`, `y_…` are `(200,)` of 0 and 1, float64."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def uniforms(seed: int, count: int) -> np.ndarray:
    """Pseudo-random numbers in [0, 1), the same bits in every language: mulberry32.

    Args:
        seed: 0 to 2³² − 1.
        count: how many numbers.

    Returns:
        `(count,)`, float64. Tommy Ettinger's generator (2017, public domain) in 32-bit integers.
    """
    state = (np.arange(1, count + 1, dtype=np.uint64) * 0x6D2B79F5 + seed).astype(np.uint32)
    mixed = (state ^ (state >> 15)) * (state | 1)
    mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)
    return (mixed ^ (mixed >> 14)) / 2**32


def initial_weights(units: Sequence[int], seed: int) -> list[np.ndarray]:
    """First weights of a dense network, Glorot uniform, as `keras.Model.set_weights` takes them.

    Args:
        units: numbers in each layer, from input to output.
        seed: of `uniforms`; the kernels are filled row by row, layer by layer.

    Returns:
        Kernel `(inputs, outputs)` and bias `(outputs,)` of each layer, float64; biases are zero.
    """
    shapes = list(pairwise(units))
    draws = iter(uniforms(seed, sum(inputs * outputs for inputs, outputs in shapes)))
    weights = []
    for inputs, outputs in shapes:
        limit = np.sqrt(6 / (inputs + outputs))
        kernel = [[limit * (2 * next(draws) - 1) for _ in range(outputs)] for _ in range(inputs)]
        weights += [np.array(kernel), np.zeros(outputs)]
    return weights


def make_points(data: str, noise: float = 0.0, count: int = NUM_POINTS, seed: int = 1) -> Points:
    """Points of two classes in the square from −3 to 3; classes 0 and 1 alternate.

    Args:
        data: one of the names in `CHOICES["data"]`.
        noise: standard deviation of the jitter on both coordinates.
        count: points in all; the first half is for training.
        seed: of `uniforms`; the page has the points of seed 1.

    Raises:
        ValueError: there is no such data set.
    """
    clean, jitter = _clean_and_jitter(data, count, seed)
    x = clean.astype(float) + noise * jitter.astype(float)
    y, half = np.arange(count) % 2.0, count // 2
    return Points(x[:half], y[:half], x[half:], y[half:])


def _clean_and_jitter(data: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points without noise, and standard normal numbers to add; both `(count, 2)` float32."""
    if data not in CHOICES["data"]:
        raise ValueError(f"`data` must be one of {CHOICES['data']}, got {data!r}")
    a, b, c, d = uniforms(seed, 4 * count).reshape(count, 4).T
    is_one = np.arange(count) % 2 == 1
    size = np.sqrt(-2 * np.log(1 - c))  # Box and Muller: two uniform numbers make two normal ones
    jitter = np.stack([size * np.cos(2 * np.pi * d), size * np.sin(2 * np.pi * d)], axis=1)
    if data == "ring":
        low, high = RING
        radius = np.sqrt(np.where(is_one, INSIDE**2 * a, low**2 + (high**2 - low**2) * a))
        clean = _polar(radius, 2 * np.pi * b)
    elif data == "XOR":
        x1 = np.where(d < 0.5, 1, -1) * (0.3 + 2.2 * a)
        clean = np.stack([x1, np.where(is_one, -1, 1) * np.sign(x1) * (0.3 + 2.2 * b)], axis=1)
    elif data == "two moons":
        arc = _polar(1.5 + 0.2 * (b - 0.5), np.pi * a)
        clean = np.where(is_one[:, None], [0.75, 0.4] - arc, arc - [0.75, 0.4])
    elif data == "spiral":
        turn = np.sqrt(0.03 + 0.97 * a)
        clean = _polar(2.7 * turn, 2.5 * np.pi * turn + np.where(is_one, np.pi, 0))
    else:
        clean = np.where(is_one, 1.3, -1.3)[:, None] + 0.45 * jitter[::-1]
    return clean.astype("float32"), jitter.astype("float32")


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


class Playground(anywidget.AnyWidget):
    """Points, a network and a learning curve that run in the page. Needs no kernel once shown.

    In a live notebook `settings` follows the controls of the page.

    Args:
        question: what the reader should answer by playing; ends with a question mark.
        start: the settings shown first.
        presets: names of buttons and the settings that they load.
        predict: answers to the question and what to reply to each.

    Raises:
        ValueError: `question` does not ask.
    """

    _esm = Path(__file__).with_name("playground.js")
    _css = Path(__file__).with_name("playground.css")
    question = traitlets.Unicode().tag(sync=True)
    predict = traitlets.List().tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)  # float32: (data sets, clean and jitter, 400, 2)
    settings = traitlets.Dict().tag(sync=True)
    presets = traitlets.List().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(
        self,
        question: str,
        *,
        start: Settings | None = None,
        presets: Mapping[str, Settings] | None = None,
        predict: Mapping[str, str] | None = None,
    ):
        if not question.strip().endswith("?"):
            raise ValueError(f"`question` must end with a question mark, got {question!r}")
        sets = [_clean_and_jitter(name, NUM_POINTS, seed=1) for name in CHOICES["data"]]
        super().__init__(
            question=question,
            predict=[list(pair) for pair in (predict or {}).items()],
            choices=CHOICES,
            points=np.array(sets).tobytes(),
            settings=_as_dict(start or Settings()),
            presets=[[name, _as_dict(preset)] for name, preset in (presets or {}).items()],
        )

    def expect(self, settings: Settings, losses: Mapping[int, float]) -> None:
        """Let the page repeat a run of Keras and show by how much the losses differ.

        Args:
            settings: of the run.
            losses: number of epochs to the training loss after them, in nats.
        """
        run = {"settings": _as_dict(settings), "losses": [[n, float(v)] for n, v in losses.items()]}
        self.expected = [*self.expected, run]

    def __repr__(self) -> str:
        return f"Playground({len(self.presets)} presets)"


def _as_dict(settings: Settings) -> dict:
    return asdict(settings) | {"hidden": list(settings.hidden)}
