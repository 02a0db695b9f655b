"""Draw the next token from a model's logits: temperature, top-k, top-p."""

import math

import numpy as np

from lmlab.models.device import keras

__all__ = ["choose_token", "options_of", "require"]


def choose_token(logits, noise, temperature=None, top_k=None, top_p=None):
    """Draw tokens (B,) from logits (B, V): the first whose cumulative probability exceeds `noise`.

    noise (B,) is uniform from 0 to 1; without a temperature the likeliest token is taken. Of the
    tokens, only the `top_k` likeliest stay, and of these the fewest with the share `top_p`.
    """
    ops = keras.ops
    if temperature is None:
        return ops.cast(ops.argmax(logits, -1), "int32")
    probs = ops.softmax(logits / temperature)
    if top_k is not None or top_p is not None:
        ranked = -ops.sort(-probs)  # the likeliest first
        if top_k is not None:
            ranked = ops.where(ops.less(ops.arange(ranked.shape[-1]), top_k), ranked, 0.0)
        if top_p is not None:
            before = ops.cumsum(ranked, -1) - ranked
            enough = before >= top_p * ops.sum(ranked, -1, keepdims=True)
            ranked = ops.where(enough, 0.0, ranked)
        least = ops.min(ops.where(ranked > 0, ranked, 1.0), -1, keepdims=True)
        probs = ops.where(probs >= least, probs, 0.0)
    total = ops.cumsum(probs, -1)
    below = ops.sum(ops.cast(total <= noise[:, None] * total[:, -1:], "int32"), -1)
    return ops.minimum(below, logits.shape[-1] - 1)


def options_of(temperature=1.0, top_k=None, top_p=None, vocab_size: int = 2**31) -> dict:
    """The arguments of `choose_token` as tensors, after a check; none for temperature 0.

    Raises:
        ValueError: temperature is negative or not finite, `top_k` is outside 1 to `vocab_size`,
            or `top_p` is outside (0, 1].
    """
    k, p = top_k is not None, top_p is not None
    finite = "be 0 or positive and finite"
    require(0 <= temperature < math.inf, "temperature", finite, temperature)
    require(not k or 1 <= top_k <= vocab_size, "top_k", f"be from 1 to {vocab_size}", top_k)
    require(not p or 0 < top_p <= 1, "top_p", "be above 0 and at most 1", top_p)
    options = {"temperature": np.float32(temperature)}
    options |= {"top_k": np.int32(top_k)} if k else {}
    options |= {"top_p": np.float32(top_p)} if p else {}
    tensor = keras.ops.convert_to_tensor
    return {name: tensor(value) for name, value in options.items()} if temperature else {}


def require(holds: bool, name: str, expected: str, received) -> None:
    """Raise a `ValueError` that names argument, expected and received, unless it holds."""
    if not holds:
        raise ValueError(f"`{name}` must {expected}, got {received}")
