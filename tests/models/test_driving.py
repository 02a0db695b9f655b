"""The simulated road of chapter 2.6: its camera, its loop, its steering."""

import numpy as np
import pytest

from lmlab.models.driving import (
    DRAWN,
    STEP,
    Vehicle,
    camera,
    drive,
    follow_lane,
    shots,
    training_frames,
)


def blind(frames):
    return np.zeros(len(frames), bool), np.full(len(frames), 30.0)


def test_a_car_of_known_size_covers_the_pixels_of_its_perspective():
    looks = np.array([0.3]), np.array([0.0])
    pair = [
        camera(np.random.default_rng(0), np.array([gap]), np.array([False]), looks)[0]
        for gap in (12.0, np.inf)
    ]
    rows, columns = np.nonzero(pair[0] - pair[1] > 0.25)
    # 48 / 12 = 4 pixels a metre: 7.2 wide around column 12, from row 4.6 down to row 10.6
    assert (rows.min(), rows.max()) == (5, 9) and (columns.min(), columns.max()) == (9, 14)


def test_glare_takes_three_quarters_of_the_contrast():
    looks = np.full(400, 0.3), np.zeros(400)
    sky = []
    for glare in (False, True):
        frames = camera(np.random.default_rng(1), np.full(400, np.inf), np.full(400, glare), looks)
        sky.append(np.mean(frames[:, :5].mean((1, 2)) - frames[:, 5:].mean((1, 2))))
    assert sky[0] == pytest.approx(0.25, abs=0.02) and sky[1] / sky[0] == pytest.approx(
        0.25, abs=0.03
    )


def test_training_frames_say_what_they_show():
    x, y = training_frames(np.random.default_rng(0), 500)
    assert x.shape == (500, 20, 24, 1) and x.dtype == y.dtype == np.float32
    assert set(y[:, 0]) == {0, 1} and x.min() >= 0 and x.max() <= 1
    gaps = 20 * np.exp(y[y[:, 0] == 1, 1])
    assert gaps.min() > 2.9 and gaps.max() < 90.1 and not y[y[:, 0] == 0, 1].any()
    assert np.array_equal(shots(3, 20.0, 5), shots(3, 20.0, 5))


def test_who_sees_exactly_stands_where_the_formula_says():
    v, vehicle = 15.0, Vehicle(need=1, gain=1.0)
    run = drive(None, v, vehicle, n=200)
    way = v**2 / (2 * vehicle.planned) + v * vehicle.time_gap + vehicle.margin
    used = v * vehicle.delay + v**2 / (2 * vehicle.brakes)
    assert not run.crash.any() and run.misses == 0
    # it brakes in the first frame below the planned way, so at most one step later
    assert run.left.max() <= way - used + 0.3 and run.left.min() >= way - used - v * STEP - 0.3


def test_who_sees_nothing_crashes_at_full_speed_and_who_stops_blind_less_often():
    run = drive(blind, 20, n=50)
    assert run.crash.all() and np.all(run.impact == 20) and run.misses == 1 and not run.braked.any()
    careful = drive(blind, 10, Vehicle(stops_blind=True), n=200)
    assert 0 < careful.crash.mean() < 1 and careful.braked.mean() >= 1 - careful.crash.mean()


def test_the_control_keeps_the_share_of_glare_and_changes_its_runs():
    dull = {}
    for drawn in DRAWN:
        seen = []

        def record(frames, seen=seen):
            seen.append(frames[:, :5].mean((1, 2)) - frames[:, 5:].mean((1, 2)) < 0.12)
            return blind(frames)

        drive(record, 10, n=400, drawn=drawn)
        flags = np.array(seen[:30])
        again = flags[1:][flags[:-1]].mean()  # glare that is followed by glare
        dull[drawn] = flags.mean(), again
    share = [value[0] for value in dull.values()]
    assert np.ptp(share) < 0.05 and dull[DRAWN[0]][1] > 0.85 > 0.3 > dull[DRAWN[1]][1]


def test_a_third_contradiction_restarts_the_track():
    gaps = iter([10.0, 10.0, *[80.0] * 400])
    run = drive(lambda f: (np.ones(len(f), bool), np.full(len(f), next(gaps))), 5, n=1)
    assert run.trace[1, 1] < 12 and run.trace[4, 1] == 80


def test_the_road_says_what_is_wrong():
    with pytest.raises(ValueError, match="`speed` must be positive, got 0"):
        drive(None, 0)
    with pytest.raises(ValueError, match="`drawn` must be one of"):
        drive(None, 5, drawn="never")
    with pytest.raises(ValueError, match="`ahead` and `speed` must be positive, got -1 and 5"):
        follow_lane(-1, 5)


def test_steering_follows_the_lane_without_delay_and_swings_off_with_too_short_a_look():
    places, errors = follow_lane(8, 10, delay=0.0)
    assert errors[0] == pytest.approx(2, abs=0.1) and errors[len(errors) // 4 :].max() < 0.5
    assert len(places) == len(errors)
    assert follow_lane(3, 20)[1].max() > 5


def test_a_spell_of_glare_lasts_as_long_as_it_says():
    dull = []  # (steps, n): whether sky and road look alike

    def look(frames):
        dull.append(frames[:, :5].mean((1, 2)) - frames[:, 5:].mean((1, 2)) < 0.15)
        return blind(frames)

    for share in (0.15, 0.5):
        dull.clear()
        drive(look, 6, n=6000, empty=True, glare_share=share, glare_seconds=2.0)
        glare = np.array(dull)
        ends = np.mean(~glare[1:][glare[:-1]])  # chance that a spell ends in a step
        assert np.mean(glare) == pytest.approx(share, abs=0.02)
        assert STEP / ends == pytest.approx(2.0, abs=0.25), share
    dull.clear()
    drive(look, 6, n=50, empty=True, glare_share=0.0)
    assert not np.any(dull)
    with pytest.raises(ValueError, match=r"`glare_seconds` must be at least 0\.24, got 0\.2"):
        drive(None, 6, glare_seconds=0.2)
