"""Lab 3, *From a raw table to a monitored service*: a student's tables and streams, public checks.

The patients are real (scikit-learn's table of tumours, Wisconsin); what is wrong with the raw
table is planted by the generator that belongs to a student.
"""

import math
import tempfile
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from lmlab.labs.checking import Check, holds, near, number_in_digits

COLUMNS = ["radius", "texture", "smoothness", "concavity", "symmetry"]
PLACES = [20, 21, 24, 26, 28]  # of the 30 columns: the worst of each measurement
DECIMALS = [2, 2, 4, 4, 4]
MISSING = ["", "NA", "-999"]
USUAL = 0.93  # share of right answers of the served model
SAID = {1: ["M", "m", " malignant", "Malignant "], 0: ["B", "b", "benign", " Benign"]}

# logistic regression on half of the patients, strongly penalised, rounded
FILL = np.array([15.0, 25.6, 0.131, 0.230, 0.284])
MEAN = np.array([16.3, 25.6, 0.132, 0.266, 0.290])
SCALE = np.array([4.75, 6.03, 0.0217, 0.197, 0.0568])
WEIGHTS, BIAS = np.array([0.83, 0.33, 0.23, 0.39, 0.21]), -0.68


@cache
def _patients() -> tuple[np.ndarray, np.ndarray]:
    """(569, 5) measurements and (569,) 1 where malignant."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    return table.data[:, PLACES], 1 - table.target


def raw_table(rng: np.random.Generator) -> list[dict[str, str]]:
    """Lines of two clinics as texts: units, commas, gaps, two lines for a patient, odd words."""
    x, ill = _patients()
    lines = []
    for patient in rng.choice(len(x), size=int(rng.integers(330, 390)), replace=False):
        for _ in range(1 + (rng.random() < 0.1)):  # a second line corrects the first
            values = x[patient] * (1 + 0.02 * rng.normal(size=5))
            lines.append(_line(rng, f"P{patient}", values, ill[patient]))
    return [lines[k] for k in rng.permutation(len(lines))]


def _line(rng, name, values, ill, in_cm=None) -> dict[str, str]:
    in_cm = rng.random() < 0.1 if in_cm is None else in_cm
    comma, texts = rng.random() < 0.3, []
    for k, (value, decimals) in enumerate(zip(values, DECIMALS, strict=True)):
        if k == 0 and in_cm:
            value, decimals = round(value, 2) / 10, 3
        text = rng.choice(MISSING) if rng.random() < 0.04 else f"{value:.{decimals}f}"
        texts.append(str(text).replace(".", ",") if comma else str(text))
    said = "?" if rng.random() < 0.03 else rng.choice(SAID[int(ill)])
    line = {"patient": name, "unit": "cm" if in_cm else "mm"}
    return line | dict(zip(COLUMNS, texts, strict=True)) | {"diagnosis": str(said)}


def clinic(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A clean table in two halves, 4 % of its values missing: (x, y, test x, test y)."""
    x, ill = _patients()
    x = np.where(rng.random(x.shape) < 0.04, np.nan, x)
    order, first = rng.permutation(len(x)), int(rng.integers(340, 440))
    one, two = order[:first], order[first:]
    return x[one], ill[one], x[two], ill[two]


def halves(seed: int, scaled: bool = True) -> tuple[np.ndarray, ...]:
    """Two halves of the patients without gaps, by the first one's mean and standard deviation."""
    x, ill = _patients()
    order = np.random.default_rng(seed).permutation(len(x))
    one, two = order[: len(x) // 2], order[len(x) // 2 :]
    if scaled:
        x = (x - x[one].mean(axis=0)) / x[one].std(axis=0)
    return x[one], ill[one], x[two], ill[two]


def reference_scores(x: np.ndarray) -> np.ndarray:
    """(n,) scores of the model that `start_service` serves, for (n, 5) rows."""
    z = (np.where(np.isnan(x), FILL, x) - MEAN) / SCALE
    return 1 / (1 + np.exp(-(z @ WEIGHTS + BIAS)))


def start_service(columns: list):
    """A client of `lmlab.service`, in this process, with the reference model behind columns."""
    from lmlab.models.device import start_keras
    from lmlab.service import Scorer, create_app, export_onnx

    with warnings.catch_warnings():  # the client asks for a successor of its HTTP library
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient

    keras = start_keras()
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([WEIGHTS[:, None], np.array([BIAS])])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_onnx(model, path, columns, fill=FILL, mean=MEAN, scale=SCALE)
        client = TestClient(create_app(Scorer(path)))
    return client.__enter__()  # the service begins; it ends with the process


def own_line_of(rng: np.random.Generator) -> dict[str, str]:
    """A raw line in centimetres whose score is neither near 0 nor near 1."""
    x, ill = _patients()
    near_one_half = np.flatnonzero(np.abs(reference_scores(x) - 0.5) < 0.4)
    line = {"radius": "NA"}
    while line["radius"] in MISSING:  # the radius is known, whatever else is not
        patient = int(rng.choice(near_one_half))
        line = _line(rng, f"P{patient}", x[patient], ill[patient], in_cm=True)
    return line


def quiet_edges(bins: int) -> np.ndarray:
    """(bins - 1,) edges that cut the usual scores into equal shares."""
    return np.quantile(reference_scores(_patients()[0]), np.arange(1, bins) / bins)


def make_stream(rng: np.random.Generator) -> np.ndarray:
    """(2400,) scores; from some record on a device measures radii 15 % larger.

    Drawn again until no quiet window and one of the first two later ones rings.
    """
    from lmlab.monitor import psi

    x, _ = _patients()
    edges, equal = quiet_edges(10), np.full(10, 0.1)
    quiet = psi(equal, np.random.default_rng(0).multinomial(100, equal, 20_000))
    limit = np.quantile(quiet, 0.99)
    while True:
        change = int(rng.integers(700, 1500))
        rows = x[rng.integers(0, len(x), 2400)].copy()
        rows[change:, 0] *= 1.15
        scores = reference_scores(rows)
        windows = np.searchsorted(edges, scores).reshape(-1, 100)
        found = psi(equal, np.array([np.bincount(window, minlength=10) for window in windows]))
        rings = np.flatnonzero(found > limit)
        clear = np.abs(found - limit)[: change // 100 + 2].min() > 0.02  # any simulation says so
        if clear and len(rings) and change < 100 * (rings[0] + 1) <= change + 200:
            return scores


def make_answers(rng: np.random.Generator) -> np.ndarray:
    """(1800,) whether each answer is right; from some record on half of the ill are renamed.

    Drawn again until the share of right answers is usual before and is not once after.
    """
    x, ill = _patients()
    said = reference_scores(x) > 0.5
    renamed = np.where(x[:, 4] < np.median(x[ill == 1, 4]), 0, ill)
    while True:
        change = int(rng.integers(500, 800))
        drawn = rng.integers(0, len(x), 1800)
        meant = np.where(np.arange(1800) < change, ill[drawn], renamed[drawn])
        right = said[drawn] == meant
        shares = np.convolve(right, np.ones(100) / 100, "valid")  # the window that ends at k + 99
        limit = USUAL - 2.33 * math.sqrt(USUAL * (1 - USUAL) / 100)
        ends = np.flatnonzero(shares < limit) + 99
        if len(ends) and ends[0] > change:
            return right


def task_1(names: dict) -> list[Check]:
    """Two lines in two units, and facts about the own table."""
    line = {"patient": "P1", "unit": "mm", "radius": "12,5", "texture": "NA", "smoothness": "0.1"}
    line |= {"concavity": "0.2", "symmetry": "0.3", "diagnosis": " benign"}
    other = line | {"patient": "P2", "unit": "cm", "radius": "1.5", "diagnosis": "M"}
    patients, x, y = names["clean"]([other, line])
    own = names["clean"](names["raw"])
    return [
        holds("two patients, sorted", list(patients) == ["P1", "P2"], received=list(patients)),
        near("their radii in millimetres", x[:, 0], [12.5, 15.0]),
        near("who is ill", y, [0, 1]),
        near("the shape of x has 5 columns", x.shape[1], 5),
        holds("each patient of your table once", len(set(own[0])) == len(own[0])),
        holds("no radius of your table is below 5 mm", np.nanmin(own[1][:, 0]) > 5),
        number_in_digits(names, "my_patients"),
        number_in_digits(names, "my_radius"),
    ]


def task_2(names: dict) -> list[Check]:
    """Means and standard deviations, with and without a leak."""
    train, test = names["train_x"], names["test_x"]
    own, other = names["prepare"](train, train), names["prepare"](train, test)
    return [
        near("training half: mean 0", own.mean(axis=0), [0] * 5, tol=1e-8),
        near("training half: standard deviation 1", own.std(axis=0), [1] * 5, tol=1e-8),
        holds("test patients: no mean is exactly 0", np.abs(other.mean(axis=0)).min() > 1e-9),
        holds("no gap is left", not np.isnan(other).any()),
        number_in_digits(names, "my_first"),
    ]


def task_3(names: dict) -> list[Check]:
    """One training run on two halves of the patients."""
    x, y, other_x, other_y = halves(3)
    said = np.asarray(names["train"](x, y, 0).predict_on_batch(other_x))
    accuracy = float(((said.ravel() > 0.5) == other_y).mean())
    return [
        near("one answer for each patient", said.shape, [len(other_x), 1]),
        holds("all between 0 and 1", said.min() >= 0 and said.max() <= 1),
        holds("right at least 93 times of 100", accuracy >= 0.93, received=accuracy),
        number_in_digits(names, "my_half_width"),
    ]


def task_4(names: dict) -> list[Check]:
    """Ranges of two rows, a row with a gap, and what a service answers."""
    x = np.array([[10.0, 20, 0.1, 0.2, 0.3], [20, np.nan, 0.1, 0.2, 0.3]])
    columns = names["ranges"](x)
    line = {"patient": "P1", "unit": "cm", "radius": "1,5", "texture": "NA", "smoothness": "0.1"}
    row = names["to_row"](line | {"concavity": "0.2", "symmetry": "0.3", "diagnosis": "?"})
    said = names["score"](names["careless"], names["own_line"])
    return [
        near("the radius: from 8 to 24", [columns[0].low, columns[0].high], [8, 24]),
        near("the texture: from 16 to 24", [columns[1].low, columns[1].high], [16, 24]),
        near("1,5 cm are 15 mm", row["radius"], 15.0),
        holds("a gap is None", row["texture"] is None, received=row["texture"]),
        holds("your line has a score between 0 and 1", 0 < said < 1, received=said),
        number_in_digits(names, "my_score"),
        number_in_digits(names, "my_silent"),
    ]


def task_5(names: dict) -> list[Check]:
    """The index of the text, and an alarm that cannot be missed."""
    counts, shares = [20, 30, 50], [0.1, 0.4, 0.5]
    scores = np.concatenate([np.linspace(0, 1, 100), np.zeros(100)])
    return [
        near("PSI of the example, with the half", names["psi"](shares, counts), 0.1002, tol=6e-5),
        holds("a threshold is positive", names["threshold"](4, 50, 0.05, 1) > 0),
        near(
            "the second window rings", names["first_alarm"](scores, [0.25, 0.5, 0.75], 100, 1), 200
        ),
        number_in_digits(names, "my_alarm"),
    ]


def task_6(names: dict) -> list[Check]:
    """All wrong from the start, and never wrong."""
    alarm = names["label_alarm"]
    return [
        near("all wrong, delay 5, window 10", alarm(np.zeros(50, bool), 5, 10, 0.9), 14),
        holds("all right: no alarm", alarm(np.ones(50, bool), 5, 10, 0.9) is None),
        number_in_digits(names, "my_label_alarm"),
    ]
