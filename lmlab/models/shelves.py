"""Shelves composed of cut-out goods, and two ways to count them: chapter 3.8 (3A4).

A shelf is a picture (16, 112), grey 0 to 255; an article is 14 pixels high and at most as wide.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

__all__ = [
    "WIDTH",
    "DensityCounter",
    "InkCounter",
    "Shelves",
    "compose",
    "halved",
    "ink",
    "joined",
    "lots",
    "order_prices",
]

WIDTH, ARTICLE = 112, 14


class Shelves(NamedTuple):
    """Composed shelves and the truth about them."""

    x: np.ndarray  # (n, 16, 112) float32
    density: np.ndarray  # (n, 56) float32: articles per two columns; each row sums to its count
    count: np.ndarray  # (n,) int64
    hidden: np.ndarray  # (n,) float64: share of the articles' pixels behind another article


def halved(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, 28, 28) as means of 2 × 2 pixels, (n, 14, 14) float32."""
    return pictures.reshape(-1, 14, 2, 14, 2).mean((2, 4), dtype=np.float32)


def compose(
    goods: Sequence[np.ndarray], gap: int, n: int, rng: np.random.Generator, most: int = 8
) -> Shelves:
    """Put 0 to `most` articles on each of n shelves, by lot.

    Args:
        goods: cut-outs, each (m, 14, 14), 0 outside; the class of each article is drawn by lot.
        gap: least distance of two articles' middles in pixels; below 14 they may overlap.
        n: number of shelves.
        rng: the lots.
        most: largest number of articles.

    Raises:
        ValueError: `most` articles at this distance do not fit.
    """
    if ARTICLE + gap * (most - 1) > WIDTH:
        fits = (WIDTH - ARTICLE) // max(most - 1, 1)
        raise ValueError(f"`gap` must be at most {fits} for {most} articles, got {gap}")
    count = rng.integers(0, most + 1, n)
    ramp = np.linspace(-1, 1, WIDTH)
    x = rng.normal(rng.uniform(20, 110, (n, 1, 1)), 6, (n, 16, WIDTH))
    x = (x + ramp * rng.uniform(-20, 20, (n, 1, 1))).astype(np.float32)
    x[:, 15] *= 0.4  # the edge of the board
    middle, hidden = np.zeros((n, WIDTH), np.float32), np.zeros(n)
    for i, k in enumerate(count):
        free = WIDTH - ARTICLE - gap * max(k - 1, 0)
        left = (np.sort(rng.uniform(0, free, k)) + gap * np.arange(k)).astype(int)
        owner, pixels = np.full((14, WIDTH), -1), 0
        for j in rng.permutation(k):
            kind = goods[rng.integers(len(goods))]
            article, place = kind[rng.integers(len(kind))], slice(left[j], left[j] + ARTICLE)
            inside = article > 8
            x[i, 1:15, place][inside] = article[inside] * rng.uniform(0.7, 1)
            owner[:, place][inside], pixels = j, pixels + inside.sum()
            middle[i, left[j] + ARTICLE // 2] += 1
        hidden[i] = 1 - (owner >= 0).sum() / max(pixels, 1) if k else 0
    return Shelves(x, _blurred(middle), count, hidden)


def joined(parts: Iterable[Shelves]) -> Shelves:
    """Several lots of shelves as one."""
    return Shelves(*map(np.concatenate, zip(*parts, strict=True)))


def lots(goods: Sequence[np.ndarray], gaps: Iterable[int], n: int, seed: int) -> Shelves:
    """As `compose`, n shelves for each of several gaps."""
    return joined(compose(goods, g, n, np.random.default_rng([seed, n, g])) for g in gaps)


def _blurred(middle: np.ndarray) -> np.ndarray:
    """One at each middle (n, 112) as a bell of 2.5 pixels, in steps of two columns (n, 56)."""
    far = np.arange(WIDTH) - np.arange(WIDTH)[:, None]
    bell = np.exp(-0.5 * (far / 2.5) ** 2)
    bell /= bell.sum(axis=1, keepdims=True)
    return (middle @ bell).reshape(len(middle), -1, 2).sum(axis=2).astype(np.float32)


def ink(x: np.ndarray) -> np.ndarray:
    """Ten numbers of each shelf (n, 10): how much differs from the board, and how many edges."""
    board = np.median(x, (1, 2), keepdims=True)
    far, across, down = np.abs(x - board), np.abs(np.diff(x, axis=2)), np.abs(np.diff(x, axis=1))
    areas = [(far > level).mean((1, 2)) for level in (20, 40, 70)]
    columns = [((far > level).mean(1) > 0.25).mean(1) for level in (20, 40, 70)]
    edges = [across.mean((1, 2)), down.mean((1, 2)), (across > 40).mean((1, 2))]
    return np.column_stack([*areas, *columns, *edges, board[:, 0, 0]])


class InkCounter:
    """Boosted trees on the ten numbers of `ink`."""

    settings = tuple(
        {"learning_rate": r, "max_leaf_nodes": m} for r in (0.03, 0.1) for m in (8, 31)
    )

    def __init__(self, shelves: Shelves, seed: int = 0, **settings):
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        trees = HistGradientBoostingRegressor(max_iter=100, random_state=seed, **settings)
        with threadpool_limits(1):  # on so few rows threads only wait for each other
            self.trees = trees.fit(ink(shelves.x), shelves.count)

    @classmethod
    def best(cls, train: Shelves, chosen: Shelves, seed: int = 0) -> "InkCounter":
        """The best of the settings, by the mean error on the shelves `chosen`."""
        tried = [cls(train, seed, **setting) for setting in cls.settings]
        return min(tried, key=lambda trees: np.abs(trees(chosen.x) - chosen.count).mean())

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Estimated counts (n,)."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return self.trees.predict(ink(x))


class DensityCounter:
    """A Keras network that draws a density; the count is its sum.

    Args:
        shelves: what it learns from.
        build: function of no argument: (n, 16, 112, 1) to (n, 56), at least 0.
        seed: of the weights and the batches.
        learning_rate: of Adam at the start; falls to 0 along a cosine.
        epochs: passes over the shelves.
    """

    SCALE = 20  # the densities are small

    def __init__(self, shelves: Shelves, build: Callable, seed=0, learning_rate=0.003, epochs=4):
        import keras

        keras.utils.set_random_seed(seed)
        self.model = build()
        steps = epochs * -(-len(shelves.x) // 32)
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.model.compile(keras.optimizers.Adam(rate), "mse")
        target = self.SCALE * shelves.density
        self.model.fit(self._input(shelves.x), target, 32, epochs, verbose=0)

    @staticmethod
    def _input(x):
        return x[..., None] / 64 - 1

    def density(self, x: np.ndarray) -> np.ndarray:
        """Articles per two columns (n, 56)."""
        from keras import ops

        parts = np.array_split(self._input(x), -(-len(x) // 300))
        drawn = [ops.convert_to_numpy(self.model(part)) for part in parts]
        return np.concatenate(drawn) / self.SCALE

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Estimated counts (n,)."""
        return self.density(x).sum(axis=1)


def order_prices(
    count: np.ndarray, estimate: np.ndarray, s: int, levels: np.ndarray, missed: float = 5
) -> np.ndarray:
    """Price of a look at the shelf if goods are ordered below each of `levels`.

    Args:
        count: true counts (n,).
        estimate: estimated counts (n,).
        s: an order is needed when at most so many are left.
        levels: thresholds (k,).
        missed: price of an order that was needed and did not come; a needless one costs 1.

    Returns:
        Mean prices (k,).
    """
    is_ordered, is_needed = estimate[:, None] < levels, (count <= s)[:, None]
    return np.mean(missed * (is_needed & ~is_ordered) + (is_ordered & ~is_needed), axis=0)
