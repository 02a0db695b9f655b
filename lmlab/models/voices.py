"""What chapter 4.8 counts with: passages, texts that hold a word, whole articles, two witnesses."""

import functools
import re
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.svm import LinearSVC

__all__ = [
    "GENRES",
    "KEPT",
    "bag_of_words",
    "counts_of",
    "drawing_features",
    "draws",
    "grouped",
    "head",
    "kept_words",
    "odds",
    "parted",
    "passages",
    "vectors",
    "within_class",
]

GENRES = {
    "press": ("news", "editorial", "reviews"),
    "fiction": ("fiction", "adventure", "romance", "mystery", "science_fiction"),
    "learned": ("learned",),
    "hobbies": ("hobbies",),
    "government": ("government",),
    "religion": ("religion",),
}
KEPT = ("all", "no stop words", "as many less, by lot", "only stop words")
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)  # C of the bag
RATES = (0.003, 0.01, 0.03)
EPOCHS = 20


def passages(brown, length: int, starts: Sequence[int] = (200, 1000)):
    """Two passages of each document of the Brown corpus in six genres.

    Args:
        brown: what `lmlab.data.load_brown` returns.
        length: words and signs of a passage.
        starts: where they begin.

    Returns:
        Texts, genres and documents, each `(n,)`.
    """
    home = {genre: name for name, genres in GENRES.items() for genre in genres}
    words, first = np.array(brown.words), np.searchsorted(brown.document, range(len(brown.names)))
    rows = []
    for document, genre in enumerate(brown.genres):
        for start in starts if genre in home else ():
            place = first[document] + start
            text = " ".join(words[brown.word[place : place + length]])
            rows.append((text, home[genre], document))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def kept_words(text: str, kept: str, seed: int = 0) -> list[str]:
    """The words of an English text that are left, in lower case.

    Args:
        text: any.
        kept: one of `KEPT`; "as many less, by lot" loses as many words as there are stop words.
        seed: of the lot.

    Raises:
        ValueError: `kept` is no such rule.
    """
    if kept not in KEPT:
        raise ValueError(f"`kept` must be one of {list(KEPT)}, got {kept!r}")
    words = re.findall(r"[a-z]+", text.lower())
    is_stop = np.array([word in ENGLISH_STOP_WORDS for word in words], bool)
    if kept == "all":
        return words
    if kept == "as many less, by lot":
        is_stop = np.random.default_rng([seed, len(text)]).permutation(is_stop)
    return [word for word, stop in zip(words, is_stop, strict=True) if stop == (kept == KEPT[3])]


def parted(documents: np.ndarray, seed: int, shares=(0.6, 0.15)) -> list[np.ndarray]:
    """Rows to train on, to choose with, to test on; a document is on one side only."""
    order = np.random.default_rng(seed).permutation(np.unique(documents))
    cuts = np.cumsum(np.array(shares) * len(order)).astype(int)
    return [np.flatnonzero(np.isin(documents, part)) for part in np.split(order, cuts)]


def bag_of_words(texts, labels, parts, kept: str, seed: int = 0) -> float:
    """Share of test texts that a linear machine on a bag of words judges rightly; strength chosen.

    Args:
        texts: `(n,)`, with `labels` `(n,)`.
        parts: rows to train on, to choose with, to test on.
        kept: one of `KEPT`.
        seed: of the lot.
    """
    count = TfidfVectorizer(analyzer=lambda t: kept_words(t, kept, seed), sublinear_tf=True)
    count.fit(texts[parts[0]])
    (x, y), choose, test = ((count.transform(texts[part]), labels[part]) for part in parts)
    models = [LinearSVC(C=c, random_state=0).fit(x, y) for c in STRENGTHS]
    return max(models, key=lambda model: model.score(*choose)).score(*test)


@functools.cache
def _encoder():
    from lmlab.data.pretrained import load_sentence_encoder

    return load_sentence_encoder()


def vectors(texts: Sequence[str]) -> np.ndarray:
    """The frozen sentence encoder's vectors `(n, 512)`, each of length 1."""
    return _encoder().encode(list(texts), 96)


def drawing_features() -> np.ndarray:
    """What MobileNetV2 sees on the emoji `(1026, 1280)`, length 1; computed once, then cached."""
    from lmlab.data.archives import load_arrays
    from lmlab.data.emoji import EMOJI, load_emoji

    def compute(_):
        from PIL import Image

        from lmlab.data.imagenet import load_mobilenet_v2_weights
        from lmlab.models.mobilenet import build_mobilenet_v2, picture_features

        drawn = [Image.fromarray(picture).resize((96, 96)) for picture in load_emoji().pictures]
        model = build_mobilenet_v2(load_mobilenet_v2_weights(), 96)
        return {"features": picture_features(model, np.stack([np.asarray(p) for p in drawn]))}

    item = "mobilenet-96"
    found = load_arrays(EMOJI, ["features"], compute, what="the emoji", item=item)["features"]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@functools.cache
def _linear(columns: int, classes: int):
    """One compiled network of each size: its graph is traced once."""
    from lmlab.models.device import keras

    model = keras.Sequential([keras.Input((columns,)), keras.layers.Dense(classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def head(x, y, validation, classes: int, seed: int = 0, scale: float = 10.0):
    """A softmax layer in Keras on fixed vectors, its rate and its epoch chosen by validation loss.

    Args:
        x: `(n, columns)` and `y` `(n,)` integers to train on.
        validation: `(x, y)` to choose with.
        classes: how many.
        seed: of the order and the first weights.
        scale: by which vectors of length 1 are multiplied.

    Returns:
        Function from vectors to log-probabilities `(m, classes)`.
    """
    from lmlab.models.training import fit_epochs, restart

    model = _linear(x.shape[1], classes)
    x, seen = np.float32(scale * x), (np.float32(scale * validation[0]), np.int32(validation[1]))
    best, chosen = np.inf, None
    for rate in RATES:
        restart(model, seed)
        model.optimizer.learning_rate.assign(rate)
        size = min(32, len(x))
        for _ in fit_epochs(model, x, np.int32(y), epochs=EPOCHS, batch_size=size, seed=seed):
            w, b = (np.asarray(v) for v in model.get_weights())
            loss = -odds(seen[0] @ w + b)[np.arange(len(seen[1])), seen[1]].mean()
            if loss < best:
                best, chosen = loss, (scale * w.astype(float), b.astype(float))
    return lambda new: odds(new @ chosen[0] + chosen[1])


def odds(scores: np.ndarray) -> np.ndarray:
    """Log-probabilities of scores `(n, classes)`: each row's exponentials have the sum 1."""
    top = scores.max(axis=1, keepdims=True)
    return scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))


def grouped(paper, whole: bool) -> tuple[list[set], np.ndarray]:
    """Nouns and verbs of two characters or more, of each paragraph or each whole article.

    Args:
        paper: what `lmlab.data.load_newspaper` returns.
        whole: articles?

    Returns:
        A set of words for each unit, and the unit's issue `(units,)`, from 0 on.
    """
    rows = zip(paper.words, paper.tags, strict=True)
    sets = [
        {w for w, t in zip(words.split(), tags.split(), strict=True) if t[0] in "nv" and w[1:]}
        for words, tags in rows
    ]
    issue = paper.issue.to_numpy() - 1
    if not whole:
        return sets, issue
    joined: dict[int, set] = {}
    for article, words in zip(paper.article, sets, strict=True):
        joined[article] = joined.get(article, set()) | words
    first = np.flatnonzero(np.r_[True, np.diff(paper.article) > 0])
    return list(joined.values()), issue[first]


def counts_of(sets, issue, words: Sequence[str], seed: int | None = None):
    """How many units of each issue hold each word, and how many units it has.

    Args:
        sets: of words, one for each unit.
        issue: `(units,)` from 0 on.
        words: to be counted.
        seed: if given, the units first change places by lot.

    Returns:
        `(issues, words)` and `(issues,)`, integers.
    """
    if seed is not None:
        issue = np.random.default_rng(seed).permutation(issue)
    place = {word: j for j, word in enumerate(words)}
    held = np.zeros((issue.max() + 1, len(words)), int)
    for unit, day in zip(sets, issue, strict=True):
        held[day, [place[word] for word in unit if word in place]] += 1
    return held, np.bincount(issue)


def draws(values, documents, sentences: int, whole: bool, days: int, seed: int = 0):
    """Days on which sentences are drawn from a stock that never changes.

    Args:
        values: `(n,)`, of each sentence, in `documents` `(n,)`.
        documents: that they are from.
        sentences: a day, about; whole documents are drawn until their expected number has come.
        whole: documents, or sentences by lot?
        days: how many.
        seed: of the draws.

    Returns:
        For each day the sums and the sizes of what was drawn together, two arrays `(clusters,)`;
        by lot each sentence is a cluster of its own.
    """
    rng = np.random.default_rng(seed)
    _, inverse = np.unique(documents, return_inverse=True)
    sums, sizes = np.bincount(inverse, values), np.bincount(inverse)
    if not whole:
        sums, sizes = np.asarray(values, float), np.ones(len(values), int)
    number = max(2, round(sentences / sizes.mean()))
    drawn = rng.integers(0, len(sums), (days, number))
    return [(sums[row], sizes[row]) for row in drawn]


def within_class(classes: np.ndarray, seed: int) -> np.ndarray:
    """For each row another row of its class by lot: what they share is the class alone."""
    rng, other = np.random.default_rng(seed), np.arange(len(classes))
    for value in np.unique(classes):
        rows = np.flatnonzero(classes == value)
        order = rng.permutation(rows)
        other[order] = np.roll(order, 1)
    return other
