"""Clicks and coupons: published counts, and what the page *Data* states of them."""

import numpy as np
import pytest

from lmlab import data


@pytest.fixture(scope="module")
def coupons():
    return data.load_coupons()


def test_clicks_have_the_published_counts():
    clicks = {
        (policy, shop): data.load_clicks(policy, shop).click.sum()
        for policy in ("random", "Thompson")
        for shop in ("all", "men", "women")
    }
    assert list(clicks.values()) == [38, 46, 46, 42, 69, 46]


@pytest.mark.parametrize(("shop", "items"), [("all", 80), ("men", 34), ("women", 46)])
def test_random_shows_each_item_equally_often(shop, items):
    log = data.load_clicks("random", shop)
    assert log.shape == (10_000, 4) and list(log) == ["item", "position", "click", "chance"]
    assert np.allclose(log.chance, 1 / items)
    assert sorted(log.item.unique()) == list(range(items))
    assert sorted(log.position.unique()) == [0, 1, 2]


def test_chances_of_thompson_sampling():
    log = data.load_clicks("Thompson", "women")
    assert 0 < log.chance.min() < 1e-5 and log.chance.max() < 1
    assert np.argmin(log.chance) == np.argmax(1 / 46 / log.chance)


@pytest.mark.parametrize(("policy", "shop"), [("greedy", "men"), ("random", "shoes")])
def test_unknown_policy_or_shop(policy, shop):
    with pytest.raises(ValueError, match="`policy` must be one of"):
        data.load_clicks(policy, shop)


def test_coupons_have_the_published_counts(coupons):
    assert repr(coupons) == "Coupons(2469 households, 6589 sent, 792 handed in)"
    assert coupons.lines.sum() == 1_469_307
    assert coupons.spent.sum() == pytest.approx(4_596_039.58)
    assert coupons.saved.sum() == pytest.approx(26_359.90)
    assert coupons.spent.shape == coupons.lines.shape == coupons.saved.shape == (2469, 53)


def test_letters_and_their_delays(coupons):
    sent = coupons.sent
    assert sent.campaign.nunique() == 27 and sent.household.nunique() == 1559
    assert sent.start.is_monotonic_increasing and (sent.end > sent.start).all()
    assert sent.delay.min() == 0 and sent.delay.median() == 13 and sent.delay.max() == 65
    answered = sent[sent.delay.notna()].groupby("campaign").size()
    assert answered[[8, 13, 18]].tolist() == [158, 196, 214]
    assert set(sent[sent.campaign.isin([8, 13, 18])].kind) == {"A"}
