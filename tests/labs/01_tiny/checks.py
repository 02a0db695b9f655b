"""Judges of the very small lab: what the hidden cells print, against what is expected."""

from lmlab.labs import near, variant


def task_1(out, student):
    return [near("double(21)", out["small"], 42), near("double of a float", out["large"], -9)]


def task_2(out, student):
    return [near("a list of three", out["three"], 321), near("an empty list", out["none"], 0)]


def task_3(out, student):
    own = int(variant("01_tiny", student).integers(1000, 10_000))
    return [near("three times your own number", out["three_times"], 3 * own)]
