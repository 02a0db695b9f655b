"""The pictures of chapter 2.6: a camera's frame, risks, a way, tracks. Figures come back."""

import matplotlib.pyplot as plt
import numpy as np

from lmlab.figures import BLUE, COLOURS, ORANGE, RED

__all__ = ["draw_camera", "draw_lane", "draw_risk", "draw_tracks"]


def draw_camera(frames, titles):
    """Frames (n, height, width) in [0, 1] side by side, each with its title."""
    figure, axes = plt.subplots(1, len(frames), figsize=(5.6, 1.9))
    for ax, frame, title in zip(axes, frames, titles, strict=True):
        ax.imshow(frame, cmap="gray", vmin=0, vmax=1)
        ax.set_title(title, fontsize=9)
        ax.set_axis_off()
    return figure


def draw_risk(speeds, shares, intervals, speed, title: str):
    """Share of collisions at each speed with its interval (n, 2); one speed stands out."""
    figure, ax = plt.subplots(figsize=(5.6, 2.4))
    for v, share, (low, high) in zip(speeds, shares, intervals, strict=True):
        color, marker = (RED, "s") if v == speed else (BLUE, "o")
        ax.plot([v, v], [100 * low, 100 * high], "-", color=color)
        ax.plot(v, 100 * share, marker, color=color)
    ax.set(ylim=(-1, 45), xlabel="speed (m/s)", ylabel="collisions (%)")
    ax.set_title(title, fontsize=10)
    return figure


def draw_lane(places, errors, title: str):
    """The way (steps, 2) of a vehicle in metres, and its distance from the lane (steps,)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.8, 2.3))
    left.plot(*places.T, color=BLUE)
    left.set(xlim=(0, 200), ylim=(-10, 130), xlabel="east (m)", ylabel="north (m)")
    right.plot(np.linspace(0, 100, len(errors)), errors, color=ORANGE)
    right.set(ylim=(0, 8), xlabel="share of the drive (%)", ylabel="off the lane (m)")
    figure.suptitle(title, fontsize=10)
    return figure


def draw_tracks(frame, detections, numbers, title: str):
    """A frame and the ways of all tracks up to its time, from their places and numbers."""
    figure, ax = plt.subplots(figsize=(3.6, 3.0))
    ax.imshow(frame, cmap="gray", vmin=0, vmax=255)
    places, names = np.concatenate(detections), np.concatenate(numbers)
    for name in np.unique(names):
        x, y = places[names == name].T
        ax.plot(x, y, "-", color=COLOURS[name % 6], linewidth=1.5)
    ax.set(xlim=(0, frame.shape[1]), ylim=(frame.shape[0], 0))
    ax.set_axis_off()
    ax.set_title(title, fontsize=10)
    return figure
