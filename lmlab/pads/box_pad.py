"""Drag boxes: their overlaps, and what suppression leaves of them, answer in the page."""

import math
from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets

__all__ = ["BoxPad", "overlap", "suppression"]

WIDTH, HEIGHT = 320, 200
RULES = ("none", "NMS", "soft-NMS")
FIELDS = ("left", "top", "width", "height", "score")


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes left, top, width, height, as chapter 4A1 has it."""
    across = max(min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]), 0)
    down = max(min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]), 0)
    return across * down / (a[2] * a[3] + b[2] * b[3] - across * down)


def suppression(boxes: Sequence[Sequence[float]], rule: str, limit: float) -> list[float]:
    """Scores that are left of boxes, in their order.

    Args:
        boxes: left, top, width, height, score.
        rule: "none"; "NMS": a box whose overlap with a better one that stays is above `limit`
            has the score 0; "soft-NMS": the scores of all others are multiplied by
            exp(-IoU² / limit), the best of the rest comes next (Bodla and others, 2017).
        limit: of the overlap, or sigma of soft-NMS; positive.
    """
    scores, left = [box[4] for box in boxes], set(range(len(boxes)))
    while rule != "none" and left:
        best = max(left, key=lambda i: (scores[i], -i))
        left.discard(best)
        if scores[best] == 0:
            continue
        for i in left:
            shared = overlap(boxes[best], boxes[i])
            if rule == "NMS":
                scores[i] *= shared <= limit
            else:
                scores[i] *= math.exp(-(shared**2) / limit)
    return scores


class BoxPad(anywidget.AnyWidget):
    """Boxes to drag, to move with the arrow keys, or to type; answers without a kernel.

    Args:
        boxes: 2 to 6 rows of left, top, width, height (pixels of a field of 320 x 200) and score.
        rule: "none", "NMS" or "soft-NMS", at first.
        limit: of the overlap, 0.05 to 0.95, at first.

    Raises:
        ValueError: too few or too many boxes, a box outside of the field, or another value that
            is out of its range.
    """

    _esm = Path(__file__).with_name("box_pad.js")
    _css = Path(__file__).with_name("box_pad.css")
    boxes = traitlets.List().tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)
    limit = traitlets.Float().tag(sync=True)
    expected = traitlets.List().tag(sync=True)

    def __init__(self, boxes: Sequence[Sequence[float]], rule: str = "NMS", limit: float = 0.5):
        boxes = [[float(value) for value in box] for box in boxes]
        if not 2 <= len(boxes) <= 6:
            raise ValueError(f"`boxes` must be 2 to 6, got {len(boxes)}")
        for left, top, width, height, score in boxes:
            fits = 0 <= left <= left + width <= WIDTH and 0 <= top <= top + height <= HEIGHT
            if not fits or min(width, height) < 4 or not 0 < score <= 1:
                raise ValueError(
                    f"`boxes` must lie in {WIDTH} x {HEIGHT} with sides from 4 and scores up to 1, "
                    f"got {[left, top, width, height, score]}"
                )
        if rule not in RULES:
            raise ValueError(f"`rule` must be one of {', '.join(RULES)}, got {rule!r}")
        if not 0.05 <= limit <= 0.95:
            raise ValueError(f"`limit` must be from 0.05 to 0.95, got {limit}")
        shared = [overlap(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
        left = [suppression(boxes, name, limit) for name in RULES]
        super().__init__(
            boxes=boxes,
            rule=rule,
            limit=float(limit),
            expected=[round(value, 9) for value in (*shared, *left[0], *left[1], *left[2])],
        )

    def __repr__(self) -> str:
        return f"BoxPad({len(self.boxes)} boxes, {self.rule}, limit {self.limit:g})"
