import numpy as np
import pytest

from lmlab.models import credit


def test_rows_are_those_that_pass_the_screen_of_chapter_2k():
    x, bad = credit.load_credit_rows()
    assert x.shape == (4444, 14) and x.dtype == np.float32 and bad.sum() == 1248
    income, flag = credit.COLUMNS.index("income"), credit.COLUMNS.index("no_income")
    assert np.array_equal(np.isnan(x[:, income]), x[:, flag] == 1)
    assert not np.isnan(x[:, credit.COLUMNS.index("age")]).any()


def test_columns_are_those_of_chapter_2k():
    import json
    from pathlib import Path

    path = Path(__file__).parents[2] / "notebooks/2_industrialization/3_code.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells)
    for low_high in credit.LIMITS.values():
        assert f"({low_high[0]}, " in source
    names = credit.COLUMNS[len(credit.LIMITS) :]
    assert f"[*LIMITS, {', '.join(chr(34) + n + chr(34) for n in names)}]" in source


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).choice(4444, 1000, replace=False)


def test_each_drift_changes_what_it_says(rows):
    x, bad = credit.load_credit_rows()
    income, flag = credit.COLUMNS.index("income"), credit.COLUMNS.index("no_income")
    new = {kind: credit.drifted(kind, 1, rows, np.random.default_rng(1)) for kind in credit.DRIFTS}
    others = [k for k in range(14) if k != income]
    yearly, label = new["yearly income"]
    assert np.array_equal(yearly[:, income], 12 * x[rows, income], equal_nan=True)
    assert np.array_equal(yearly[:, others], x[rows][:, others], equal_nan=True)
    assert np.array_equal(label, bad[rows])
    assert new["safer customers"][0][:, 0].min() >= 10
    left_out = new["income left out"][0]
    assert np.isnan(left_out[:, income]).all() and (left_out[:, flag] == 1).all()
    same, label = new["payers change"]
    assert np.array_equal(same, x[rows], equal_nan=True)
    assert (label >= bad[rows]).all()
    assert np.mean(label[bad[rows] == 0]) == pytest.approx(0.2, abs=0.05)


def test_no_share_no_drift_and_an_unknown_kind(rows):
    x, bad = credit.load_credit_rows()
    for kind in credit.DRIFTS:
        same, label = credit.drifted(kind, 0, rows, np.random.default_rng(1))
        assert np.array_equal(same, x[rows], equal_nan=True) and np.array_equal(label, bad[rows])
    with pytest.raises(ValueError, match="`kind` must be one of"):
        credit.drifted("weather", 1, rows, np.random.default_rng(1))


def test_yearly_income_passes_the_ranges_of_the_service(rows):
    x, _ = credit.drifted("yearly income", 1, np.arange(4444), np.random.default_rng(0))
    for column, values in zip(credit.service_columns(), x.T, strict=True):
        known = values[~np.isnan(values)]
        assert column.low <= known.min() and known.max() <= column.high, column.name
        assert column.nullable or len(known) == len(values)


def test_cost_by_hand():
    cost = credit.cost_of_100([0.1, 0.1, 0.2, 0.2], np.array([0, 1, 0, 1]))
    assert cost.tolist() == [0, 500, 100, 0]


def test_the_model_learns_and_is_what_is_served(tmp_path):
    from sklearn.metrics import roc_auc_score

    from lmlab.service import Scorer

    x, bad = credit.load_credit_rows()
    reference, traffic, model = credit.lender(0)
    assert len(set(reference) | set(traffic)) == 2222
    assert roc_auc_score(bad[traffic], model(x[traffic])) > 0.8
    served = Scorer(model.export(tmp_path / "model.onnx"))
    assert np.abs(served(x[traffic]) - model(x[traffic])).max() < 1e-5
    ready = np.where(np.isnan(x[:50]), model.preparation["fill"], x[:50])
    ready = (ready - model.preparation["mean"]) / model.preparation["scale"]
    assert np.abs(model.network().predict_on_batch(ready)[:, 0] - model(x[:50])).max() < 1e-5


def test_requests_name_each_value_and_say_null():
    x, _ = credit.load_credit_rows()
    row = credit.as_requests(np.array([[1, np.nan, *x[0, 2:]]]))[0]
    assert list(row) == credit.COLUMNS and row["seniority"] == 1.0 and row["time"] is None


def test_months_for_years_and_what_a_plain_watch_counts():
    rows = np.arange(200)
    x, bad = credit.load_credit_rows()
    months, label = credit.drifted(credit.OTHER, 1, rows, np.random.default_rng(0))
    place = credit.COLUMNS.index("seniority")
    assert np.array_equal(months[:, place], 12 * x[rows, place])
    others = np.delete(np.arange(x.shape[1]), place)
    assert np.array_equal(months[:, others], x[rows][:, others], equal_nan=True)
    assert np.array_equal(label, bad[rows]) and credit.OTHER in credit.SEEN
    flags = credit.three_flags(lambda rows: np.linspace(0, 1, len(rows)), x[rows], high=300)
    income = x[rows, credit.COLUMNS.index("income")]
    assert flags[0].sum() == (np.linspace(0, 1, 200) < 1 / 6).sum()
    assert np.array_equal(flags[1], income > 300) and np.array_equal(flags[2], np.isnan(income))


def test_log_loss_by_hand_and_requests_drift():
    loss = credit.log_loss(np.array([0.5, 0.9]), np.array([0, 1]))
    assert loss == pytest.approx([np.log(2), -np.log(0.9)])
    rows = np.arange(5)
    one, two = (credit.requests_of("yearly income", s, rows, 4, seed=3) for s in (0, 1))
    assert len(one) == 4
    for a, b in zip(one, two, strict=True):
        assert a["age"] == b["age"]
        assert b["income"] is None if a["income"] is None else b["income"] == 12 * a["income"]
