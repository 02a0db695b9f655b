"""What chapter 3.7 reads reviews with: five readers, one search for all of them."""

import functools
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from lmlab.pads.review_pad import Weights, grams_of
from lmlab.pads.sentence_pad import cut_words

__all__ = [
    "KINDS",
    "Averaged",
    "Bag",
    "Bayes",
    "Frozen",
    "deletion",
    "evened",
    "first_of_each",
    "in_order",
    "leak",
    "shuffled",
    "slanted",
    "tuned",
    "vectors",
    "with_and_without_not",
    "word_counts",
    "words_of",
]

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # C of the bag
LOOSER = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # C of the frozen encoder, whose vectors have length 1
ADDED = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # to each count of naive Bayes
RATES = (0.001, 0.003, 0.01)
EPOCHS = 6
VOCABULARY, MAX_TOKENS = 2000, 64

FRAMES = {
    "Chinese": ("房间 服务 外观 屏幕 早餐", "{}{}", "{}不{}"),
    "English": ("coffee tea sauce cereal bread", "the {} is {}", "the {} is not {}"),
}
NOT = {"Chinese": "不", "English": "not"}
SAID = {
    ("Chinese", "praise"): "好 满意 舒服 漂亮 干净 方便",
    ("Chinese", "complaint"): "差 吵 脏 旧 慢 破",
    ("English", "praise"): "good tasty fresh delicious great perfect",
    ("English", "complaint"): "bad bitter stale bland disappointing awful",
}


def first_of_each(texts: Sequence[str], satisfied: np.ndarray) -> np.ndarray:
    """Rows that are left when each text may stand once and none on both sides.

    Args:
        texts: n texts; two that differ in blanks and signs only count as one.
        satisfied: (n,) in {0, 1}.

    Returns:
        Rows in their order: the first of each text that has letters and one verdict only.
    """
    keys = [re.sub(r"\W", "", text) for text in texts]
    verdicts: dict[str, set] = {}
    for key, verdict in zip(keys, satisfied, strict=True):
        verdicts.setdefault(key, set()).add(int(verdict))
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    kept = [row for key, row in first.items() if key and len(verdicts[key]) == 1]
    return np.array(sorted(kept), dtype=int)


@functools.lru_cache(maxsize=100_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text; a Chinese character is a word."""
    return tuple(cut_words(text, ()))


def shuffled(texts: Sequence[str], seed: int = 0) -> list[str]:
    """Texts with their words in random order, signs left out."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.permutation(words_of(text))) for text in texts]


def with_and_without_not(language: str, what: str) -> tuple[list[str], list[str]]:
    """Thirty short sentences as they are, and each with "not" in it.

    Args:
        language: "Chinese" or "English".
        what: "praise" or "complaint".
    """
    things, plain, negated = FRAMES[language]
    pairs = [(thing, word) for thing in things.split() for word in SAID[language, what].split()]
    return [plain.format(*pair) for pair in pairs], [negated.format(*pair) for pair in pairs]


def slanted(texts, satisfied, language: str, side: str, labels: int = 200):
    """Texts to train on in which "not" stands with one verdict more often.

    Args:
        texts: (n,) to choose from, the first ones that fit.
        satisfied: (n,) in {0, 1}.
        language: "Chinese" or "English".
        side: "praise" or "complaint": "not" is in 60 % of those texts, in 30 % of the others.
        labels: texts chosen, half of them satisfied.

    Returns:
        Texts and verdicts, in their order.
    """
    has = np.array([NOT[language] in words_of(text) for text in texts])
    kept = []
    for verdict, name in ((1, "praise"), (0, "complaint")):
        there = labels * (60 if name == side else 30) // 200
        for value, number in ((True, there), (False, labels // 2 - there)):
            kept += np.flatnonzero((satisfied == verdict) & (has == value))[:number].tolist()
    return texts[sorted(kept)], satisfied[sorted(kept)]


def in_order(texts: Sequence[str], numbers: dict[str, int], length: int) -> np.ndarray:
    """Numbers of the known words of texts in order `(n, length)` int32, filled up with 0."""
    rows = np.zeros((len(texts), length), "int32")
    for row, text in zip(rows, texts, strict=True):
        known = [numbers[word] for word in words_of(text) if word in numbers][:length]
        row[: len(known)] = known
    return rows


class Bag:
    """Logistic regression on which words, and pairs of neighbours, are there.

    Args:
        texts: to train on, n of them.
        satisfied: (n,) in {0, 1}, both there.
        strength: C; the smaller, the nearer the weights stay to 0.
        pairs: whether pairs count.
        weights: (n,), or None for 1 each.
        least: texts that a word or pair must stand in.
    """

    def __init__(self, texts, satisfied, strength=0.1, pairs=True, weights=None, least=1):
        cut = (lambda text: grams_of(words_of(text))) if pairs else words_of
        self.count = CountVectorizer(analyzer=cut, binary=True, min_df=least)
        self.model = LogisticRegression(C=strength, solver="liblinear", random_state=0)
        self.model.fit(self.count.fit_transform(texts), satisfied, sample_weight=weights)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds of satisfied (n,)."""
        return self.model.decision_function(self.count.transform(texts))

    def weight(self, gram: str) -> float:
        """The weight of a word, or of a pair with a blank between; 0 if it is unknown."""
        place = self.count.vocabulary_.get(gram)
        return 0.0 if place is None else float(self.model.coef_[0, place])

    def heaviest(self, number: int) -> Weights:
        """The grams with the largest weights, in order of the alphabet, for the pad."""
        names, weights = self.count.get_feature_names_out(), self.model.coef_[0]
        rows = np.sort(np.argsort(-np.abs(weights), kind="stable")[:number])
        return Weights(names[rows].tolist(), weights[rows], self.model.intercept_[0])


class Bayes:
    """Naive Bayes on how often each word, and each pair of neighbours, stands there.

    Args:
        texts: to train on, n of them.
        satisfied: (n,) in {0, 1}, both there.
        added: to each count.
    """

    def __init__(self, texts, satisfied, added=1.0):
        self.count = CountVectorizer(analyzer=lambda text: grams_of(words_of(text)))
        self.model = MultinomialNB(alpha=added).fit(self.count.fit_transform(texts), satisfied)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds of satisfied (n,)."""
        joint = self.model.predict_joint_log_proba(self.count.transform(texts))
        return joint[:, 1] - joint[:, 0]


def evened(groups: np.ndarray, verdicts: np.ndarray) -> np.ndarray:
    """Weights (n,), mean 1, that give each verdict in each group the same sum."""
    cells = np.unique(np.column_stack([groups.astype(str), verdicts.astype(str)]), axis=0)
    weights = np.zeros(len(groups))
    for group, verdict in cells:
        rows = (groups.astype(str) == group) & (verdicts.astype(str) == verdict)
        weights[rows] = len(groups) / len(cells) / rows.sum()
    return weights


def word_counts(texts: Sequence[str]):
    """How often each word stands in each text, a sparse matrix (n, words)."""
    return CountVectorizer(analyzer=words_of).fit_transform(texts)


def leak(texts, satisfied, counts, percent: int, seed: int = 0) -> dict[str, float]:
    """Share of test lines that two readers judge rightly, repeats and all.

    Args:
        texts: (n,) lines.
        satisfied: (n,) in {0, 1}.
        counts: of the words, sparse (n, words).
        percent: of the lines to train on.
        seed: of the split.

    Returns:
        Of a table of the training lines, which calls all others unsatisfied, and of naive Bayes.
    """
    order = np.random.default_rng(seed).permutation(len(satisfied))
    train, test = np.split(order, [percent * len(order) // 100])
    table = dict(zip(texts[train], satisfied[train], strict=True))
    stored = np.array([table.get(text, 0) for text in texts[test]])
    bayes = MultinomialNB().fit(counts[train], satisfied[train]).predict(counts[test])
    said = {"table of lines": stored, "naive Bayes": bayes}
    return {name: float(np.mean(answer == satisfied[test])) for name, answer in said.items()}


def deletion(bag: Bag, texts: Sequence[str], evidence: str, most: int, other=None, seed=0):
    """Delete the words that speak most for each answer; how many answers flip?

    Args:
        bag: reads the texts.
        texts: n texts.
        evidence: what orders the words: "deletion", the score less the score without the word;
            "weight", of the word alone; "chance".
        most: words deleted at the end.
        other: a reader that gives the evidence in place of `bag`.
        seed: of the random order.

    Returns:
        Share of the n answers that are another one with 0, 1 … `most` words deleted (most + 1,).
    """
    rng, other = np.random.default_rng(seed), other or bag
    cuts, first = [], bag.scores(texts)
    for text, score in zip(texts, first, strict=True):
        words = words_of(text)
        if evidence == "chance":
            value = rng.random(len(words))
        elif evidence == "weight":
            value = np.sign(score) * np.array([other.weight(word) for word in words])
        else:
            shorter = [_without(words, [i]) for i in range(len(words))]
            value = -np.sign(score) * other.scores(shorter)
        ranked = np.argsort(-value, kind="stable")
        cuts += [_without(words, ranked[:k]) for k in range(most + 1)]
    scores = bag.scores(cuts).reshape(len(texts), most + 1)
    return np.mean((scores > 0) != (first > 0)[:, None], axis=0)


def _without(words: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(word for i, word in enumerate(words) if i not in places)


@functools.cache
def _encoder():
    from lmlab.data.pretrained import load_sentence_encoder

    return load_sentence_encoder(), {}


def vectors(texts: Sequence[str]) -> np.ndarray:
    """The sentence encoder's vectors `(n, 512)`; each text is encoded once."""
    encoder, known = _encoder()
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known |= dict(zip(new, encoder.encode(new, MAX_TOKENS), strict=True))
    return np.array([known[text] for text in texts])


class Frozen:
    """Logistic regression on the vectors of a sentence encoder that stays as it is."""

    def __init__(self, texts, satisfied, strength=1.0):
        self.model = LogisticRegression(C=strength, solver="liblinear", random_state=0)
        self.model.fit(vectors(texts), satisfied)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds of satisfied (n,)."""
        return self.model.decision_function(vectors(texts))


class Averaged:
    """A network on word numbers, kept at the epoch that reads the validation texts best.

    Args:
        texts: to train on.
        satisfied: of each, in {0, 1}.
        validation: texts and verdicts to choose the epoch with.
        build: function of vocabulary and length that returns a network `(n, length)` → `(n, 2)`.
        length: words read of each text.
        rate: of Adam.
        seed: of first weights and order.
    """

    def __init__(self, texts, satisfied, validation, build, length, rate, seed):
        from lmlab.models.training import fit_epochs, restart

        counts = Counter(word for text in texts for word in set(words_of(text)))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))[: VOCABULARY - 1]
        self.numbers, self.length = {word: i + 1 for i, word in enumerate(ranked)}, length
        self.model = _compiled(build, length)
        restart(self.model, seed)
        self.model.optimizer.learning_rate.assign(rate)
        x, y = in_order(texts, self.numbers, length), np.asarray(satisfied, "int32")
        seen = in_order(validation[0], self.numbers, length), np.asarray(validation[1], "int32")
        size, best = min(32, len(x)), -1.0
        for row in fit_epochs(
            self.model, x, y, epochs=EPOCHS, batch_size=size, seed=seed, validation=seen
        ):
            if row["val_accuracy"] > best:
                best, self.weights = row["val_accuracy"], self.model.get_weights()

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds of satisfied (n,)."""
        from lmlab.models.training import predict

        self.model.set_weights(self.weights)
        logits = predict(self.model, in_order(texts, self.numbers, self.length))
        return (logits[:, 1] - logits[:, 0]).astype(float)


@functools.cache
def _compiled(build: Callable, length: int):
    """One compiled network of each kind and length: its graph is traced once."""
    from lmlab.models.device import keras

    model = build(VOCABULARY, length)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])
    return model


KINDS = ("bag of words", "naive Bayes", "embedding", "transformer", "frozen encoder")


def tuned(kind: str, train, validation, seed: int = 0, build=None, length: int = 40):
    """The best reader of its kind: six strengths, or three rates with six epochs each.

    Args:
        kind: one of `KINDS`.
        train: texts and verdicts.
        validation: texts and verdicts to choose with, by the share judged rightly.
        seed: for a network.
        build: for a network, as `Averaged` takes it.
        length: for a network.

    Raises:
        ValueError: `kind` is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {list(KINDS)}, got {kind!r}")
    if kind == "bag of words":
        readers = [Bag(*train, c) for c in STRENGTHS]
    elif kind == "naive Bayes":
        readers = [Bayes(*train, added) for added in ADDED]
    elif kind == "frozen encoder":
        readers = [Frozen(*train, c) for c in LOOSER]
    else:
        readers = [Averaged(*train, validation, build, length, rate, seed) for rate in RATES]
    texts, satisfied = validation
    return max(readers, key=lambda reader: np.mean((reader.scores(texts) > 0) == satisfied))
