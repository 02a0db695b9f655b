"""Following things in a video: what moves, which of it is what it was before. For chapter 2.6."""

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

__all__ = ["compose", "count_switches", "find_blobs", "follow", "identity_at", "switches"]


def find_blobs(frame, background, threshold: float = 22, smallest: int = 25) -> np.ndarray:
    """Centres (n, 2), as x and y in pixels, of the patches that differ from the background.

    Args:
        frame: (height, width), 0 to 255.
        background: the same without what moves.
        threshold: least difference after smoothing.
        smallest: pixels that a patch must have.
    """
    other = np.abs(frame.astype(float) - background)
    mask = ndimage.binary_closing(ndimage.gaussian_filter(other, 1) > threshold)
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    keep = [label for label in range(1, len(sizes)) if sizes[label] >= smallest]
    return np.array(ndimage.center_of_mass(mask, labels, keep)).reshape(-1, 2)[:, ::-1]


def follow(detections: list, gate: float, *, patience: int = 5, gains=(0.6, 0.3)) -> list:
    """Give each detection a number that it keeps from frame to frame.

    Each track predicts its next place from its speed. Predictions and detections are matched so
    that the sum of their distances is least; pairs further apart than the gate are none.

    Args:
        detections: for each frame the places (n, 2), pixels.
        gate: pixels, > 0.
        patience: frames that a track lives without a detection.
        gains: of the filter, for place and speed.

    Returns:
        For each frame the numbers of its detections (n,).

    Raises:
        ValueError: `gate` is not positive.
    """
    if gate <= 0:
        raise ValueError(f"`gate` must be positive, got {gate}")
    place, speed = np.zeros((0, 2)), np.zeros((0, 2))
    name, quiet, named, numbers = np.zeros(0, int), np.zeros(0, int), 0, []
    for z in detections:
        z = np.reshape(z, (-1, 2))
        place = place + speed
        far = np.linalg.norm(place[:, None] - z[None], axis=2)  # (tracks, detections)
        i, j = linear_sum_assignment(np.where(far < gate, far, 1e6))
        i, j = i[far[i, j] < gate], j[far[i, j] < gate]
        surprise, quiet = z[j] - place[i], quiet + 1
        place[i] += gains[0] * surprise
        speed[i] += gains[1] * surprise
        quiet[i] = 0
        new = np.setdiff1d(np.arange(len(z)), j)
        fresh = np.arange(named, named + len(new))
        numbers.append(np.full(len(z), -1))
        numbers[-1][j], numbers[-1][new] = name[i], fresh
        alive, named = quiet <= patience, named + len(new)
        place, speed = np.vstack([place[alive], z[new]]), np.vstack([speed[alive], 0 * z[new]])
        name, quiet = np.append(name[alive], fresh), np.append(quiet[alive], 0 * fresh)
    return numbers


def identity_at(places, detections, numbers, reach: float = 12) -> np.ndarray:
    """Which track stands at each place (n, 2) of one frame: its number, or -1 beyond `reach`."""
    if not len(detections):
        return np.full(len(places), -1)
    far = np.linalg.norm(np.asarray(places)[:, None] - detections[None], axis=2)
    return np.where(far.min(axis=1) <= reach, numbers[far.argmin(axis=1)], -1)


def count_switches(identities) -> int:
    """How often something has another number than when it was last seen.

    Args:
        identities: for each frame the number of each thing, (frames, things), -1 where unseen.
    """
    switches = 0
    for numbers in np.asarray(identities).T:
        seen = numbers[numbers >= 0]
        switches += int(np.sum(seen[1:] != seen[:-1]))
    return switches


def switches(detections, gate: float, places, frames=None, reach: float = 12) -> int:
    """Identity switches of the tracks of `follow` at known places.

    Args:
        detections: for each frame the places (n, 2), pixels.
        gate: of the tracker, pixels.
        places: true places (frames, things, 2), nan where a thing does not count.
        frames: which frames they are of; None: all.
        reach: pixels within which a detection counts as the thing.
    """
    numbers, identities = follow(detections, gate), []
    for k, true in zip(frames or range(len(detections)), places, strict=True):
        at = identity_at(np.nan_to_num(true, nan=-1e6), detections[k], numbers[k], reach)
        identities.append(at)
    return count_switches(identities)


def compose(background, *, cars: int = 12, frames: int = 45, miss: float = 0.2, seed: int = 0):
    """Paint cars that drive straight on over a picture; a car may vanish for single frames.

    Args:
        background: (height, width), 0 to 255.
        cars: how many. frames: how many.
        miss: chance that a car is not painted in a frame (a pole, the road's own grey).
        seed: of the ways, the greys and what is missed.

    Returns:
        `video` (frames, height, width), and the true places `truth` (frames, cars, 2), x and y, nan
        within 5 pixels of the edge and beyond.
    """
    rng, (height, width) = np.random.default_rng(seed), np.shape(background)
    middle = rng.uniform((0.3 * width, 0.3 * height), (0.7 * width, 0.7 * height), (cars, 2))
    angle, pace = rng.uniform(0, 2 * np.pi, cars), rng.uniform(1, 3.5, cars)
    speed = np.column_stack([np.cos(angle), np.sin(angle)]) * pace[:, None]
    times = np.arange(frames)[:, None, None] - frames / 2
    truth = middle + times * speed + rng.normal(0, 0.5, (frames, cars, 2))
    grey = rng.choice([30.0, 240.0], cars)
    video = np.repeat(np.asarray(background, float)[None], frames, axis=0)
    for image, places in zip(video, truth, strict=True):
        for (x, y), paint, gone in zip(
            places.round().astype(int), grey, rng.random(cars), strict=True
        ):
            if gone >= miss:
                image[max(y - 4, 0) : max(y + 5, 0), max(x - 4, 0) : max(x + 5, 0)] = paint
    inside = ((truth > 5) & (truth < (width - 5, height - 5))).all(axis=2)
    return video, np.where(inside[..., None], truth, np.nan)
