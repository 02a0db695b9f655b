"""The draw of a token equals the one made by hand."""

import numpy as np
import pytest

from lmlab.models.sampling import choose_token, options_of


def test_a_hand_example_of_the_draw():
    logits = np.log([[0.1, 0.4, 0.3, 0.2]]).astype("float32")  # cumulative .1 .5 .8 1

    def draws(*noise, **options):
        noise = np.array(noise, "float32")
        return np.array(choose_token(logits.repeat(len(noise), 0), noise, **options)).tolist()

    assert draws(0.3) == [1]
    assert draws(0.0, 0.05, 0.15, 0.45, 0.55, 0.75, 0.85, temperature=1.0) == [0, 0, 1, 1, 2, 2, 3]
    assert draws(0.0, 0.55, 0.6, 0.99, temperature=1.0, top_k=2) == [1, 1, 2, 2]
    assert draws(0.0, 0.4, 0.5, 0.75, 0.8, temperature=1.0, top_p=0.75) == [1, 1, 2, 2, 3]
    assert draws(0.0, 0.99, temperature=1.0, top_p=0.35) == [1, 1]
    assert draws(0.0, 0.99, temperature=1.0, top_k=3, top_p=0.75) == [1, 2]
    # squared: 0.01 0.16 0.09 0.04 of 0.3
    assert draws(0.03, 0.04, 0.56, 0.57, temperature=0.5) == [0, 1, 1, 2]


def test_a_temperature_of_0_asks_for_the_likeliest_token():
    assert options_of(0.0, top_k=3) == {}
    options = options_of(0.5, 2, 0.75, vocab_size=4)
    assert {name: float(value) for name, value in options.items()} == {
        "temperature": 0.5,
        "top_k": 2,
        "top_p": 0.75,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1.0}, "`temperature` must be 0 or positive and finite, got -1.0"),
        ({"temperature": np.inf}, "`temperature` must be 0 or positive and finite, got inf"),
        ({"top_k": 5, "vocab_size": 4}, "`top_k` must be from 1 to 4, got 5"),
        ({"top_p": np.nan}, "`top_p` must be above 0 and at most 1, got nan"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError) as error:
        options_of(**options)
    assert str(error.value) == message
