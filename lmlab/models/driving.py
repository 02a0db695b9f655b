"""A small road: what its camera shows, a vehicle that sees, tracks, plans and brakes, and steering.

Used by chapter 2.6, where each part is explained. NumPy only; the network comes from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "CENTRE",
    "DRAWN",
    "STEP",
    "Encounters",
    "Vehicle",
    "camera",
    "draw_looks",
    "drive",
    "follow_lane",
    "shots",
    "training_frames",
]

STEP = 0.2  # seconds from one frame to the next
HEIGHT, WIDTH, HORIZON, FOCAL = 20, 24, 5, 48.0  # pixels
CAR_WIDTH, CAR_HEIGHT, CAMERA_HEIGHT = 1.8, 1.5, 1.4  # metres
GLARE = 0.15  # share of the frames
DRAWN = ("as on the road", "glare drawn afresh", "all drawn afresh")


def _cover(low, high, size):
    """Share of each of `size` pixels between `low` and `high`, both (n,): (n, size)."""
    edge = np.arange(size)
    return np.clip(np.minimum(high[:, None], edge + 1) - np.maximum(low[:, None], edge), 0, 1)


def draw_looks(rng: np.random.Generator, n: int):
    """How much brighter than the road n cars are (0.15 to 0.4 either way), and where (pixels)."""
    return rng.uniform(0.15, 0.4, n) * rng.choice([-1, 1], n), rng.uniform(-3, 3, n)


def camera(rng: np.random.Generator, gap, glare, looks) -> np.ndarray:
    """Frames of a camera 1.4 m above the road; the rear of a car ahead is 1.8 m by 1.5 m.

    Args:
        rng: source of the noise, of the brightness of the road and of a shadow in a third of them.
        gap: metres to the car, (n,); `inf` for an empty road.
        glare: whether the sun takes three quarters of the contrast, (n,) bool.
        looks: as `draw_looks` returns them.

    Returns:
        Grey frames (n, 20, 24) float32 in [0, 1]. Row 5 is the horizon.
    """
    n = len(gap)
    image = np.repeat(rng.uniform(0.4, 0.6, n), HEIGHT).reshape(n, HEIGHT, 1)
    image = image.repeat(WIDTH, axis=2).astype("float32")
    image[:, :HORIZON] += 0.25
    top, deep = rng.uniform(HORIZON, HEIGHT, n), rng.uniform(0.5, 3, n)
    dark = (rng.random(n) < 1 / 3) * rng.uniform(-0.25, 0.25, n)
    image += (dark[:, None] * _cover(top, top + deep, HEIGHT))[:, :, None]
    scale = FOCAL / np.maximum(np.where(np.isfinite(gap), gap, 1e9), 1.0)  # pixels a metre
    brighter, middle = looks[0], WIDTH / 2 + looks[1]
    roof, tyres = scale * (CAMERA_HEIGHT - CAR_HEIGHT), scale * CAMERA_HEIGHT
    rows = brighter[:, None] * _cover(HORIZON + roof, HORIZON + tyres, HEIGHT)
    half = scale * CAR_WIDTH / 2
    image += rows[:, :, None] * _cover(middle - half, middle + half, WIDTH)[:, None, :]
    image[glare] = 0.7 + 0.25 * (image[glare] - 0.5)
    image += 0.04 * rng.standard_normal(image.shape, dtype="float32")
    return np.clip(image, 0, 1)


def shots(seed: int, gap: float, n: int = 4000, share: float = GLARE) -> np.ndarray:
    """n frames (n, 20, 24) of different cars at one gap (`inf`: none), a share of them in glare."""
    rng = np.random.default_rng(seed)
    return camera(rng, np.full(n, gap), rng.random(n) < share, draw_looks(rng, n))


def training_frames(rng: np.random.Generator, n: int):
    """Frames, half of them with a car at 3 to 90 m, and what they show.

    Returns:
        `x` (n, 20, 24, 1) float32; `y` (n, 2) float32: whether there is a car, log(gap / 20 m).
    """
    gap = np.exp(rng.uniform(np.log(3), np.log(90), n))
    gap[rng.random(n) < 0.5] = np.inf
    x = camera(rng, gap, rng.random(n) < GLARE, draw_looks(rng, n))
    there = np.isfinite(gap)
    return x[..., None], np.column_stack([there, np.log(np.where(there, gap, 20) / 20)]).astype(
        "f4"
    )


@dataclass(frozen=True)
class Vehicle:
    """What the vehicle does with what it sees.

    Attributes:
        planned: deceleration that the planner reckons with, m/s².
        brakes: deceleration that the brakes deliver, m/s².
        time_gap: seconds that the planner allows for everything that takes time.
        delay: seconds from the decision to the brakes, a multiple of the frame time.
        margin: metres that should be left.
        stops_blind: whether it also brakes after two frames in which sky and road look alike.
        gain: of the Kalman filter, in (0, 1].
        gate: a measured gap further from the predicted one than this factor is not the same car.
        need: frames in which a car must be seen before it counts.
        memory: seconds that a car is kept in mind without being seen.
    """

    planned: float = 5.0
    brakes: float = 7.0
    time_gap: float = 0.8
    delay: float = 0.4
    margin: float = 2.0
    stops_blind: bool = False
    gain: float = 0.3
    gate: float = 1.6
    need: int = 2
    memory: float = 2.0


@dataclass(frozen=True)
class Encounters:
    """What became of n encounters with a standing car.

    Attributes:
        crash: (n,) bool. impact: speed at it, m/s, (n,). left: metres left when it stood, (n,).
        braked: (n,) bool, whether it ever braked. misses: share of frames with the car closer than
            40 m in which it was not seen. trace: (steps, 4): gap, estimate, speed, seen, of one.
    """

    crash: np.ndarray
    impact: np.ndarray
    left: np.ndarray
    braked: np.ndarray
    misses: float
    trace: np.ndarray


def drive(
    see: Callable | None,
    speed: float,
    vehicle: Vehicle = Vehicle(),
    *,
    n: int = 300,
    seed: int = 0,
    drawn: str = DRAWN[0],
    glare_seconds: float = 3.0,
    glare_share: float = GLARE,
    empty: bool = False,
) -> Encounters:
    """Drive n vehicles towards a standing car that comes into view at 70 to 100 m.

    One step of the loop: the camera takes a frame, `see` says whether it shows a car and how far
    it is, the tracker joins this to what it expects, the planner compares the gap with the way to
    a stop, and the brakes follow after their delay. What the vehicle does changes the next frame.

    Args:
        see: frames (m, 20, 24) -> seen (m,) bool, gap (m,) metres; None sees everything exactly.
        speed: m/s at the start.
        vehicle: the vehicle.
        n: number of encounters.
        seed: of everything that is drawn.
        drawn: "as on the road": glare comes in spells, a car keeps its look; "glare drawn afresh"
            or "all drawn afresh" in each frame, with the same chance of glare and of each look.
        glare_seconds: mean length of a spell.
        glare_share: share of the frames in glare, below 1.
        empty: no car at all, for 10 seconds: who brakes brakes for nothing.

    Returns:
        The encounters.

    Raises:
        ValueError: `speed` is not positive, `drawn` is unknown, or a spell is too short.
    """
    anew = STEP / (glare_seconds * (1 - glare_share))  # who draws anew may draw glare again
    if anew > 1:
        raise ValueError(
            f"`glare_seconds` must be at least {STEP / (1 - glare_share):.2f}, got {glare_seconds}"
        )
    if speed <= 0:
        raise ValueError(f"`speed` must be positive, got {speed}")
    if drawn not in DRAWN:
        raise ValueError(f"`drawn` must be one of {DRAWN}, got {drawn!r}")
    rng, stay = np.random.default_rng(seed), 1 - anew
    gap, v = rng.uniform(70, 100, n), np.full(n, float(speed))
    if empty:
        gap[:] = np.inf
    glare, looks = rng.random(n) < glare_share, draw_looks(rng, n)
    track, (seen, quiet, blind) = np.full(n, np.nan), np.zeros((3, n), int)
    braked, crash, impact = np.zeros(n, bool), np.zeros(n, bool), np.zeros(n)
    waiting = np.zeros((n, round(vehicle.delay / STEP) + 1), bool)
    on, trace, near, missed = np.arange(n), [], 0, 0
    while len(on) and not (empty and len(trace) == 50):
        if drawn != DRAWN[0]:
            glare = rng.random(n) < glare_share
        if drawn == DRAWN[2]:
            looks = draw_looks(rng, n)
        frames = camera(rng, gap[on], glare[on], (looks[0][on], looks[1][on]))
        hit, z = see(frames) if see else (np.ones(len(on), bool), gap[on])
        near, missed = near + np.sum(gap[on] < 40), missed + np.sum(~hit & (gap[on] < 40))
        track[on], seen[on], quiet[on] = _join(
            track[on] - v[on] * STEP, seen[on], quiet[on], hit, z, vehicle
        )
        way = v[on] ** 2 / (2 * vehicle.planned) + v[on] * vehicle.time_gap + vehicle.margin
        braked[on] |= (seen[on] >= vehicle.need) & (np.nan_to_num(track[on], nan=np.inf) < way)
        dull = frames[:, :HORIZON].mean((1, 2)) - frames[:, HORIZON:].mean((1, 2)) < 0.12
        blind[on] = np.where(dull, blind[on] + 1, 0)
        braked[on] |= vehicle.stops_blind & (blind[on] >= 2)
        trace.append((gap[0], track[0], v[0], float(hit[0]) if on[0] == 0 else np.nan))
        waiting[:, 1:], waiting[:, 0] = waiting[:, :-1].copy(), braked
        before = v[on]
        v[on] = np.maximum(before - vehicle.brakes * STEP * waiting[on, -1], 0)
        gap[on] -= _way(before, v[on], vehicle.brakes)
        into = on[gap[on] <= 0]
        crash[into], impact[into] = True, v[into]
        on = on[(gap[on] > 0) & (v[on] > 0)]
        glare = np.where(rng.random(n) < stay, glare, rng.random(n) < glare_share)
    return Encounters(crash, impact, gap, braked, missed / max(near, 1), np.array(trace))


def _way(before, after, brakes):
    """Metres in one step; who comes to a stand within it goes v²/2a."""
    return np.where(after > 0, (before + after) / 2 * STEP, before**2 / (2 * brakes))


def _join(expected, seen, quiet, hit, z, vehicle):
    """One step of the tracker for m vehicles: new tracks, hits and frames since the last hit."""
    alive = np.isfinite(expected)
    ratio = np.log(np.maximum(z, 0.5) / np.maximum(np.where(alive, expected, 1), 0.5))
    same = hit & alive & (np.abs(ratio) < np.log(vehicle.gate))
    new = hit & ~same & (~alive | (quiet >= 2))  # the third frame that contradicts is believed
    track = np.where(same, expected + vehicle.gain * (z - expected), expected)
    track, seen = np.where(new, z, track), np.where(new, 1, seen + same)
    quiet = np.where(same | new, 0, quiet + 1)
    patience = np.where(seen < vehicle.need, 2, round(vehicle.memory / STEP))
    gone = quiet > patience
    return np.where(gone, np.nan, track), np.where(gone, 0, seen), quiet


CENTRE = 120.0  # metres to the bend of `follow_lane`


def follow_lane(ahead: float, speed: float, *, delay: float = 0.3, radius: float = 60.0):
    """Steer by pure pursuit: a straight, then a bend of 90 degrees, 2 m beside the lane at first.

    The vehicle aims at the point of the lane that is `ahead` metres further on and steers the arc
    that leads there, with the curvature 2 y / ahead², `y` its distance to the side.

    Args:
        ahead: look-ahead, m. speed: m/s. delay: s until a command is steered. radius: m, the bend.

    Returns:
        Places of the vehicle (steps, 2), and their distances from the lane (steps,), m.

    Raises:
        ValueError: `ahead` or `speed` is not positive.
    """
    if ahead <= 0 or speed <= 0:
        raise ValueError(f"`ahead` and `speed` must be positive, got {ahead} and {speed}")
    bend, dt = radius * np.pi / 2, 0.02
    s = np.arange(0, CENTRE + bend + 150, 0.25)
    angle = np.clip(s - CENTRE, 0, bend) / radius
    lane = np.cumsum(np.column_stack([np.cos(angle), np.sin(angle)]) * 0.25, axis=0)
    place, heading, near = np.array([0.0, 2.0]), 0.0, 0
    waiting, places, errors = [0.0] * round(delay / dt), [], []
    while s[near] < CENTRE + bend + 60:
        window = lane[near : near + 60]
        near += int(np.argmin(np.sum((window - place) ** 2, axis=1)))
        to = lane[min(near + round(ahead / 0.25), len(lane) - 1)] - place
        side = -np.sin(heading) * to[0] + np.cos(heading) * to[1]
        waiting.append(np.clip(2 * side / np.sum(to**2), -0.15, 0.15))
        heading += waiting.pop(0) * speed * dt
        place = place + speed * dt * np.array([np.cos(heading), np.sin(heading)])
        places.append(place)
        errors.append(np.sqrt(np.min(np.sum((window - place) ** 2, axis=1))))
        if errors[-1] > 8 or len(places) > 4000:
            break
    return np.array(places), np.array(errors)
