"""The box pad: overlaps by hand, suppression as TensorFlow does it, the same in the page."""

from functools import partial

import numpy as np
import pytest
from page_script import run_behind

from lmlab.pads.box_pad import RULES, BoxPad, overlap, suppression

in_the_page = partial(run_behind, "box_pad.js")
BOXES = [[10, 10, 60, 40, 0.9], [30, 10, 60, 40, 0.8], [200, 100, 50, 50, 0.7]]


def drawn(seed, n=6):
    rng = np.random.default_rng(seed)
    corner, size = rng.integers(0, 100, (n, 2)), rng.integers(20, 90, (n, 2))
    return np.column_stack([corner, size, rng.permutation(n) / n + 0.1]).tolist()


def test_overlap_by_hand():
    assert overlap(*BOXES[:2]) == pytest.approx(0.5)  # moved by a third
    assert overlap(BOXES[0], BOXES[2]) == 0


def test_suppression_by_hand():
    assert suppression(BOXES, "none", 0.4) == [0.9, 0.8, 0.7]
    assert suppression(BOXES, "NMS", 0.4) == [0.9, 0, 0.7]
    assert suppression(BOXES, "NMS", 0.5) == [0.9, 0.8, 0.7]
    soft = suppression(BOXES, "soft-NMS", 0.5)
    assert soft == pytest.approx([0.9, 0.8 * np.exp(-0.5), 0.7])


@pytest.mark.parametrize("seed", range(5))
def test_suppression_of_tensorflow(seed):
    from lmlab.models.device import quiet_stderr

    with quiet_stderr():
        import tensorflow as tf
    boxes = drawn(seed)
    corners = [[top, left, top + high, left + wide] for left, top, wide, high, _ in boxes]
    given = np.array(corners, "float32"), np.array([box[4] for box in boxes], "float32"), 6
    kept = tf.image.non_max_suppression(*given, iou_threshold=0.3).numpy()
    assert sorted(kept) == np.flatnonzero(suppression(boxes, "NMS", 0.3)).tolist()
    # its soft rule has exp(-IoU² / (2 sigma))
    chosen, scores = tf.image.non_max_suppression_with_scores(*given, soft_nms_sigma=0.25)
    ours = np.array(suppression(boxes, "soft-NMS", 0.5))
    assert ours[chosen.numpy()] == pytest.approx(scores.numpy(), abs=1e-5)


def test_the_page_computes_what_python_computes(node):
    cases = [BOXES, *(drawn(seed) for seed in range(4))]
    code = (
        "console.log(JSON.stringify(cases.map((b) => RULES.map((r) => suppression(b, r, 0.3)))));"
    )
    for boxes, page in zip(cases, in_the_page(node, code, cases=cases), strict=True):
        for rule, scores in zip(RULES, page, strict=True):
            assert scores == pytest.approx(suppression(boxes, rule, 0.3), abs=1e-12)


def test_boxes_stay_in_the_field(node):
    code = "console.log(JSON.stringify(cases.map(held)));"
    cases = [[-5, 300, 40, 50, 2], [10, 10, 1, 999, 0.5]]
    assert in_the_page(node, code, cases=cases) == [[0, 150, 40, 50, 1], [10, 0, 4, 200, 0.5]]


def test_representation():
    assert repr(BoxPad(BOXES)) == "BoxPad(3 boxes, NMS, limit 0.5)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"boxes": BOXES[:1]}, "`boxes` must be 2 to 6, got 1"),
        ({"boxes": [*BOXES, [300, 0, 60, 40, 0.5]]}, "`boxes` must lie in 320 x 200"),
        ({"boxes": [*BOXES, [0, 0, 60, 40, 0]]}, "`boxes` must lie in 320 x 200"),
        ({"rule": "hard"}, "`rule` must be one of none, NMS, soft-NMS, got 'hard'"),
        ({"limit": 1}, "`limit` must be from 0.05 to 0.95, got 1"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        BoxPad(**({"boxes": BOXES} | change))
