"""Small bright lesions planted in patches of a brain (chapter 1.5), and filters for them."""

from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.stats import norm

__all__ = [
    "SIZE",
    "areas",
    "best_of",
    "by_filter",
    "cases",
    "filtered_auc",
    "filters",
    "lesion",
    "patients",
    "promised",
    "rates",
    "scanned",
]

SIZE = 21  # pixels of 2 mm along the side of a patch; the lesion sits in its middle


def lesion(radius: float) -> np.ndarray:
    """A disc of height 1 with a soft edge, (SIZE, SIZE) float32, `radius` in pixels > 0."""
    if not radius > 0:
        raise ValueError(f"`radius` must be positive, got {radius}")
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    return (1 / (1 + np.exp((np.hypot(y, x) - radius) / 0.35))).astype(np.float32)


def patients(brain, n: int, levels: tuple[int, int], seed: int, apart: float = 1.0):
    """Patches of simulated patients with no lesion and no noise, each beside its other half.

    Each patient is the brain at another height, turned, stretched and moved, and with another
    brightness; a patch lies around a place of grey or white matter.

    Args:
        brain: `x` and `tissue` (left-right, back-front, up), see `lmlab.data.load_brain`.
        n: how many.
        levels: heights, from the first up to the last, exclusive.
        seed: of the patients.
        apart: spread, in pixels, of how far a place of the other half lies from the mirrored one.

    Returns:
        Patches and the mirrored patches of the other half, both (n, SIZE, SIZE) float32.

    Raises:
        ValueError: the levels hold no tissue.
    """
    rng = np.random.default_rng(seed)
    places = np.argwhere(brain.tissue[:, :, slice(*levels)] > 0)
    if not len(places):
        raise ValueError(f"`levels` must hold tissue, got {levels}")
    places = places[rng.integers(len(places), size=n)] + [0, 0, levels[0]]
    angle, stretch = rng.uniform(-0.3, 0.3, n), rng.uniform(0.9, 1.1, n)
    moved, other = rng.uniform(-0.5, 0.5, (n, 2)), rng.normal(0, 1, (n, 2)) * apart
    grid = np.stack(np.mgrid[:SIZE, :SIZE] - SIZE // 2)  # (2, SIZE, SIZE)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    around = np.einsum("ijn,jyx->niyx", turn * stretch, grid)
    centre = (places[:, :2] + moved)[:, :, None, None]
    height = np.broadcast_to(places[:, 2, None, None], (n, SIZE, SIZE))
    here, there = around + centre, around + centre + other[:, :, None, None]
    there[:, 0] = len(brain.x) - 1 - there[:, 0]  # the other half
    grey = brain.x.astype(np.float32) / 255
    out = []
    for at in (here, there):
        where = np.stack([at[:, 0], at[:, 1], height])
        out.append(map_coordinates(grey, where, order=1))
    bright = rng.uniform(0.95, 1.05, (n, 1, 1)).astype(np.float32)
    return out[0] * bright, out[1] * bright


def scanned(pair, sick, seed: int, radius=1.5, contrast=0.15, noise=0.08, gain=1.0, blur=0.0):
    """What a scanner makes of patients: lesions planted, then blur, brightness and noise.

    Args:
        pair: two arrays (n, SIZE, SIZE), of `patients`; the lesion goes into the first.
        sick: (n,) bool.
        seed: of the noise.
        radius: of the lesion, in pixels of 2 mm.
        contrast: its height; white matter is 0.85, grey matter 0.65.
        noise: standard deviation of the noise of each pixel.
        gain: what the picture is multiplied with before the noise is added.
        blur: width of a Gaussian blur in pixels.

    Returns:
        (n, SIZE, SIZE, 2) float32: the patch, and the other half.
    """
    rng = np.random.default_rng(seed)
    here = pair[0] + contrast * np.asarray(sick)[:, None, None] * lesion(radius)
    both = np.stack([here, pair[1]], -1)
    both = gaussian_filter(both, (0, blur, blur, 0)) if blur else both
    return (gain * both + rng.normal(0, noise, both.shape)).astype(np.float32)


def cases(brain, n: int, levels: tuple[int, int], seed: int, apart: float = 1.0, **scanner):
    """Patches (n, SIZE, SIZE, 2) of `patients` by `scanned`, every second one sick, and which."""
    sick = np.arange(n) % 2 == 1
    pair = patients(brain, n, levels, seed, apart)
    return scanned(pair, sick, seed + 1000, **scanner), sick


def by_filter(x, width: float, mirrored: bool = False, surround: bool = True) -> np.ndarray:
    """Score (n,) of patches (n, SIZE, SIZE, 2): the middle under a disc of radius `width`.

    Args:
        x: patches, see `scanned`.
        width: radius of the filter in pixels.
        mirrored: subtract the other half first.
        surround: subtract the mean of what lies around, up to twice the radius and a pixel.
    """
    y = x[..., 0] - x[..., 1] if mirrored else x[..., 0]
    disc = lesion(width).astype(float)
    weights = disc / disc.sum()
    if surround:
        ring = lesion(2 * width + 1) - disc
        weights = weights - ring / ring.sum()
    return np.tensordot(y, weights, 2)


def filters(widths) -> list:
    """`by_filter` of these widths, each with and without the other half and the surroundings."""
    both = False, True
    return [
        partial(by_filter, width=w, mirrored=m, surround=s)
        for w in widths
        for m in both
        for s in both
    ]


def filtered_auc(radius, contrast, noise, width) -> float:
    """AUC of a disc of radius `width` on flat ground with white noise, in closed form.

    The score is normal, moved by contrast * <disc, lesion>, with spread noise * |disc|.
    """
    disc, target = lesion(width).ravel(), lesion(radius).ravel()
    d = contrast * disc @ target / (noise * np.linalg.norm(disc))
    return float(norm.cdf(d / np.sqrt(2)))


def areas(scores, sick) -> float:
    """AUC: how often a sick patch has the higher score, a tie counting one half."""
    from lmlab.models.rankings import auc

    return float(auc(scores, np.asarray(sick)))


def rates(scores, sick, threshold: float) -> tuple[float, float, float]:
    """AUC, share of the sick above the threshold, share of the healthy above it."""
    above = np.asarray(scores) > threshold
    return areas(scores, sick), float(np.mean(above[sick])), float(np.mean(above[~sick]))


def best_of(rivals, x, sick):
    """The rival, a function from patches to scores, with the largest AUC on these patches."""
    return max(rivals, key=lambda score: areas(score(x), sick))


def promised(rivals, home, away, alarms: float = 0.1) -> tuple[float, float, float]:
    """`rates` away of the rival that is best at home, at the threshold of home.

    Args:
        rivals: functions from patches to scores.
        home: patches, and which are sick; they choose the rival and its threshold.
        away: others.
        alarms: share of the healthy at home above the threshold.
    """
    (x, sick), (y, sick_away) = home, away
    best = best_of(rivals, x, sick)
    return rates(best(y), sick_away, np.quantile(best(x)[~sick], 1 - alarms))
