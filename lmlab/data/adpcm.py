"""IMA ADPCM: sound at four bits a sample, as telephones and game consoles kept it.

Each code says by how many steps the next sample leaves the last one; the step grows after large
moves and shrinks after small ones. Many clips are coded side by side, one sample at a time.
"""

import numpy as np

__all__ = ["decode", "encode"]

FIRST = (7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60)
MORE = (66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371)
LATER = (408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878)
LAST = (2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845)
TOP = (8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086)
STEPS = np.array([*FIRST, *MORE, *LATER, *LAST, *TOP, 29794, 32767])  # (89,), as the IMA lists them
MOVES = np.array([-1, -1, -1, -1, 2, 4, 6, 8] * 2)  # what a code does to the place in STEPS


def encode(samples: np.ndarray) -> np.ndarray:
    """Code sound.

    Args:
        samples: (clips, T) int16, T even.

    Returns:
        (clips, T / 2) uint8, two codes a byte, the earlier one in the low half.
    """
    samples = np.asarray(samples, int)
    codes, (value, place) = np.zeros(samples.shape, np.uint8), np.zeros((2, len(samples)), int)
    for t, wanted in enumerate(samples.T):
        step, gap = STEPS[place], wanted - value
        code = np.minimum(np.abs(gap) * 4 // step, 7) + 8 * (gap < 0)
        codes[:, t] = code
        value, place = _move(value, place, code)
    return codes[:, ::2] | codes[:, 1::2] << 4


def decode(coded: np.ndarray) -> np.ndarray:
    """Undo `encode`, up to the rounding of the codes.

    Args:
        coded: (clips, n) uint8.

    Returns:
        (clips, 2 n) int16.
    """
    coded = np.asarray(coded, np.uint8)
    codes = np.stack([coded & 15, coded >> 4], axis=2).reshape(len(coded), -1).astype(int)
    out, (value, place) = np.zeros(codes.shape, np.int16), np.zeros((2, len(codes)), int)
    for t, code in enumerate(codes.T):
        value, place = _move(value, place, code)
        out[:, t] = value
    return out


def _move(value, place, code):
    size = STEPS[place] * (2 * (code & 7) + 1) // 8
    value = np.clip(value + np.where(code & 8, -size, size), -32768, 32767)
    return value, np.clip(place + MOVES[code], 0, len(STEPS) - 1)
