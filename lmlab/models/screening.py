"""Molecules as graphs (chapter 1.5): fragments, skeletons, splits, and what a ranking is worth."""

from collections import Counter
from zlib import crc32

import numpy as np
from scipy.stats import binomtest

__all__ = ["apart", "enrichment", "fragments", "likeness", "skeleton", "table"]


def _labels(elements, bonds, keep, rounds: int) -> list[dict]:
    """A label for each kept atom, before and after each round of looking one bond further."""
    near = {i: [] for i in keep}
    for a, b, order in np.asarray(bonds, int).tolist():
        if a in near and b in near:
            near[a].append((order, b))
            near[b].append((order, a))
    labels = [{i: elements[i] for i in keep}]
    for _ in range(rounds):
        last = labels[-1]
        texts = {
            i: f"{last[i]}:" + ",".join(sorted(f"{o}{last[j]}" for o, j in near[i])) for i in keep
        }
        labels.append({i: f"{crc32(text.encode()):08x}" for i, text in texts.items()})
    return labels


def fragments(elements, bonds, radius: int = 2) -> Counter:
    """How often each surrounding of an atom occurs, from the atom alone to `radius` bonds away.

    Source: Morgan (1965); Rogers and Hahn (2010), who call the set a circular fingerprint. Here
    without charges and hydrogens.
    """
    rounds = _labels(elements, bonds, range(len(elements)), radius)
    return Counter(label for labels in rounds for label in labels.values())


def skeleton(elements, bonds) -> str:
    """A name for the rings and the chains between them; "" for a molecule without a ring.

    Ends are taken off until none is left (Bemis and Murcko, 1996). Two skeletons that differ get
    the same name only where six rounds of looking at the neighbours cannot tell them apart.
    """
    keep, links = set(range(len(elements))), np.asarray(bonds, int).reshape(-1, 3)
    while True:
        inside = [k for a, b, _ in links.tolist() if a in keep and b in keep for k in (a, b)]
        degree = Counter(inside)
        ends = {i for i in keep if degree[i] <= 1}
        if not ends:
            break
        keep -= ends
    return "-".join(sorted(_labels(elements, bonds, sorted(keep), 6)[-1].values()))


def table(counts: list, least: int = 3) -> np.ndarray:
    """Logarithms of 1 + count (n, fragments) of those that `least` molecules have."""
    having = Counter(name for count in counts for name in count)
    names = sorted(name for name, times in having.items() if times >= least)
    return np.log1p(np.array([[count[name] for name in names] for count in counts], float))


def likeness(x, y) -> np.ndarray:
    """Tanimoto similarity (n, m) of rows: fragments that both have, among those that one has."""
    x, y = (np.asarray(x) > 0).astype(float), (np.asarray(y) > 0).astype(float)
    both = x @ y.T
    return both / np.maximum(x.sum(1)[:, None] + y.sum(1) - both, 1)


def apart(groups, share: float, seed: int) -> np.ndarray:
    """Which rows to test on, (n,) bool: whole groups, drawn by lot, `share` of all or just less.

    A group that no longer fits is left for training.
    """
    if not 0 < share < 1:
        raise ValueError(f"`share` must lie between 0 and 1, got {share}")
    number = np.unique(groups, return_inverse=True)[1]
    size, room, chosen = np.bincount(number), share * len(number), []
    for group in np.random.default_rng(seed).permutation(len(size)):
        if size[group] <= room:
            chosen.append(group)
            room -= size[group]
    return np.isin(number, chosen)


def enrichment(scores, hits, share: float = 0.1) -> tuple[float, float, float]:
    """How many times more hits lie in the first `share` of a ranking than in a random one.

    Args:
        scores: (n,), the highest first; ties stay in the order of the rows.
        hits: (n,) bool.
        share: between 0 and 1.

    Returns:
        The enrichment factor, and the ends of its 95 % interval (Wilson's, of the hits among those
        that are tested; the share of hits in the library is taken as known).

    Raises:
        ValueError: no hit at all.
    """
    hits = np.asarray(hits, bool)
    if not hits.any():
        raise ValueError("`hits` must hold a hit, got none")
    tested = max(1, round(share * len(hits)))
    found = int(hits[np.argsort(-np.asarray(scores), kind="stable")[:tested]].sum())
    ends = binomtest(found, tested).proportion_ci(method="wilson")
    return tuple(float(v / hits.mean()) for v in (found / tested, ends.low, ends.high))
