"""Advice to persons: funds by lot, taste for risk, risks held out, refits, strangers.

First used in chapter 5.8 (5A3), which writes out the formulas and calls this for the rest.
"""

import numpy as np
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = [
    "KINDS",
    "ask_taste",
    "by_lot",
    "complete",
    "groups",
    "held_out",
    "inside",
    "person",
    "refits",
]

KINDS = {  # what the smokers told, by kind; age and sex are in none
    "body": ("bmi", "bmi_squared", "cholesterol"),
    "smoking": ("cigarettes", "smoked"),
    "illnesses": (
        *("high_pressure", "diabetes", "asthma", "bronchitis", "tuberculosis", "heart_failure"),
        *("weak_heart", "tumour", "ulcer", "cough", "breakdown"),
    ),
    "habits": ("inactive", "no_exercise", "alcohol"),
    "means": ("school", "income", "married"),
}
LEVELS = 60  # tastes that a questionnaire thinks possible


def by_lot(returns, years: int, block: int, seed: int, savers: int = 2000):
    """Draw the years of many savers, blocks of consecutive past years, with replacement.

    Args:
        returns: `(n,)`, a return a year. After the last comes the first.
        years: for each saver.
        block: years that stay together.
        seed: of the draw.
        savers: how many.

    Returns:
        Returns `(savers, years)`.
    """
    first = np.random.default_rng(seed).integers(0, len(returns), (savers, -(-years // block), 1))
    rows = (first + np.arange(block)) % len(returns)
    return np.asarray(returns)[rows.reshape(savers, -1)[:, :years]]


def ask_taste(gamma, count: int, worth, middle=4.5, spread=0.5, error=0.5, seed: int = 1):
    """The share that is best for each client by what is believed of him after noisy answers.

    The belief starts as a log-normal about `middle`. Each question is a gamble that those refuse
    who are more averse to risk than a cut; the cut halves what is believed of the client.

    Args:
        gamma: `(n,)`, the true risk aversions.
        count: questions.
        worth: function of shares `(51, 1)` and risk aversions `(60,)`: certainty equivalents.
        middle: median of the tastes that is believed.
        spread: standard deviation of the logarithm of the tastes, as believed.
        error: standard deviation of an answer, in logarithms.
        seed: of the errors.

    Returns:
        Shares `(n,)` in [0, 1].
    """
    draw = np.random.default_rng(seed)
    guess = np.log(middle) + spread * norm.ppf((np.arange(LEVELS) + 0.5) / LEVELS)
    belief = np.full((len(gamma), LEVELS), 1 / LEVELS)
    for _ in range(count):
        half = np.minimum((belief.cumsum(1) < 0.5).sum(1), LEVELS - 1)
        cut = guess[half][:, None]
        refuses = np.log(gamma)[:, None] + error * draw.standard_normal(cut.shape) > cut
        chance = norm.cdf((guess - cut) / error)
        belief = belief * np.where(refuses, chance, 1 - chance)
        belief /= belief.sum(1, keepdims=True)
    shares = np.linspace(0, 1, 51)
    return shares[(belief @ worth(shares[:, None], np.exp(guess)).T).argmax(1)]


def complete(people):
    """Add the body mass index `bmi` and its `bmi_squared`; illnesses not asked for count as no.

    Args:
        people: data frame of `load_smokers`; it is not changed.
    """
    bmi = people.weight / (people.height / 100) ** 2
    people = people.assign(bmi=bmi, bmi_squared=(bmi - 25) ** 2)
    ill = list(KINDS["illnesses"])
    people[ill] = people[ill].fillna(0)
    return people


def groups(people) -> dict:
    """Rows `(n,)` of bool of five groups in a table made by `complete`."""
    return {
        "everybody": np.full(len(people), True),
        "high pressure": people.high_pressure.to_numpy() == 1,
        "low income": people.income.to_numpy() <= 16,
        "obese people": people.bmi.to_numpy() >= 30,
        "heavy smokers": people.cigarettes.to_numpy() >= 30,
    }


def person(people, age: float, bmi: float, cigarettes: float):
    """A row `(1, columns)`: as told, smoking from 20 years on or never, all else at the median."""
    one = people.median()
    one["age"], one["cigarettes"] = age, cigarettes
    one["smoked"] = age - 20 if cigarettes else 0
    one["bmi"], one["bmi_squared"] = bmi, (bmi - 25) ** 2
    return one.to_numpy()[None]


def model_of(kind: str):
    """A model, "logistic" or "trees", and its six settings."""
    if kind == "trees":
        trees = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        return trees, {"learning_rate": [0.02, 0.05, 0.1], "max_leaf_nodes": [3, 8]}
    if kind != "logistic":
        raise ValueError(f'`kind` must be "logistic" or "trees", got {kind!r}')
    steps = SimpleImputer(strategy="median"), StandardScaler()
    logistic = make_pipeline(*steps, LogisticRegression(solver="newton-cholesky"))
    return logistic, {"logisticregression__C": [0.003, 0.01, 0.03, 0.1, 0.3, 1]}


def held_out(x, y, seed: int = 0, kind: str = "logistic"):
    """The risk of each person by models that never saw him, in five folds.

    The setting is chosen by log-loss in four folds of each training part.

    Args:
        x: `(n, columns)`, nan where absent.
        y: `(n,)` in {0, 1}.
        seed: of the folds.
        kind: "logistic" or "trees".

    Returns:
        Risks `(n,)`.

    Raises:
        ValueError: Another `kind`.
    """
    risk = np.zeros(len(y))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(x, y):
        search = GridSearchCV(*model_of(kind), scoring="neg_log_loss", cv=4)
        risk[test] = search.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return risk


def refits(x, y, count: int = 40, seed: int = 0):
    """Logistic regressions (C = 0.1), each on people drawn with replacement.

    Args:
        x: `(n, columns)`.
        y: `(n,)` in {0, 1}.
        count: how many models.
        seed: of the draws.

    Returns:
        A function of rows `(m, columns)` that gives risks `(count, m)`.
    """
    draw, models = np.random.default_rng(seed), []
    for _ in range(count):
        some = draw.choice(len(y), len(y))
        model = model_of("logistic")[0].set_params(logisticregression__C=0.1)
        models.append(model.fit(x[some], y[some]))
    return lambda rows: np.array([model.predict_proba(rows)[:, 1] for model in models])


def inside(x, seen):
    """Whether each answer of a person lies within the range of those seen; absent ones do.

    Args:
        x: `(m, columns)`.
        seen: `(n, columns)`.

    Returns:
        `(m,)` of bool.
    """
    within = (x >= np.nanmin(seen, axis=0)) & (x <= np.nanmax(seen, axis=0))
    return np.all(within | np.isnan(x), axis=1)
