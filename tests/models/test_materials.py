"""Closures, PageRank, licences and a bill of materials, on packages of one's own."""

import numpy as np
import pytest

from lmlab import data
from lmlab.data import Package
from lmlab.models import materials

SHOP = {
    "shop": Package("shop", "1", (), True, "MIT"),
    "web": Package("web", "1", ("shop",), False, "Apache-2.0"),
    "names": Package("names", "1", ("web", "tests"), False, "", "BSD"),
    "tests": Package("tests", "1", (), True, "", "MIT License"),
}


def test_a_closure_keeps_the_links_inside():
    found = materials.closure(SHOP, ["shop"])
    assert list(found) == ["names", "shop", "web"]
    assert found["names"].by == ("web",)
    with pytest.raises(KeyError, match="must be packages of the lock, got 'shelf'"):
        materials.closure(SHOP, ["shelf"])


def test_pagerank_against_linear_algebra():
    rank = materials.page_rank(SHOP)
    order = list(SHOP)
    links = np.full((4, 4), 0.0)
    for to, package in SHOP.items():
        for each in package.by:
            links[order.index(to), order.index(each)] = 1
    links[:, order.index("names")] = 1 / 4  # needs nothing: gives to all
    exact = np.linalg.solve(np.eye(4) - 0.85 * links, np.full(4, 0.15 / 4))
    assert [rank[name] for name in order] == pytest.approx(exact.tolist())
    assert sum(rank.values()) == pytest.approx(1) and max(rank, key=rank.get) == "names"


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (
            {"expression": "Apache-2.0 OR BSD-2-Clause"},
            ("Apache-2.0 OR BSD-2-Clause", "expression"),
        ),
        ({"licence": "BSD 3-Clause License"}, ("BSD-3-Clause", "text")),
        ({"licence": "MPL-2.0"}, ("MPL-2.0", "text")),
        ({"licence": "BSD"}, ("", "unclear")),
        ({"licence": "Copyright (c) 2015, somebody"}, ("", "unclear")),
        ({"classifiers": ("MIT License",)}, ("MIT", "classifier")),
        ({"classifiers": ("MIT License", "BSD License")}, ("", "unclear")),
        ({}, ("", "unclear")),
    ],
)
def test_a_licence_as_spdx(about, expected):
    assert materials.spdx(Package("one", "1", **about)) == expected


@pytest.mark.parametrize(
    ("whole", "expression", "expected"),
    [
        ("MIT", "MIT", "yes"),
        ("MIT", "GPL-3.0-only", "no"),
        ("MIT", "GPL-3.0-only OR MIT", "yes"),
        ("MIT", "GPL-3.0-only AND MIT", "no"),
        ("MIT", "MIT AND CC0-1.0", "by hand"),
        ("MIT", "GPL-3.0-only AND CC0-1.0", "no"),
        ("MIT", "(GPL-3.0-only OR MIT) AND ISC", "yes"),
        ("MIT", "Apache-2.0 WITH LLVM-exception", "by hand"),
        ("MIT", "", "by hand"),
        ("a licence of my own", "MIT", "by hand"),
    ],
)
def test_a_verdict(whole, expression, expected):
    assert materials.verdict(data.load_licence_table(), whole, expression) == expected


def test_chains_by_hand():
    table = {"a": {"b": "Yes", "c": "No"}, "b": {"c": "Yes", "a": "No"}, "c": {"a": "Yes"}}
    one = {"a": 1, "b": 1, "c": 1}
    assert not materials.broken_chains(table, "a", 1, one, seed=0).any()
    assert materials.broken_chains(table, "a", 2, one, seed=0, count=7).tolist() == [True] * 7
    table["b"]["d"] = "Yes"
    share = materials.broken_chains(table, "a", 2, {"b": 1, "c": 1, "d": 3}, seed=0).mean()
    assert share == pytest.approx(1 / 4, abs=0.06)  # a, b, then c (one in four) or d


def test_a_bill_and_its_faults():
    bill = materials.bill(SHOP, ["shop", "tests"], "counter")
    assert materials.faults(bill) == ""
    names = [part["name"] for part in bill["components"]]
    assert names == ["names", "shop", "tests", "web"]
    needs = {row["ref"]: row.get("dependsOn", []) for row in bill["dependencies"]}
    assert needs["counter"] == ["shop", "tests"] and needs["web"] == ["names"]
    assert "licenses" not in bill["components"][0]
    assert materials.bill(SHOP, ["shop", "tests"], "counter") == bill
    del bill["components"][2]["name"]
    assert "name" in materials.faults(bill)
