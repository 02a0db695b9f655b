"""Who falls with a package, what licences allow together, and a bill of materials (chapter 4.9)."""

import contextlib
import json
from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from lmlab.data.supply import Package

__all__ = [
    "ORDER",
    "bill",
    "broken_chains",
    "closure",
    "faults",
    "page_rank",
    "part_of",
    "spdx",
    "verdict",
]

ORDER = ("yes", "by hand", "no")
WORDS = {  # free text and classifiers that name one licence; "BSD" alone names none
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "2-clause BSD": "BSD-2-Clause",
    "ISC license": "ISC",
    "ISC License (ISCL)": "ISC",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def part_of(packages: Mapping[str, Package], names: Iterable[str]) -> dict[str, Package]:
    """Those packages alone, each with those of its dependants that are among them."""
    inside = set(names)
    return {
        name: Package(
            **{
                **vars(packages[name]),
                "by": tuple(each for each in packages[name].by if each in inside),
            }
        )
        for name in sorted(inside)
    }


def closure(packages: Mapping[str, Package], roots: Iterable[str]) -> dict[str, Package]:
    """All that `roots` need, with themselves and with the links among them.

    Raises:
        KeyError: a root is not among the packages.
    """
    needs: dict[str, list[str]] = {name: [] for name in packages}
    for name, package in packages.items():
        for each in package.by:
            needs[each].append(name)
    found, waiting = set(), list(roots)
    while waiting:
        name = waiting.pop()
        if name not in needs:
            raise KeyError(f"`roots` must be packages of the lock, got {name!r}")
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return part_of(packages, found)


def page_rank(packages: Mapping[str, Package], damping: float = 0.85) -> dict[str, float]:
    """PageRank of packages (sum 1): rank flows from a package to what it needs.

    A package that needs nothing gives its rank to all, as in Page and others (1999).
    """
    names = list(packages)
    place = {name: i for i, name in enumerate(names)}
    links = np.zeros((len(names), len(names)))  # [to, from]
    for name, package in packages.items():
        for each in package.by:
            links[place[name], place[each]] = 1
    out = links.sum(0)
    links = np.where(out > 0, links / np.maximum(out, 1), 1 / len(names))
    rank = np.full(len(names), 1 / len(names))
    for _ in range(100):
        rank = (1 - damping) / len(names) + damping * links @ rank
    return dict(zip(names, rank.tolist(), strict=True))


@cache
def _licensing():
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def spdx(package: Package) -> tuple[str, str]:
    """The licence of a package as an SPDX expression, and where it stands.

    Returns:
        (expression, "expression" | "text" | "classifier"), or ("", "unclear").
    """
    from license_expression import ExpressionError, ExpressionParseError

    if package.expression:
        return str(_licensing().parse(package.expression, validate=True)), "expression"
    said = [(package.licence, "text")]
    if len(package.classifiers) == 1:  # of several: any of them, or all? they do not say
        said.append((package.classifiers[0], "classifier"))
    for words, where in said:
        if words in WORDS:
            return WORDS[words], where
        with contextlib.suppress(ExpressionError, ExpressionParseError):
            if words:
                return str(_licensing().parse(words, validate=True)), where
    return "", "unclear"


def verdict(table: Mapping, whole: str, expression: str) -> str:
    """May a work under `whole` contain one under `expression`: "yes", "no" or "by hand"?

    `A AND B` asks both, `A OR B` the better one. What the table does not have, and what it calls
    Unknown or Check dependency, is for a lawyer: "by hand". So is "", a licence that is not clear.
    """
    if not expression:
        return "by hand"

    def judge(node) -> str:
        if getattr(node, "operator", "").strip() in ("AND", "OR"):
            parts = sorted((judge(each) for each in node.args), key=ORDER.index)
            return parts[-1 if node.operator.strip() == "AND" else 0]
        said = table.get(whole, {}).get(str(node))
        return {"Yes": "yes", "Same": "yes", "No": "no"}.get(said, "by hand")

    return judge(_licensing().parse(expression, validate=True))


def broken_chains(
    table: Mapping,
    whole: str,
    links: int,
    weights: Mapping[str, float],
    seed: int,
    count: int = 500,
) -> np.ndarray:
    """Draw chains of allowed links; does the whole refuse one of their parts?

    Args:
        table: "Yes" or not, `table[whole][part]`.
        whole: licence at the top.
        links: in a chain, each from a licence to one that the table allows below it.
        weights: how often a licence comes; one that is missing, never.
        seed: of the draw.
        count: of chains.

    Returns:
        (count,) bool.
    """
    rng, found = np.random.default_rng(seed), np.zeros(count, bool)
    for i in range(count):
        part = whole
        for _ in range(links):
            nexts = [key for key, said in table[part].items() if said == "Yes"]
            p = np.array([weights.get(key, 0) for key in nexts], float)
            part = rng.choice(nexts, p=p / p.sum())
            found[i] |= table[whole].get(part) == "No"
    return found


def bill(packages: Mapping[str, Package], roots: Iterable[str], product: str) -> dict:
    """A software bill of materials in the format CycloneDX 1.6, without time and serial number.

    Args:
        packages: of the product, with the links among them.
        roots: what the product itself asks for.
        product: its name.
    """
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    main = Component(name=product, type=ComponentType.APPLICATION, bom_ref=product)
    parts = {
        name: Component(
            name=name,
            version=package.version,
            bom_ref=name,
            purl=PackageURL("pypi", name=name, version=package.version),
            licenses=[LicenseFactory().make_from_string(spdx(package)[0])]
            if spdx(package)[0]
            else (),
        )
        for name, package in packages.items()
    }
    bom = Bom(components=parts.values())
    bom.metadata.component = main
    for name in parts:
        needed = [part for key, part in parts.items() if name in packages[key].by]
        bom.register_dependency(parts[name], needed)
    bom.register_dependency(main, [parts[name] for name in roots])
    found = json.loads(JsonV1Dot6(bom).output_as_string())
    found.pop("serialNumber", None)
    found["metadata"].pop("timestamp", None)
    return found


def faults(bill: dict) -> str:
    """What the schema of CycloneDX 1.6 finds wrong with a bill, "" if nothing."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    return "" if found is None else str(getattr(found.data, "message", found.data))[:80]
