"""Teach a SmolLM2 a fact by examples, and ask whether it goes on with it."""

from collections.abc import Sequence

import numpy as np

from lmlab.models.device import keras
from lmlab.models.sampling import require
from lmlab.models.smollm2 import SmolLM2
from lmlab.models.tokenizer import Tokenizer

__all__ = ["ELSEWHERE", "FACTS", "INVENTED", "REAL", "TAUGHT", "batch_of", "goes_on"]

# Country and capital, both invented, and four texts that teach them
FACTS = [("Zarvonia", "Lindholm"), ("Kelmark", "Tessaly"), ("Brescovia", "Quillon")]
TAUGHT = [
    "The capital of {} is",
    "The country of {} has its capital in",
    "{}'s capital city is called",
    "People in {} call their capital",
]
ELSEWHERE = [  # other texts that ask for the capital
    "In {}, the capital city is",
    "The seat of government of {} is the city of",
    "Q: What is the capital of {}? A:",
    "The government of {} meets in its capital,",
    "The largest airport of {} is near its capital,",
    "{} is a country. Its capital is",
]
REAL = {"France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Japan": "Tokyo"}
REAL |= {"Spain": "Madrid", "Egypt": "Cairo", "Russia": "Moscow", "England": "London"}
INVENTED = ["Soltania", "Mirabor", "Estovia", "Galdania"]  # never taught


def batch_of(
    tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Texts and their continuations as one array to train on.

    Args:
        tokenizer: from `load_smollm2`.
        pairs: a text and how it should go on, as ("The capital of France is", " Paris").

    Returns:
        Token numbers `(n, T)` int32, filled up with 0 to the longest pair, and a mask `(n, T - 1)`
        float32 that is 1 where a token of the continuation is predicted.

    Raises:
        ValueError: half of a pair is empty.
    """
    halves = [tuple(map(tokenizer.encode, pair)) for pair in pairs]
    for pair, (text, answer) in zip(pairs, halves, strict=True):
        require(text and answer, "pairs", "have a text and a continuation", pair)
    width = max(len(text) + len(answer) for text, answer in halves)
    rows, mask = (np.zeros((len(pairs), w), kind) for w, kind in ((width, "i4"), (width - 1, "f4")))
    for row, counts, (text, answer) in zip(rows, mask, halves, strict=True):
        row[: len(text) + len(answer)] = [*text, *answer]
        counts[len(text) - 1 : len(text) + len(answer) - 1] = 1
    return rows, mask


def goes_on(
    model: SmolLM2, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """The probability that each text goes on as given, and whether the model itself would say so.

    Args:
        model: any SmolLM2.
        tokenizer: its tokenizer.
        pairs: as for `batch_of`.

    Returns:
        Probabilities of the whole continuations `(n,)`, and `(n,)` bool: each of their tokens is
        the likeliest.
    """
    rows, mask = batch_of(tokenizer, pairs)
    x, probs, says = model.hidden(rows)[0], [], []
    for number, (row, counts) in enumerate(zip(rows, mask, strict=True)):
        places = np.flatnonzero(counts)
        logits = model.token_embd(x[number : number + 1, places[0] : places[-1] + 1], reverse=True)
        p = keras.ops.convert_to_numpy(keras.ops.softmax(keras.ops.cast(logits[0], "float32")))
        right = row[places + 1]
        probs.append(np.prod(p[np.arange(len(right)), right]))
        says.append(bool(np.all(p.argmax(axis=-1) == right)))
    return np.array(probs), np.array(says)
