import numpy as np
import pandas as pd
import pytest

from lmlab import data
from lmlab.models import mailings


@pytest.fixture(scope="module")
def coupons():
    return data.load_coupons()


@pytest.fixture(scope="module")
def mail(coupons):
    return mailings.letters(coupons)


def small():
    """Three households, three letters, sales of 1, 2, 3 … in each week."""
    day = pd.to_datetime(["2017-03-06", "2017-04-03", "2017-04-03"])
    sent = pd.DataFrame({"household": [0, 0, 1], "campaign": [1, 2, 2], "kind": "A"})
    sent = sent.assign(start=day, end=day + pd.Timedelta(days=30), delay=[10.0, np.nan, 40.0])
    spent = np.arange(1.0, 54) * np.array([[1], [10], [0]])
    return data.Coupons(sent, spent, spent, np.zeros((3, 53)))


def test_columns_by_hand():
    table = mailings.letters(small()).table
    # 6 March 2017 is a Monday, nine weeks after 2 January: column 10; before it 2 … 9
    assert np.expm1(table["spent 8"]).tolist() == pytest.approx([6.5, 10.5, 105])
    assert table["letters"].tolist() == [0, 1, 0]
    assert table["answered"].tolist() == [0, 1, 0]
    assert table["running"].tolist() == [0, 1, 0]
    assert table["weeks 8"].tolist() == [1, 1, 1]
    assert table["length"].tolist() == [30, 30, 30]


def test_nothing_of_the_campaign_itself_is_in_the_table(coupons):
    plain = mailings.letters(coupons).table
    last = coupons.sent.campaign == 18
    sent = coupons.sent.assign(delay=coupons.sent.delay.where(~last, 1.0))
    start = sent.start[last].iloc[0]
    week = 1 + (start - pd.Timestamp("2017-01-02")).days // 7
    spent = coupons.spent.copy()
    spent[:, week:] = 1e6
    changed = data.Coupons(sent, spent, coupons.lines, coupons.saved)
    mail = mailings.letters(changed)
    rows = mail.start <= mail.day(18)
    assert plain[rows].equals(mail.table[rows])


def test_letters_are_those_of_the_data(mail, coupons):
    assert len(mail.table) == len(mail.came) == (coupons.sent.start >= "2017-02-01").sum()
    assert mail.came[mail.campaign == 18].sum() == 214
    assert (np.diff(mail.start) >= 0).all() and mail.start.min() >= 17198


def test_answered_within_by_hand():
    share = mailings.answered_within(np.array([1, 4, 4, np.inf, 9]), np.array([0, 1, 4, 30]))
    assert share.tolist() == [0, 0.25, 0.75, 1]
    with pytest.raises(ValueError, match="`delays` must hold a finite one"):
        mailings.answered_within(np.array([np.inf]), np.array([1]))


def test_half_way_knows_only_what_is_known(mail):
    today = mailings.half_way(mail, 18, 7)
    now = mail.day(18) + 7
    assert (mail.start[today.rows] <= now).all()
    assert not set(mail.household[today.rest]) & set(
        mail.household[today.rows[mail.campaign[today.rows] == 18]]
    )
    assert (mail.start[today.rows] + mail.delay[today.rows] <= now)[today.seen].all()
    assert (today.arrived[today.over] > 0.97).all()
    late = mailings.half_way(mail, 18, 28)
    assert late.seen.sum() > today.seen.sum()
    with pytest.raises(ValueError, match="`campaign` must have one before it that is over"):
        mailings.half_way(mail, 27, 3)


def test_around_by_hand():
    before, after, got, answered = mailings.around(small(), 2, width=2)
    # 3 April is in column 14; the weeks before are 13 and 14, as sales are 1, 2, 3 …
    assert before.tolist() == [13.5, 135, 0] and after.tolist() == [15.5, 155, 0]
    assert got.tolist() == [True, True, False] and answered.tolist() == [False, True, False]
    earlier = mailings.around(small(), 2, width=2, back=2)[1]
    assert earlier.tolist() == before.tolist()
    longer = mailings.around(small(), 2, width=2, history=4)
    assert longer[0].tolist() == [12.5, 125, 0] and longer[1].tolist() == after.tolist()
    for setting in ({"width": 20}, {"width": 2, "history": 15}, {"width": 2, "back": 13}):
        with pytest.raises(ValueError, match="`width`, `back` and `history` must stay"):
            mailings.around(small(), 2, **setting)


def test_claimed_by_hand():
    count = mailings.claimed(small())
    # 6 March + 30 days is 5 April, in the week of 3 April: both campaigns claim that week
    assert count[0, 10] == 1 and count[0, 14] == 2 and count[0, 9] == 0
    assert count[2].sum() == 0


def test_matched_is_the_regression_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    before, got = rng.exponential(50, 400), rng.random(400) < 0.4
    after = 3 + 0.8 * before + 5 * got + rng.normal(0, 1 + before / 10)
    model = sm.OLS(after, np.column_stack([np.ones(400), got, before])).fit(cov_type="HC0")
    assert mailings.matched(before, after, got) == pytest.approx((model.params[1], model.bse[1]))


def test_prices_are_as_stated():
    price = mailings.prices(100_000)
    assert np.median(price) == pytest.approx(0.75, rel=0.02)
    assert np.log(price).std() == pytest.approx(0.75, rel=0.02)


def test_fitted_on_learns(mail):
    from lmlab.models.device import keras

    def build(columns):
        net = keras.Sequential([keras.Input((columns,)), keras.layers.Dense(1)])
        net.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
        return net

    from lmlab.models.rankings import auc

    rows = np.flatnonzero(mail.start < mail.day(18))
    rest = np.flatnonzero(mail.campaign == 18)
    p = mailings.fitted_on(mail, rows, mail.came[rows][:, None], rest, build)
    assert p.shape == rest.shape and auc(p, mail.came[rest]) > 0.78
