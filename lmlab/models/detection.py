"""Trees from the air: patches, composed scenes and a grid of boxes, for chapter 4.5 (4A1).

A scene is a picture (48, 48, 3); a region is (top, bottom, left, right) in pixels of its picture.
The network answers for cells of 4 x 4 pixels, five numbers each: objectness before the sigmoid,
the middle of the box within the cell (x, y), and the logarithm of its width and height over 10.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lmlab.models.boxes import intersection_over_union

__all__ = [
    "CELL",
    "SIDE",
    "SIZE",
    "Detector",
    "Scenes",
    "compose",
    "cut",
    "decode",
    "encode",
    "inside",
    "part",
    "places",
    "recoloured",
    "strip",
]

SIZE, CELL, SIDE = 48, 4, 10.0  # pixels: of a scene, of a cell of the grid, of a usual tree
SHADOW = 4  # pixels around a cut-out that come along


class Scenes(NamedTuple):
    """Scenes to learn from, or with the exact truth."""

    x: np.ndarray  # (n, 48, 48, 3) float32, 0 to 255
    boxes: list  # of each scene its boxes (k, 4)


def inside(boxes: np.ndarray, region: tuple) -> np.ndarray:
    """The boxes whose middles lie in a region, in the region's own pixels."""
    top, bottom, left, right = region
    boxes = boxes - [left, top, left, top]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return boxes[((middle >= 0) & (middle < [right - left, bottom - top])).all(axis=1)]


def places(trees) -> dict:
    """Picture and boxes by name, of `load_trees`."""
    return {k: (getattr(trees, k), getattr(trees, f"{k}_boxes")) for k in trees._fields[::2]}


def part(picture: np.ndarray, boxes: np.ndarray, region: tuple | None = None):
    """A region of a picture, whole cells only, and the boxes whose middles lie in it.

    Args:
        picture: (rows, columns, 3).
        boxes: (n, 4), in pixels of the picture.
        region: top, bottom, left, right; None for the whole picture.
    """
    top, bottom, left, right = region or (0, picture.shape[0], 0, picture.shape[1])
    bottom, right = (a + (b - a) // CELL * CELL for a, b in ((top, bottom), (left, right)))
    return picture[top:bottom, left:right], inside(boxes, (top, bottom, left, right))


def recoloured(picture: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A picture with the mean and the spread of each colour of another one, float, 0 to 255."""
    old, new = (x.reshape(-1, 3).astype(float) for x in (picture, like))
    scaled = (picture - old.mean(axis=0)) / old.std(axis=0)
    return np.clip(scaled * new.std(axis=0) + new.mean(axis=0), 0, 255)


def strip(picture: np.ndarray, boxes: np.ndarray, n: int) -> tuple:
    """The region from the left side on that holds n middles of boxes, at least a scene wide."""
    middles = np.sort((boxes[:, 0] + boxes[:, 2]) / 2)
    return 0, len(picture), 0, max(int(np.ceil(middles[n - 1])), SIZE + 1)


def _mirrored(x: np.ndarray, boxes: np.ndarray, rng: np.random.Generator):
    """A square picture and its boxes, mirrored by lot along each axis."""
    boxes, size = boxes.copy(), len(x)
    for axis in (1, 0):
        if rng.random() < 0.5:
            x, k = np.flip(x, axis), 1 - axis
            boxes[:, [k, k + 2]] = size - boxes[:, [k + 2, k]]
    return x, boxes


def cut(
    picture: np.ndarray, boxes: np.ndarray, region: tuple, n: int, rng: np.random.Generator
) -> Scenes:
    """Cut n scenes out of a region by lot, mirrored by lot, with the boxes of the trees in them."""
    top, bottom, left, right = region
    x, found = np.empty((n, SIZE, SIZE, 3), np.float32), []
    for i in range(n):
        row = rng.integers(top, bottom - SIZE + 1)
        column = rng.integers(left, right - SIZE + 1)
        part = row, row + SIZE, column, column + SIZE
        x[i], there = _mirrored(
            picture[part[0] : part[1], part[2] : part[3]], inside(boxes, part), rng
        )
        found.append(there)
    return Scenes(x, found)


def _empty_places(shape, boxes: np.ndarray, region: tuple) -> np.ndarray:
    """Corners (n, 2), row and column, of all scenes in a region that no box touches."""
    taken = np.zeros((shape[0] + 1, shape[1] + 1), int)
    for left, top, right, bottom in np.rint(boxes).astype(int):
        taken[max(top, 0) + 1 : bottom + 1, max(left, 0) + 1 : right + 1] = 1
    sums = taken.cumsum(axis=0).cumsum(axis=1)
    held = sums[SIZE:, SIZE:] - sums[:-SIZE, SIZE:] - sums[SIZE:, :-SIZE] + sums[:-SIZE, :-SIZE]
    top, bottom, left, right = region
    rows, columns = np.nonzero(held == 0)
    fits = (rows >= top) & (rows <= bottom - SIZE) & (columns >= left) & (columns <= right - SIZE)
    return np.column_stack([rows, columns])[fits]


def compose(
    picture: np.ndarray,
    boxes: np.ndarray,
    region: tuple,
    n: int,
    rng: np.random.Generator,
    *,
    shadow: int = SHADOW,
    most: int = 8,
) -> Scenes:
    """Paste trees of a region on its own empty ground: n scenes whose truth is exact.

    Args:
        picture: (rows, columns, 3).
        boxes: (k, 4), all trees of the picture.
        region: where the ground and the trees come from.
        n: number of scenes.
        rng: the lots: ground, trees, places, mirroring.
        shadow: pixels around its box that come with a tree; 0 cuts the shadow off.
        most: largest number of trees that are tried; one that hides another (IoU above 0.2) is not
            pasted.

    Raises:
        ValueError: the region has no empty ground of the size of a scene.
    """
    places, whole = _empty_places(picture.shape, boxes, region), np.rint(boxes).astype(int)
    if not len(places):
        raise ValueError(f"`region` must have empty ground of {SIZE} x {SIZE} pixels, got {region}")
    top, bottom, left, right = region
    low, high = np.array([left, top]) + 6, np.array([right, bottom]) - 6
    trees = whole[(whole[:, :2] >= low).all(axis=1) & (whole[:, 2:] <= high).all(axis=1)]
    x, found = np.empty((n, SIZE, SIZE, 3), np.float32), []
    for i in range(n):
        row, column = places[rng.integers(len(places))]
        ground = picture[row : row + SIZE, column : column + SIZE]
        scene, there = _mirrored(ground, np.zeros((0, 4)), rng)
        scene = scene.astype(np.float32)
        for _ in range(rng.integers(0, most + 1)):
            tree = trees[rng.integers(len(trees))]
            size = tree[2:] - tree[:2]
            corner = rng.integers(-size // 3, SIZE - 2 * size // 3)
            box = np.concatenate([corner, corner + size]).astype(float)
            if len(there) and intersection_over_union(box[None], there).max() > 0.2:
                continue
            _paste(scene, picture, tree, corner, shadow)
            there = np.vstack([there, box])
        x[i] = scene
        found.append(inside(there, (0, SIZE, 0, SIZE)))
    return Scenes(x, found)


def _paste(scene, picture, tree, corner, shadow):
    """Copy a tree and a border of `shadow` pixels to a corner (left, top) of its box."""
    (left, top), (right, bottom) = tree[:2] - shadow, tree[2:] + shadow
    piece = picture[top:bottom, left:right]
    x, y = corner - shadow
    rows, columns = slice(max(y, 0), y + len(piece)), slice(max(x, 0), x + piece.shape[1])
    target = scene[rows, columns]
    down, across = max(-y, 0), max(-x, 0)
    target[:] = piece[down : down + len(target), across : across + target.shape[1]]


def encode(boxes: list, size: int = SIZE) -> np.ndarray:
    """Boxes of each scene as a grid (n, size / 4, size / 4, 5); of two in a cell the last stays."""
    grid = np.zeros((len(boxes), size // CELL, size // CELL, 5), np.float32)
    for target, there in zip(grid, boxes, strict=True):
        middle, sides = (there[:, :2] + there[:, 2:]) / 2, there[:, 2:] - there[:, :2]
        cell = np.minimum(middle // CELL, size // CELL - 1)  # a mirrored middle may lie on the edge
        column, row = cell.astype(int).T
        place = middle / CELL - cell
        target[row, column] = np.column_stack([np.ones(len(there)), place, np.log(sides / SIDE)])
    return grid


def decode(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (rows x columns, 4) and scores of one answered grid (rows, columns, 5)."""
    rows, columns = grid.shape[:2]
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    middle = (cell + grid[..., 1:3]) * CELL
    half = np.exp(np.clip(grid[..., 3:], -3, 2)) * SIDE / 2
    boxes = np.concatenate([middle - half, middle + half], axis=-1).reshape(-1, 4)
    return boxes, 1 / (1 + np.exp(-grid[..., 0].ravel().astype(float)))


class Detector:
    """A convolutional network that answers with a grid of boxes.

    Args:
        build: function of no argument, (n, rows, columns, 3) to (n, rows / 4, columns / 4, 5).
        loss: of Keras, grid and answer.
        seed: of the weights and the batches.
    """

    LEAST = 0.02  # boxes with a lower score are dropped at once

    def __init__(self, build: Callable, loss: Callable, seed: int = 0):
        import keras

        keras.utils.set_random_seed(seed)
        self.build, self.loss, self.seed, self.model = build, loss, seed, build()

    def fit(self, scenes: Scenes, learning_rate: float = 0.004, epochs: int = 8) -> "Detector":
        """Train in batches of 16; the learning rate falls to 0 along a cosine."""
        import keras

        steps = epochs * -(-len(scenes.x) // 16)
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.model.compile(keras.optimizers.Adam(rate), self.loss)
        self.model.fit(self._input(scenes.x), encode(scenes.boxes), 16, epochs, verbose=0)
        return self

    def tuned(self, scenes: Scenes, learning_rate: float = 0.0015, epochs: int = 8) -> "Detector":
        """A copy that has learned from more scenes."""
        copy = Detector(self.build, self.loss, self.seed)
        copy.model.set_weights(self.model.get_weights())
        return copy.fit(scenes, learning_rate, epochs)

    @staticmethod
    def _input(x):
        return np.asarray(x, np.float32) / 64 - 2

    def __call__(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores of a picture of any size, before suppression, the best score first."""
        rows, columns = (side // CELL * CELL for side in picture.shape[:2])
        grid = np.asarray(self.model(self._input(picture[None, :rows, :columns])))[0]
        boxes, scores = decode(grid)
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > self.LEAST]
        return boxes[order], scores[order]
