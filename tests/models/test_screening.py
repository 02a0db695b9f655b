"""Molecules as graphs (chapter 1.5)."""

import numpy as np
import pytest

from lmlab.models import screening

RING = [(i, (i + 1) % 6, 1 + i % 2) for i in range(6)]  # benzene
TOLUENE = (["C"] * 7, [*RING, (0, 6, 1)])
PHENOL = (["C"] * 6 + ["O"], [*RING, (0, 6, 1)])
ETHANOL = (["C", "C", "O"], [(0, 1, 1), (1, 2, 1)])


def test_fragments_count_atoms_first():
    assert screening.fragments(*ETHANOL, radius=0) == {"C": 2, "O": 1}
    assert sum(screening.fragments(*ETHANOL, radius=2).values()) == 9
    turned = (["O", "C", "C"], [(2, 1, 1), (1, 0, 1)])
    assert screening.fragments(*ETHANOL) == screening.fragments(*turned)
    ketene = (["C", "C", "O"], [(0, 1, 2), (1, 2, 2)])
    assert screening.fragments(*ETHANOL) != screening.fragments(*ketene)


def test_skeletons_forget_the_ends():
    benzene = screening.skeleton(["C"] * 6, RING)
    assert benzene and screening.skeleton(*TOLUENE) == screening.skeleton(*PHENOL) == benzene
    pyridine = screening.skeleton(["N"] + ["C"] * 5, RING)
    assert pyridine != benzene and screening.skeleton(*ETHANOL) == ""
    assert screening.skeleton(["C"], np.zeros((0, 3))) == ""


def test_a_table_has_the_logarithms_of_common_fragments():
    counts = [screening.fragments(*m, radius=0) for m in (ETHANOL, PHENOL, TOLUENE)]
    x = screening.table(counts, least=2)
    assert np.allclose(np.expm1(x), [[2, 1], [6, 1], [7, 0]])
    assert np.allclose(screening.likeness(x, x), [[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]])


def test_groups_stay_whole():
    groups = np.array(["a"] * 8 + ["b"] * 3 + ["c"] * 2 + list("defg"))
    for seed in range(5):
        test = screening.apart(groups, 0.3, seed)
        assert not set(groups[test]) & set(groups[~test]) and 0 < test.sum() <= 0.3 * 17
    with pytest.raises(ValueError, match="`share` must lie between 0 and 1, got 2"):
        screening.apart(groups, 2, 0)


def test_enrichment_by_hand():
    hits = np.arange(20) < 4
    best, low, high = screening.enrichment(-np.arange(20), hits, 0.1)
    assert best == pytest.approx(5) and low < 5 and high == pytest.approx(5)
    assert screening.enrichment(np.arange(20), hits, 0.1)[0] == 0
    turns = [screening.enrichment(np.roll(np.arange(20), k), hits, 0.25)[0] for k in range(20)]
    assert np.mean(turns) == pytest.approx(1)
    with pytest.raises(ValueError, match="`hits` must hold a hit"):
        screening.enrichment(np.arange(3), np.zeros(3))
