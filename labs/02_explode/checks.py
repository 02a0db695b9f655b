"""Judges of lab 2: what the hidden cells print, against values that never enter a kernel."""

import numpy as np

from lmlab.labs import holds, near, own_number, variant

LAB = "02_explode"
EXAMPLE = np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])


def document_data():
    """As in the notebook: seed 0 of the document's listing."""
    random = np.random.RandomState(0)
    x = 10 * random.rand(100)
    return x, 2 * x + 1 + random.randn(100)


def own_data(student):
    """As in the notebook."""
    rng = variant(LAB, student)
    width, slope, intercept = rng.uniform(8, 14), rng.uniform(1.5, 3), rng.uniform(-2, 4)
    x = width * rng.random(100)
    return x, slope * x + intercept + rng.normal(size=100)


def slopes(x, y, w, b):
    error = w * x + b - y
    return np.array([2 * np.mean(error * x), 2 * np.mean(error)])


def curvatures(x):
    """The eigenvalues of the Hessian, ascending."""
    return np.linalg.eigvalsh(2 * np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1.0]]))


def walk(x, y, alpha, steps):
    """w, b and the losses of gradient descent from 0."""
    at, losses = np.zeros(2), [np.mean(y**2)]
    for _ in range(steps):
        at = at - alpha * slopes(x, y, *at)
        losses.append(np.mean((y - at[0] * x - at[1]) ** 2))
    return *at, losses


def first_above(x, y, alpha, bar):
    """The first step after which the loss is above the bar."""
    losses = walk(x, y, alpha, 200)[2]
    return next(step for step, loss in enumerate(losses) if loss > bar)


def task_1(out, student):
    x, y = own_data(student)
    cases = {
        "example": ("the worked example", slopes(*EXAMPLE, 0, 0)),
        "two": ("two points", slopes(np.array([0.0, 4.0]), np.array([1.0, -1.0]), 0.5, -1.0)),
        "four": (
            "four points, some negative",
            slopes(np.array([-2.0, 1, 1, 5]), np.array([0.5, 0, 2, -3]), -1.5, 2.0),
        ),
        "own": ("your own data", slopes(x, y, 1.0, 1.0)),
    }
    high = near(
        "the gradient of a line far below its points",
        out["high"],
        [-1.0, -2e8 - 1],
        hint="small differences drown in rounding there: is it derived, or measured?",
        worth=2,
    )
    return [
        near(f"the gradient on {label}", out[key], expected, hint=_slip(out[key], expected))
        for key, (label, expected) in cases.items()
    ] + [high]


def _slip(received, expected):
    """Name the slip behind a wrong gradient, if it is one of the usual ones."""
    slips = {
        "the sign is turned round": -expected,
        "a factor 2 is missing": expected / 2,
        "dw and db are exchanged": expected[::-1],
    }
    for slip, value in slips.items():
        if near("", received, value).ok:
            return slip
    return "compare with numeric_gradient at several points"


def task_2(out, student):
    x, y = own_data(student)
    constant = walk_constant(*EXAMPLE)
    cases = {
        "constant": ("with a gradient that is the same everywhere", constant),
        "one": ("one step of the worked example", walk(*EXAMPLE, 0.05, 1)),
        "none": ("no step at all", walk(*EXAMPLE, 0.05, 0)),
        "own": ("40 steps on your own data", walk(x, y, 0.002, 40)),
    }
    hint = "w, b, and the losses from the start on; both slopes are measured before either moves"
    return [
        near(f"{label}: w, b", list(out[key])[:2], list(expected[:2]), hint=hint)
        if part == 0
        else near(f"{label}: the losses", list(out[key])[2], expected[2], hint=hint)
        for key, (label, expected) in cases.items()
        for part in (0, 1)
        if isinstance(out[key], list) or part == 0
    ]


def walk_constant(x, y):
    """Five steps of 0.1 against the slopes (1, −2)."""
    at = [(-0.1 * k, 0.2 * k) for k in range(6)]
    return *at[-1], [np.mean((y - w * x - b) ** 2) for w, b in at]


def task_3(out, student, source):
    limit, own = 2 / curvatures(own_data(student)[0])[-1], out["mine"]
    hint = "2 divided by the largest eigenvalue of H"
    centred = np.array([-3.0, -1.0, 1.0, 3.0])
    return [
        near("the limit of (1, 2, 3)", out["example"], 0.180295, rel=0.02, hint=hint),
        near("the limit of the document's data", out["document"], 0.031847, rel=0.02, hint=hint),
        near("of centred data", out["centred"], 2 / curvatures(centred)[-1], rel=0.02, hint=hint),
        near("of your own data", out["own"], limit, rel=0.02, hint=hint),
        own_number("my_limit", own, limit, source, tol=0.02 * abs(limit), worth=3),
    ]


def task_4(out, student, source):
    x, y = own_data(student)
    factors = {a: np.max(np.abs(1 - a * curvatures(EXAMPLE[0]))) for a in (0.2, 0.01)}
    own = np.max(np.abs(1 - 0.1 * curvatures(x)))
    hint = "the larger of |1 − alpha λ| over both eigenvalues"
    steps = first_above(x, y, 0.1, 1e100)
    return [
        near("growth at 0.2", out["example"], factors[0.2], rel=0.01, hint=hint),
        near("growth at 0.01, where it shrinks", out["slow"], factors[0.01], rel=0.01, hint=hint),
        near("growth of your own data", out["own"], own, rel=0.01, hint=hint),
        own_number("my_steps", out["steps"], steps, source, worth=2),
        own_number("my_growth", out["mine"], own, source, tol=0.01 * abs(own), worth=2),
    ]


def task_5(out, student):
    x = own_data(student)[0]
    four = np.array([1.0, 1, 5, 9])
    hint = "z = (x − mean) / std, with np.std"
    back = "insert z into the line and collect the terms"
    return [
        near("z of four points", out["four"][0], (four - 4) / np.sqrt(11), hint=hint),
        near("their mean and std", out["four"][1:], [4, np.sqrt(11)], hint=hint),
        near("z of your own data", out["own"][0], (x - x.mean()) / x.std(), hint=hint),
        near("a line taken back", out["line"], [6, -32], hint=back),
        near("a flat line taken back", out["flat"], [0, 7], hint=back),
    ]


def task_6(out, student):
    x, y = own_data(student)
    cases = {
        "document": ("the document's data", *document_data()),
        "own": ("your own data", x, y),
        "large": ("x a thousand times larger", 1000 * x, y),
        "small": ("x a thousand times smaller", x / 1000, y),
        "far": ("x moved by 500", x + 500, y),
        "unaided": ("your own data, without NumPy's fits", x, y),
    }
    checks = []
    for key, (label, at, wanted) in cases.items():
        best = np.polyfit(at, wanted, 1)
        line = out[key] if isinstance(out[key], list) and len(out[key]) == 2 else [np.nan, np.nan]
        predicted, ideal = np.array(line, float)[0] * at + line[1], best[0] * at + best[1]
        off = np.max(np.abs(predicted - ideal)) / np.std(ideal)
        hint, worth = "is x standardised first?", 1
        if key == "unaided":
            hint, worth = "gradient descent was asked for, no polyfit, lstsq, solve or inverse", 3
        checks.append(holds(f"the line on {label}", off < 0.01, hint=hint, worth=worth))
    return checks
