"""`show`: print the book's number and assert that the measured one lies in its band.

`claim`: a claim that carries a chapter, with the grid of settings over which it is run.
"""

import math
import os
from collections.abc import Callable
from decimal import Decimal

__all__ = ["band", "claim", "judge", "show"]

PROOF = "LMLAB_PROOF"  # set where outputs are stored or compared: the author's run and the tests


def show(
    label: str,
    value: float,
    *,
    about: float | None = None,
    tol: float | None = None,
    below: float | None = None,
    above: float | None = None,
    unit: str = "",
) -> None:
    """Print the book's number for a measured one: the band in which it lies.

    Two machines never measure the same last digit, so a bare measured number cannot be compared.
    In a proof (`LMLAB_PROOF=1`: `make notebooks`, `make test`) the band alone is printed, and a
    number outside it is an error. A reader sees the measured number too, and outside the band
    what that means: who changes a hyperparameter should see what it does.

    Args:
        label: what was measured, in words.
        value: the measured number, any unit.
        about: centre of the band; goes with `tol`.
        tol: half width of the band, in the unit of `value`, > 0.
        below: upper bound, if only that is claimed.
        above: lower bound, if only that is claimed.
        unit: printed behind the numbers.

    Raises:
        AssertionError: in a proof, `value` is outside the band or is not a finite number.
        ValueError: not exactly one claim is made, a bound is not finite, or `tol` is not positive.

    Examples:
        >>> show("accuracy", 0.9748, about=0.975, tol=0.005)
        accuracy ≈ 0.975 (± 0.005); here 0.9748
        >>> show("largest difference", 3e-9, below=1e-6)
        largest difference < 1e-06; here 3e-09
    """
    text, holds = band(about=about, tol=tol, below=below, above=above, unit=unit)
    value, behind = float(value), f" {unit}" if unit else ""
    print(judge(label, f"{label} {text}", text, f"{value:.6g}{behind}", holds(value)))


def judge(label: str, stored: str, expected: str, got: str, holds: bool) -> str:
    """What to print for a measured value.

    Args:
        label: what was measured.
        stored: the text of the book, printed where the value lies in its band.
        expected: the band.
        got: the measured value.
        holds: does it lie in the band?

    Returns:
        In a proof the stored text alone; for a reader also what was measured here.

    Raises:
        AssertionError: in a proof, the value lies outside the band.
    """
    proof = os.environ.get(PROOF) == "1"
    if not holds and proof:
        raise AssertionError(f"{label}: expected {expected}, got {got}")
    if not holds:
        return (
            f"{label}: here {got}; the book has {expected}.\n"
            "  You changed the experiment, or another backend, version or machine ran it."
        )
    return stored if proof else f"{stored}; here {got}"


def claim(
    sentence: str,
    *,
    base: dict[str, object],
    grid: dict,
    above: float | None = None,
    below: float | None = None,
    about: float | None = None,
    tol: float | None = None,
) -> Callable[[Callable], Callable]:
    """Register a claim that carries a chapter: a function from settings to a number.

    A run of the chapter computes the base setting only, asserts its verdict, and shows from the
    stored ledger over how much of the grid the claim holds and where it fails. `make sweeps` runs
    the grid and writes the ledger, `notebooks/claims/<part>/<chapter>.json`.

    Args:
        sentence: the claim in plain words, a literal text. Without a quantifier it must hold in 80
            of 100 settings of its grid; with always, every, never or all in each; with most,
            mostly, usually or more often than not in more than half; with some, sometimes or can
            in one.
        base: the setting of the chapter's run: a value for each argument of the function.
        grid: values for each axis; an axis is an argument of the function, or a tuple of arguments
            that vary together. Every combination is run, with `base` for the other arguments. At
            least two axes, or five settings.
        above: the value must be larger.
        below: the value must be smaller.
        about: centre of a band; goes with `tol`.
        tol: half width of the band, > 0.

    Returns:
        A decorator that hands the function back.

    Raises:
        AssertionError: in a proof, the base setting fails, raises an error or gives no finite
            number; a reader is told so.
        ValueError: the grid is empty or too small, or an argument of the function is missing.

    Examples:
        >>> @claim(
        ...     "The mean of two dice can be below three",
        ...     below=3,
        ...     base={"seed": 1},
        ...     grid={"seed": range(10)},
        ... )
        ... def mean_of_two(seed):
        ...     return np.random.default_rng(seed).integers(1, 7, 2).mean()
    """
    from lmlab.authoring.claims import Claim, meet

    bounds = {"above": above, "below": below, "about": about, "tol": tol}
    bounds = {name: bound for name, bound in bounds.items() if bound is not None}

    def register(function: Callable) -> Callable:
        meet(Claim(function.__name__, sentence, bounds, base, grid), function)
        return function

    return register


def band(
    *,
    about: float | None = None,
    tol: float | None = None,
    below: float | None = None,
    above: float | None = None,
    unit: str = "",
) -> tuple[str, Callable[[float], bool]]:
    """The text of a band, and the function that tells whether a number is finite and inside.

    Raises:
        ValueError: not exactly one claim is made, a bound is not finite, or `tol` is not positive.
    """
    bounds = {"below": below, "above": above, "about": about}
    claims = [name for name, bound in bounds.items() if bound is not None]
    if len(claims) != 1 or (tol is None) == (about is not None):
        raise ValueError(
            "expected one claim: about= with tol=, or below=, or above=; "
            f"got {claims or 'none'}, tol={tol}"
        )
    if not math.isfinite(bounds[claims[0]]):
        raise ValueError(f"`{claims[0]}` must be finite, got {bounds[claims[0]]}")
    behind = f" {unit}" if unit else ""
    if below is not None:
        return f"< {below:g}{behind}", lambda value: math.isfinite(value) and value < below
    if above is not None:
        return f"> {above:g}{behind}", lambda value: math.isfinite(value) and value > above
    if not 0 < tol < math.inf:
        raise ValueError(f"`tol` must be positive and finite, got {tol}")
    digits, half = max(_decimals(about), _decimals(tol)), tol * (1 + 1e-9)  # 0.98 is in 0.975±0.005
    text = f"≈ {about:.{digits}f} (± {tol:.{digits}f}){behind}"
    return text, lambda value: abs(value - about) <= half


def _decimals(number: float) -> int:
    """Digits behind the point in the shortest way to write a number."""
    return max(0, -Decimal(str(number)).as_tuple().exponent)
