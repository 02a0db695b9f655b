"""The purchases of yogurt."""

import numpy as np

from lmlab import data
from lmlab.data.purchases import BRANDS


def test_the_purchases_of_yogurt():
    bought = data.load_yogurt()
    assert repr(bought) == "Purchases(100 households, 2412 bought)"
    counts = dict(zip(BRANDS, np.bincount(bought.chosen).tolist(), strict=True))
    assert counts == {"yoplait": 818, "dannon": 970, "hiland": 71, "weight": 553}
    assert bought.price.shape == bought.advertised.shape == (2412, 4)
    assert np.allclose(bought.price[0], [10.8, 8.1, 6.1, 7.9])
    assert (bought.price < 2).sum() == 18
    assert set(np.unique(bought.advertised)) == {0, 1}
