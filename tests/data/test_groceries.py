"""Groceries: counts of the source, and what the page *Data* states of them."""

import numpy as np
import pytest

from lmlab import data


@pytest.fixture(scope="module")
def shop():
    return data.load_groceries()


def test_shapes_and_counts(shop):
    assert shop.daily.shape == (100, 366) and shop.weekly.shape == (100, 100, 53)
    assert shop.price.shape == (100, 53) and shop.week.shape == (366,)
    assert shop.daily.sum() == 273_577
    bananas = shop.row("bananas")
    assert bananas == 0 and shop.product[0] == 1_082_185 and shop.daily[0].sum() == 17_638


def test_weeks_are_seven_days_and_hold_the_days(shop):
    assert (np.diff(shop.week) >= 0).all()
    assert (np.bincount(shop.week)[1:-1] == 7).all()
    assert shop.week[[0, 1, 7, 8, 365]].tolist() == [0, 1, 1, 2, 52]
    assert (shop.weekly.sum(axis=(1, 2)) <= shop.daily.sum(axis=1)).all()  # 100 stores of 457
    assert shop.daily[:, 358].sum() == 0  # 25 December


def test_prices_are_positive_and_no_goods_are_fuel(shop):
    assert (shop.price > 0.05).all() and (shop.price < 30).all()
    assert 6_534_178 not in shop.product


def test_unknown_name(shop):
    with pytest.raises(ValueError, match="`name` must be one of"):
        shop.row("petrol")
