"""`show`: print the book's number and assert that the measured one lies in its band."""

import math
from decimal import Decimal

__all__ = ["show"]


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
    """Assert a band around a measured number and print the band, not the number.

    Two machines never measure the same last digit, so a bare measured number cannot be compared.
    The printed text is the book's number; the assertion makes it true wherever the cell runs.

    Args:
        label: what was measured, in words.
        value: the measured number, any unit.
        about: centre of the band; goes with `tol`.
        tol: half width of the band, in the unit of `value`, > 0.
        below: upper bound, if only that is claimed.
        above: lower bound, if only that is claimed.
        unit: printed behind the numbers.

    Raises:
        AssertionError: `value` is outside the band, or is not a finite number.
        ValueError: not exactly one claim is made, a bound is not finite, or `tol` is not positive.

    Examples:
        >>> show("accuracy", 0.9748, about=0.975, tol=0.005)
        accuracy ≈ 0.975 (± 0.005)
        >>> show("largest difference", 3e-9, below=1e-6)
        largest difference < 1e-06
    """
    bounds = {"below": below, "above": above, "about": about}
    claims = [name for name, bound in bounds.items() if bound is not None]
    if len(claims) != 1 or (tol is None) == (about is not None):
        raise ValueError(
            "`show` expected one claim: about= with tol=, or below=, or above=; "
            f"got {claims or 'none'}, tol={tol}"
        )
    if not math.isfinite(bounds[claims[0]]):
        raise ValueError(f"`{claims[0]}` must be finite, got {bounds[claims[0]]}")
    value, behind = float(value), f" {unit}" if unit else ""
    if about is not None:
        if not 0 < tol < math.inf:
            raise ValueError(f"`tol` must be positive and finite, got {tol}")
        digits = max(_decimals(about), _decimals(tol))
        text = f"≈ {about:.{digits}f} (± {tol:.{digits}f}){behind}"
        holds = abs(value - about) <= tol * (1 + 1e-9)  # 0.98 lies in 0.975 ± 0.005
    elif below is not None:
        text, holds = f"< {below:g}{behind}", value < below
    else:
        text, holds = f"> {above:g}{behind}", value > above
    if not (math.isfinite(value) and holds):
        raise AssertionError(f"{label}: expected {text}, got {value:.6g}{behind}")
    print(f"{label} {text}")


def _decimals(number: float) -> int:
    """Digits behind the point in the shortest way to write a number."""
    return max(0, -Decimal(str(number)).as_tuple().exponent)
