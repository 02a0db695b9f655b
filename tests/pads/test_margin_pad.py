"""The margin pad: the published day by hand, the same numbers in the page, bad numbers refused."""

import math
from functools import partial

import pytest
from page_script import run_behind

from lmlab.pads.margin_pad import FIELDS, MarginPad, economics

in_the_page = partial(run_behind, "margin_pad.js")
SMALL = {
    "price_hit": 0.5, "price_input": 1, "price_output": 2, "paid": 50, "input": 2000,
    "output": 1000, "hits": 50, "requests": 2, "rent": 3.6, "read_speed": 1000,
    "write_speed": 500, "utilisation": 50, "training": 1,
}  # fmt: skip


def test_by_hand():
    found = economics(SMALL | {"rent": 0.036})
    # half are paid: 1,000 x (1,000 x 0.5 + 1,000 x 1 + 1,000 x 2) / 1e6 / 2 = 1.75 dollars
    # a node costs 1e-5 dollars a second, at half its load 2e-5; 1,000 requests read 1,000 s
    assert found["income"] == pytest.approx(1.75)
    assert (found["reading"], found["writing"]) == (pytest.approx(0.02), pytest.approx(0.04))
    assert found["profit"] == pytest.approx(1.69)
    assert found["days"] == pytest.approx(1e6 / 0.00169 / 2e6)


def test_no_profit_never_breaks_even():
    assert economics(SMALL)["profit"] < 0 and economics(SMALL)["days"] == math.inf


def test_the_page_computes_what_python_computes(node):
    cases = [SMALL, SMALL | {"rent": 0.036}, SMALL | {"hits": 0, "rent": 0.5, "paid": 100}]
    code = "console.log(JSON.stringify(cases.map(economics)));"
    for case, page in zip(cases, in_the_page(node, code, cases=cases), strict=True):
        here = economics(case)
        here["days"] = None if here["days"] == math.inf else here["days"]  # JSON has no infinity
        assert page == pytest.approx(here)


def test_delays_and_bounds_of_the_page(node):
    code = """
const late = delays(values), least = Object.fromEntries(answers(values));
console.log(JSON.stringify([late, least]));"""
    values = SMALL | {"rent": 0.36}  # income 1.75, cost 0.6
    late, least = in_the_page(node, code, values=values)
    assert late["prices 10 % lower"] == pytest.approx(1.15 / (1.15 - 0.175) - 1)
    assert late["rent 10 % higher"] == pytest.approx(1.15 / (1.15 - 0.06) - 1)
    assert late["utilisation 10 % lower"] == pytest.approx(1.15 / (1.15 - 0.6 / 9) - 1)
    assert late["fixed cost 10 % higher"] == pytest.approx(0.1)
    assert late["requests 10 % fewer"] == pytest.approx(1 / 9)
    assert least["no profit below a paid share of"] == "17.1 %"
    assert least["no profit below a utilisation of"] == "17.1 %"


def test_the_page_names_what_is_wrong(node):
    fields = [[name, *field] for name, field in FIELDS.items()]
    code = "console.log(JSON.stringify(cases.map((v) => fault(v, fields))));"
    cases = [SMALL, SMALL | {"paid": 101}, SMALL | {"read_speed": 0}, SMALL | {"rent": None}]
    right, *wrong = in_the_page(node, code, cases=cases[:3], fields=fields)
    assert right == ""
    assert wrong == [
        "Price, paid share: a number from 0 to 100 is needed (%).",
        "Machine, computed input: a number from 1 to 1000000000 is needed (tokens a second).",
    ]


def test_representation():
    assert repr(MarginPad(**SMALL)) == "MarginPad(13 fields; profit -4.25)"


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({k: v for k, v in SMALL.items() if k != "rent"}, "missing or unknown: rent"),
        (SMALL | {"tax": 1}, "missing or unknown: tax"),
        (SMALL | {"hits": 120}, "`hits` must be from 0 to 100, got 120"),
        (SMALL | {"utilisation": 0}, "`utilisation` must be from 0.1 to 100, got 0"),
    ],
)
def test_bad_arguments(start, message):
    with pytest.raises(ValueError, match=message):
        MarginPad(**start)
