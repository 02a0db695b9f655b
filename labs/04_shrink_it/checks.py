"""Judges of lab 4: what the hidden cells print, against values that never enter a kernel."""

import math
import re

import numpy as np

from lmlab.labs import entry, holds, near, own_number, variant
from lmlab.labs.public.lab_04_shrink_it import (
    Device,
    forward,
    own_budget,
    own_bytes,
    own_device,
    own_digits,
    own_layer_bytes,
    own_menu,
    own_network,
)

LAB = "04_shrink_it"
COUNT = 64 * 96 + 96 * 32 + 32 * 10
SCALES = 96 + 32 + 10
IMPORT = r"(?m:^)\s*(import|from)\s+"  # at the beginning of a line


def own(student, what):
    """The generator of a student for one of the data, as in the notebook."""
    return variant(f"{LAB} {what}", student)


def whole(matrix, bits, axis=None):
    """(whole numbers as floats, scales with both axes kept)."""
    levels = 2 ** (bits - 1) - 1
    scale = np.max(np.abs(matrix), axis=axis, keepdims=True) / levels
    scale = np.where(scale > 0, scale, 1.0)
    return np.rint(matrix / scale), scale


def rounded(net, bits, axis=None):
    return [np.multiply(*whole(part, bits, axis)) if part.ndim > 1 else part for part in net]


def reads(net, digits):
    """Whether a network reads each digit right."""
    return forward(net, digits.x).argmax(axis=1) == digits.y


def own_rounding(student):
    """(bound, zeros, silence, gain) for the student's loud matrix."""
    network = own_network(own(student, "network"))
    matrix, column = network.loud[0], network.neuron
    (numbers, scale), finer = whole(matrix, 8), np.multiply(*whole(matrix, 8, 0))
    gain = np.mean((matrix - numbers * scale) ** 2) / np.mean((matrix - finer) ** 2)
    bound = float(scale[0, 0]) / 2
    return bound, float(np.mean(numbers == 0)), silence(matrix, column, 8), float(gain)


def task_1(out, student, source):
    matrix = np.random.default_rng(1).normal(size=(7, 5)).round(3)
    each = {bits: whole(matrix, bits) for bits in (8, 4, 2)}
    negative = whole(-np.abs(matrix), 5)
    error = [float(np.abs(matrix - w * scale).max()) for w, scale in each.values()]
    bound, zeros, *_ = own_rounding(student)
    return [
        near("whole numbers of 8, 4, 2 bits", out["whole"], [w for w, _ in each.values()],
             hint="the nearest whole number, from -L to L", worth=3),
        near("their scales", out["scale"], [scale[0, 0] for _, scale in each.values()],
             hint="the largest |w| divided by L = 2^(b-1) - 1", worth=2),
        near("a matrix without a positive weight", entry(out["negative"], 0), negative[0],
             hint="the largest |w|, not the largest w"),
        near("a matrix of zeros", [*_list(out["zeros"]), out["one"]],
             [[[0.0, 0.0], [0.0, 0.0]], 1.0], hint="its scale is 1"),
        near("the bound", out["bound"], [scale[0, 0] / 2 for _, scale in each.values()],
             hint="how far from a weight is the nearer of its two neighbours, at most?", worth=2),
        near("largest errors", out["error"], error, hint="whole · scale against W"),
        holds("the rounding is your own", isinstance(out["whole"], list) and not
              re.search(rf"{IMPORT}(tensorflow|torch|keras|onnx)|fake_quant", source),
              hint="it was asked for", worth=2),
        own_number("my_bound", entry(out["mine"], 0), bound, source, tol=6e-5, worth=2),
        own_number("my_zeros", entry(out["mine"], 1), zeros, source, tol=6e-5, worth=2),
    ]  # fmt: skip


def silence(matrix, column, bits):
    others = np.abs(np.delete(matrix, column, axis=1)).max()
    return float(2 * (2 ** (bits - 1) - 1) * others / np.abs(matrix[:, column]).max())


def task_2(out, student, source):
    matrix = np.random.default_rng(2).normal(size=(6, 4)) * np.array([1, 0.01, 50, 1])
    each = [whole(matrix, bits, 0) for bits in (8, 3)]
    empty = whole(matrix * np.array([1, 1, 0, 1]), 4, 0)
    limits = [silence(matrix, 0, 8), silence(matrix[:, :2], 1, 4), silence(matrix, 2, 8)]
    hint = "one scale: half a step is f · max|column| / (2 L); when is it above all other weights?"
    *_, still, gain = own_rounding(student)
    return [
        near("whole numbers", out["whole"], [w for w, _ in each],
             hint="each column by its own largest |w|", worth=2),
        near("scales of shape (1, columns)", out["scales"], [scale for _, scale in each],
             hint="keepdims=True"),
        near("a column of zeros: whole numbers", entry(out["empty"], 0), empty[0],
             hint="its scale is 1"),
        near("a column of zeros: scales", entry(out["empty"], 1), empty[1],
             hint="its scale is 1"),
        near("bytes of three matrices", out["bytes"], [3456, 14, 1],
             hint="8 bits a byte, rounded up; 4 bytes a scale", worth=2),
        near("three factors of silence", out["silence"], limits, hint=hint, worth=3),
        near("silence at 2 bits, all weights turned round", out["last"],
             silence(matrix[:, [1, 3]], 1, 2), hint=hint),
        own_number("my_silence", entry(out["mine"], 0), still, source, tol=6e-4, worth=2),
        own_number("my_gain", entry(out["mine"], 1), gain, source, tol=0.01 * gain, worth=2),
    ]  # fmt: skip


def paired(right, rival):
    more = right.astype(float) - rival.astype(float)
    half = 1.96 * math.sqrt(np.var(more, ddof=1) / len(more)) if more.any() else 3 / len(more)
    return [float(more.mean()), float(more.mean() - half), float(more.mean() + half)]


def own_losses(student):
    """(accuracy with one scale and 8 bits, low, high of 4 bits by column)."""
    loud, (validation, _) = own_network(own(student, "network")).loud, held_out(student)
    one = reads(rounded(loud, 8), validation)
    _, low, high = paired(reads(rounded(loud, 4, 0), validation), reads(loud, validation))
    return float(one.mean()), low, high


def held_out(student):
    return own_digits(own(student, "digits"))


def task_3(out, student, source):
    rng = np.random.default_rng(3)
    right = rng.random(60) < 0.9
    rival = np.where(rng.random(60) < 0.1, ~right, right)
    net = [rng.normal(size=shape) for shape in ((3, 4), (4,), (4, 2), (2,))]
    said = [(part + part**2 if part.ndim > 1 else part).ravel() for part in net]
    mean, *ends = paired(right, rival)
    eight, low, high = own_losses(student)
    parts = [entry(out["changed"], place) for place in range(4)]
    return [
        holds("matrices change, biases do not", all(
              near("", got, want).ok for got, want in zip(parts, said, strict=True)),
              hint="a bias has one axis", worth=2),
        near("the network stays as it was", out["kept"], 0.0, hint="make new arrays"),
        near("the mean difference", out["mean"], mean, hint="right minus rival"),
        near("both ends", out["ends"], ends, tol=1e-4,
             hint="the spread of the differences, digit by digit, with ddof=1", worth=3),
        near("two that agree on all digits", out["agree"], [0.0, -0.05, 0.05], hint="3 / n"),
        holds("the interval is your own", isinstance(out["ends"], list) and not
              re.search(rf"ttest_\w+\(|{IMPORT}(scipy|statsmodels)", source),
              hint="it was asked for", worth=2),
        own_number("my_eight", entry(out["mine"], 0), eight, source, tol=6e-5, worth=2),
        own_number("my_low", entry(out["mine"], 1), low, source, tol=6e-5),
        own_number("my_high", entry(out["mine"], 2), high, source, tol=6e-5),
    ]  # fmt: skip


def kept_for(count, budget):
    """By a formula for each of the two lists."""
    best = max((budget - math.ceil(count / 8)) // 4, budget // 6, 0)
    return min(best, count)


def pruned(net, kept):
    parts = np.concatenate([part.ravel() for part in net[::2]])
    stays = np.zeros(len(parts), bool)
    stays[np.argsort(-np.abs(parts), kind="stable")[:kept]] = True
    after, place = [], 0
    for part in net:
        if part.ndim > 1:
            mask = stays[place : place + part.size].reshape(part.shape)
            part, place = part * mask, place + part.size
        after.append(part)
    return after


def own_pruning(student):
    """(kept, accuracy pruned, accuracy rounded by column at the same bytes, bits)."""
    quiet, (validation, _) = own_network(own(student, "network")).quiet, held_out(student)
    budget = own_bytes(own(student, "bytes"))
    kept, bits = kept_for(COUNT, budget), min(8, 8 * (budget - 4 * SCALES) // COUNT)
    both = [reads(net, validation).mean() for net in (pruned(quiet, kept), rounded(quiet, bits, 0))]
    return kept, *map(float, both), bits


def task_4(out, student, source):
    rng = np.random.default_rng(4)
    net = [rng.normal(size=shape) for shape in ((5, 4), (4,), (4, 3), (3,))]
    net[2] = net[2] * 5
    wanted = [part.ravel() for part in pruned(net, 9)]
    kept, cut, finer, _ = own_pruning(student)
    parts = [entry(out["pruned"], place) for place in range(4)]
    cases = (1000, 600), (1000, 1500), (20, 900)
    return [
        near("bytes of four lists", out["bytes"], [60, 1326, 5, 0],
             hint="4 bytes a weight, and the cheaper list: a bit for each place, or 2 bytes for "
             "each that is kept", worth=3),
        near("how many fit", out["kept"], [kept_for(*case) for case in cases],
             hint="the largest number within the budget, its places paid, no more than there are",
             worth=2),
        holds("the nine largest of both matrices", all(
              near("", got, want).ok for got, want in zip(parts, wanted, strict=True)),
              hint="by |w|, over all matrices together; the biases stay", worth=3),
        near("fourteen stay", out["left"], 14),
        own_number("my_kept", entry(out["mine"], 0), kept, source, worth=2),
        own_number("my_pruned", entry(out["mine"], 1), cut, source, tol=6e-5, worth=2),
        own_number("my_rounded", entry(out["mine"], 2), finer, source, tol=6e-5, worth=2),
    ]  # fmt: skip


def best_product(matrix, rank):
    """By the eigenvectors of W Wᵀ: the projection on the `rank` first."""
    _, vectors = np.linalg.eigh(matrix @ matrix.T)
    first = vectors[:, ::-1][:, :rank]
    return first @ first.T @ matrix


def own_factors(student):
    """(rank, accuracy with a product, bits, accuracy rounded) for the first matrix."""
    quiet, (validation, _) = own_network(own(student, "network")).quiet, held_out(student)
    room = own_layer_bytes(own(student, "layer"))
    rank, bits = room // (4 * 160), min(8, 8 * (room - 4 * 96) // (64 * 96))
    nets = [[first, *quiet[1:]] for first in
            (best_product(quiet[0], rank), np.multiply(*whole(quiet[0], bits, 0)))]  # fmt: skip
    thin, finer = (float(reads(net, validation).mean()) for net in nets)
    return rank, thin, bits, finer


def task_5(out, student, source):
    matrix = np.random.default_rng(5).normal(size=(6, 9))
    rank, thin, bits, _ = own_factors(student)
    return [
        near("the product of rank 3", out["product"], best_product(matrix, 3),
             hint="the largest singular values, each used once", worth=2),
        near("shapes of the factors", out["shapes"], [[6, 2], [2, 9]]),
        near("three ranks", out["rank"], [4, 4, 6],
             hint="4 bytes for each of r (m + n) numbers; at most the smaller side", worth=2),
        near("where a product stops saving", out["even"], [38, 1, 3],
             hint="r (m + n) below m n, truly", worth=2),
        near("six bits", out["bits"], [0, 2, 3, 4, 6, 8],
             hint="the scales of the columns are paid first; 8 at most, 1 is none"),
        holds("the factors are your own", isinstance(out["product"], list) and not
              re.search(rf"{IMPORT}sklearn|(TruncatedSVD|PCA|NMF|randomized_svd)\(", source),
              hint="from the singular values", worth=2),
        own_number("my_rank", entry(out["mine"], 0), rank, source),
        own_number("my_low_rank", entry(out["mine"], 1), thin, source, tol=6e-5, worth=2),
        own_number("my_bits", entry(out["mine"], 2), bits, source),
    ]  # fmt: skip


def beats(sizes, right, one, other):
    """Whether row `one` is not larger and not less accurate, and one of both truly better."""
    better = sizes[one] < sizes[other] or right[one] > right[other]
    return sizes[one] <= sizes[other] and right[one] >= right[other] and better


def frontier(sizes, right):
    rows = range(len(sizes))
    left = [r for r in rows if not any(beats(sizes, right, other, r) for other in rows)]
    return sorted(left, key=lambda row: (sizes[row], row))


def choose(sizes, right, limit):
    order = np.lexsort((np.arange(len(sizes)), sizes, -np.asarray(right)))
    return int(next(row for row in order if sizes[row] <= limit))


def smallest(sizes, right, loss):
    order = np.lexsort((-np.asarray(right), sizes))
    return int(next(row for row in order if right[row] >= right[0] - loss))


def own_offer(student):
    return own_menu(own(student, "network"), own(student, "digits"), own(student, "menu"))


def own_choice(student):
    """(row chosen, smallest row within a point, its test accuracy, mean, low, high)."""
    menu = own_offer(student)
    right = menu.validation.mean(axis=1)
    row = choose(menu.sizes, right, own_budget(own(student, "budget")))
    reading = menu.test[row]
    return (
        row,
        smallest(menu.sizes, right, 0.01),
        float(reading.mean()),
        *paired(reading, menu.test[0]),
    )


def task_6(out, student, source):
    sizes = np.array([900, 300, 300, 500, 200, 450, 100, 700, 500])
    right = np.array([0.90, 0.80, 0.85, 0.93, 0.60, 0.85, 0.60, 0.91, 0.93])
    row, small, accuracy, _, low, _ = own_choice(student)
    chosen = [choose(sizes, right, limit) for limit in (1000, 460, 250, 100)]
    return [
        near("the frontier of nine, with twins", out["frontier"], frontier(sizes, right),
             hint="not larger and not less accurate, and one of both truly better", worth=3),
        near("the frontier of three", out["first"], [2, 0], hint="of equal bytes the better one"),
        near("four choices", out["choose"], chosen,
             hint="the most accurate within the limit; of equal ones the smallest", worth=2),
        near("the smallest for four losses", out["smallest"],
             [smallest(sizes, right, loss) for loss in (0.0, 0.06, 0.12, 0.5)],
             hint="against row 0; of equally small ones the most accurate", worth=2),
        own_number("my_choice", entry(out["mine"], 0), row, source, worth=2),
        own_number("my_smallest", entry(out["mine"], 1), small, source),
        own_number("my_test", entry(out["mine"], 2), accuracy, source, tol=6e-5),
        own_number("my_test_low", entry(out["mine"], 3), low, source, tol=6e-5, worth=2),
    ]  # fmt: skip


def times(shapes, batch, bits, device):
    """(seconds of the operations, seconds of the bytes)."""
    m, n = np.array(shapes).T
    flow = np.sum(m * n) * bits / 8 + 4 * batch * np.sum(m + n)
    return float(2 * batch * np.sum(m * n) / device.operations), float(flow / device.bytes)


def turn(shapes, bits, device):
    """By looking at one batch after the other."""
    for batch in range(1, 5000):
        work, flow = times(shapes, batch, bits, device)
        if work >= flow:
            return batch
    return math.inf


def own_speed(student):
    """(turn with 32 bits, how many times faster 4 bits are at the student's batch)."""
    shapes, device, batch = own_device(own(student, "device"))
    slow, fast = (max(times(shapes, batch, bits, device)) for bits in (32, 4))
    return turn(shapes, 32, device), slow / fast


def task_7(out, student, source):
    shapes, slow = [(30, 50), (50, 7)], Device(3000.0, 1100.0)
    where, speed = own_speed(student)
    return [
        near("operations", out["operations"], [3700, 33300],
             hint="two for each weight and row; bits and zeros do not matter"),
        near("bytes moved", out["moved"], [7948.0, 5857.0],
             hint="weights once, rows in and out with 4 bytes a number", worth=2),
        near("three times", out["seconds"],
             [max(times(shapes, batch, 32, slow)) for batch in (1, 5, 80)],
             hint="the longer one: both go on at once", worth=2),
        near("three turns", out["turns"], [turn(shapes, bits, slow) for bits in (32, 8, 4)],
             hint="fixed bytes over (operations − bytes of a row), as times, rounded up", worth=2),
        holds("a device that only ever waits for bytes", out["never"] == "inf",
              hint="then there is no such batch: math.inf"),
        own_number("my_turn", entry(out["mine"], 0), where, source, worth=2),
        own_number("my_speed", entry(out["mine"], 1), speed, source, tol=6e-4, worth=2),
    ]  # fmt: skip


def _list(values):
    return values if isinstance(values, list) else [values]
