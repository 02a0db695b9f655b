"""Faces as vectors, and how well their similarity tells same from different: chapter 3.8 (3A4).

Shapes: P people with S pictures each, (P, S, 32, 28); embeddings (P, S, d) of length 1.
"""

from collections.abc import Callable

import numpy as np

__all__ = [
    "Eigenfaces",
    "Fisherfaces",
    "Network",
    "Pixels",
    "best_price",
    "both_rates",
    "chance_of_any",
    "drawn_split",
    "eigenpictures",
    "equal_error",
    "gallery_curve",
    "gallery_price",
    "group_rates",
    "limit_at",
    "off_both",
    "off_by",
    "pairs",
    "rejects",
    "shrink",
    "standardised",
]


def shrink(faces: np.ndarray) -> np.ndarray:
    """Pictures (P, S, h, w) uint8 of any size as (P, S, 32, 28) uint8, by means of areas."""
    from PIL import Image

    flat = faces.reshape(-1, *faces.shape[-2:])
    small = [Image.fromarray(face).resize((28, 32), Image.Resampling.BOX) for face in flat]
    return np.array([np.asarray(face) for face in small]).reshape(*faces.shape[:2], 32, 28)


def standardised(faces: np.ndarray) -> np.ndarray:
    """Each picture with mean 0 and standard deviation 1: light and contrast taken out."""
    x = np.asarray(faces, np.float32)
    middle, spread = x.mean((-2, -1), keepdims=True), x.std((-2, -1), keepdims=True)
    return (x - middle) / (spread + 1e-6)


def _flat(faces: np.ndarray) -> np.ndarray:
    return standardised(faces).reshape(-1, faces.shape[-2] * faces.shape[-1])


def _unit(vectors: np.ndarray, faces: np.ndarray) -> np.ndarray:
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return vectors.reshape(*faces.shape[:2], -1)


class Pixels:
    """The picture itself, blurred and perhaps weighted to its middle; nothing is learned."""

    settings = tuple({"blur": b, "middle": m} for b in (0.5, 1.0) for m in (False, True))

    def __init__(self, faces, blur=0.5, middle=False, seed=0):
        self.blur, self.middle = blur, middle

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        from scipy.ndimage import gaussian_filter

        x = gaussian_filter(standardised(faces), (0, 0, self.blur, self.blur))
        if self.middle:
            x = x * np.outer(np.hanning(34)[1:-1], np.hanning(30)[1:-1])
        return _unit(x.reshape(-1, x.shape[-2] * x.shape[-1]), faces)


class Eigenfaces:
    """Coordinates along the `size` directions in which the training pictures vary most."""

    settings = tuple({"size": k, "whiten": w} for k in (20, 60) for w in (False, True))

    def __init__(self, faces, size=60, whiten=False, seed=0):
        from sklearn.decomposition import PCA
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # on so few rows threads only wait for each other
            x = _flat(faces)
            solver = "full" if len(x) < x.shape[1] else "covariance_eigh"  # the smaller matrix
            self.pca = PCA(size, whiten=whiten, svd_solver=solver).fit(x)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        return _unit(self.pca.transform(_flat(faces)), faces)


def eigenpictures(faces: np.ndarray) -> list[np.ndarray]:
    """The mean of all pictures (P, S, 32, 28), then three eigenfaces, in grey: nobody is shown."""
    pca = Eigenfaces(faces, 3).pca
    return [(128 + 60 * x).reshape(32, 28) for x in (pca.mean_, *30 * pca.components_)]


class Fisherfaces:
    """Directions in which people differ much and the pictures of one person little."""

    settings = tuple({"size": k, "shrinkage": s} for k in (40, 80) for s in (0.1, 0.4))

    def __init__(self, faces, size=40, shrinkage=0.1, seed=0):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from threadpoolctl import threadpool_limits

        self.first = Eigenfaces(faces, size, whiten=True).pca
        who = np.repeat(np.arange(len(faces)), faces.shape[1])
        lda = LinearDiscriminantAnalysis("eigen", shrinkage=shrinkage)
        with threadpool_limits(1):
            self.lda = lda.fit(self.first.transform(_flat(faces)), who)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        return _unit(self.lda.transform(self.first.transform(_flat(faces))), faces)


class Network:
    """A Keras network trained with a loss on batches of 12 people with five pictures each.

    Args:
        faces: (P, S, 32, 28), at least 12 people and five pictures.
        build: function of no argument: (n, 32, 28, 1) to unit vectors (n, d).
        loss: function of (identities, embeddings).
        learning_rate: at the start; falls to 0 along a cosine.
        steps: number of batches.
        seed: of the weights and the batches.

    Raises:
        ValueError: too few people or pictures.
    """

    def __init__(
        self, faces, build: Callable, loss: Callable, learning_rate=0.003, steps=150, seed=0
    ):
        import keras

        people, shots = faces.shape[:2]
        if people < 12 or shots < 5:
            raise ValueError(f"`faces` must hold 12 people × 5 pictures, got {people} × {shots}")
        keras.utils.set_random_seed(seed)
        rng = np.random.default_rng(seed)
        who = np.array([rng.permutation(people)[:12] for _ in range(steps)])
        shot = rng.random((steps, 12, shots)).argsort(axis=-1)[..., :5]
        x = standardised(faces)[who[..., None], shot].reshape(-1, 32, 28)
        x, is_flipped = _shifted(x, rng), np.repeat(rng.random(12 * steps) < 0.5, 5)
        x[is_flipped] = x[is_flipped, :, ::-1]  # a person's five pictures together
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.model = build()
        self.model.compile(keras.optimizers.Adam(rate), loss=loss)
        history = self.model.fit(
            x[..., None], np.repeat(who.ravel(), 5), 60, shuffle=False, verbose=0
        )
        self.loss = history.history["loss"][0]

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        x = standardised(faces).reshape(-1, 32, 28, 1)
        from keras import ops

        return _unit(ops.convert_to_numpy(self.model(x)), faces)  # a few hundred pictures


def _shifted(x: np.ndarray, rng) -> np.ndarray:
    """Each picture (n, 32, 28) moved by up to two pixels each way; edges are repeated."""
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)), mode="edge")
    moves = rng.integers(0, 5, (len(x), 2))
    return np.stack([p[a : a + 32, b : b + 28] for p, (a, b) in zip(padded, moves, strict=True)])


def drawn_split(is_in: np.ndarray, seed: int, left_out: bool = False) -> tuple[np.ndarray, ...]:
    """Numbers of 200 people to train on, 100 to choose with and 200 to test on.

    Args:
        is_in: (P,) bool, a group of which 50 train, with 150 others.
        seed: of the lots; validation and test depend on nothing else.
        left_out: train on 200 others, none of the group.
    """
    order = np.random.default_rng(seed).permutation(len(is_in))
    test, validation, rest = np.split(order, [200, 300])
    others, members = rest[~is_in[rest]], rest[is_in[rest]]
    train = others[:200] if left_out else np.concatenate([others[:150], members[:50]])
    return train, validation, test


def pairs(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Similarities (cosines) of all pairs of pictures.

    Args:
        embeddings: (P, S, d), each of length 1.

    Returns:
        Similarities of pairs of one person, and of pairs of two people.
    """
    people, shots, _ = embeddings.shape
    flat = embeddings.reshape(people * shots, -1)
    who = np.repeat(np.arange(people), shots)
    first, second = np.triu_indices(len(flat), 1)
    similarity, is_same = (flat @ flat.T)[first, second], who[first] == who[second]
    return similarity[is_same], similarity[~is_same]


def chance_of_any(hits: np.ndarray, size: int) -> float:
    """How often a stranger matches at least one member, over all galleries of `size` members.

    Args:
        hits: (strangers, members) bool.
        size: members in the gallery, at most as many as there are.

    Returns:
        The mean over strangers and over all choices of members: nothing is drawn.

    Raises:
        ValueError: there are fewer members.
    """
    members = hits.shape[1]
    if not 0 <= size <= members:
        raise ValueError(f"`size` must be 0 to {members}, got {size}")
    free = members - hits.sum(axis=1, keepdims=True)
    taken = np.arange(size)
    return float(1 - np.prod(np.maximum(free - taken, 0) / (members - taken), axis=1).mean())


def limit_at(rate: float, different: np.ndarray) -> float:
    """The threshold that a share `rate` of the pairs of two people passes."""
    return float(np.quantile(different, 1 - rate))


def rejects(same: np.ndarray, different: np.ndarray, rate: float = 0.01) -> float:
    """False reject rate at the threshold where the false accept rate is `rate`."""
    return float(np.mean(same < limit_at(rate, different)))


def equal_error(same: np.ndarray, different: np.ndarray) -> float:
    """Equal error rate: the mean of both errors where they are nearest to each other."""
    limits, frr = np.sort(same), np.arange(len(same)) / len(same)
    far = 1 - np.searchsorted(np.sort(different), limits) / len(different)
    return float((far + frr)[np.argmin(np.abs(far - frr))] / 2)


def both_rates(same: np.ndarray, different: np.ndarray, limit: float) -> tuple[float, float]:
    """False accept rate and false reject rate of a threshold."""
    return float(np.mean(different >= limit)), float(np.mean(same < limit))


def gallery_curve(similarities: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """How often a stranger matches somebody, for galleries of 1 member, 2, … all.

    Args:
        similarities: (strangers, members).
        rate: false accept rate of one comparison, at whose threshold is counted.

    Returns:
        Counted by `chance_of_any`, and 1 − (1 − FAR)^N, each (members,).
    """
    hits = similarities >= limit_at(rate, similarities)
    sizes = np.arange(1, hits.shape[1] + 1)
    counted = np.array([chance_of_any(hits, n) for n in sizes])
    return counted, 1 - (1 - hits.mean()) ** sizes


def off_by(rate: float, chosen: np.ndarray, tested: np.ndarray) -> float:
    """The factor, up or down, by which a false accept rate set on `chosen` is off on `tested`.

    Args:
        rate: promised; its threshold comes from `chosen`.
        chosen: similarities of pairs of two people.
        tested: the same of others; below 1 in 10,000 counts as 1 in 10,000.
    """
    share = max(np.mean(tested >= limit_at(rate, chosen)), 1e-4) / rate
    return float(max(share, 1 / share))


def off_both(
    model: Callable, faces: np.ndarray, split: tuple, seed: int, rate: float = 0.05
) -> tuple[float, float]:
    """How far a threshold is off on other people, and on other pictures of the same people.

    Both are counted on the same five pictures of the test people, and set on five pictures of each
    validation person, or on the other five of each test person.

    Args:
        model: pictures (P, S, 32, 28) to embeddings (P, S, d).
        faces: (P, 10, 32, 28).
        split: numbers of the people for training, validation and test.
        seed: of the lots that say which five pictures.
        rate: the false accept rate for which the threshold is set.

    Returns:
        Logarithms of `off_by`: set on other people, and set on other pictures.
    """
    first, second = np.split(np.random.default_rng(seed).permutation(10), 2)
    _, validation, test = split
    tested = pairs(model(faces[test][:, second]))[1]
    chosen = (pairs(model(faces[who][:, first]))[1] for who in (validation, test))
    return tuple(float(np.log(off_by(rate, scores, tested))) for scores in chosen)


def best_price(price: Callable, chosen: tuple, tested: tuple) -> float:
    """The price on `tested` of the threshold that is cheapest on `chosen`.

    Args:
        price: of a false accept rate and a false reject rate.
        chosen: similarities of pairs of one person, and of two.
        tested: the same of other people.
    """
    limits = np.quantile(chosen[1], np.linspace(0.8, 1, 201))
    limit = min(limits, key=lambda t: price(*both_rates(*chosen, t)))
    return price(*both_rates(*tested, limit))


def group_rates(model: Callable, faces: np.ndarray, is_in: np.ndarray, limit: float) -> dict:
    """How a group and all others fare at one threshold, each among itself.

    Args:
        model: pictures (P, S, 32, 28) to embeddings (P, S, d).
        faces: pictures of P people.
        is_in: (P,) bool, who belongs to the group.
        limit: the threshold.

    Returns:
        Under "group" and "others": equal error rate, false accept rate, false reject rate.
    """
    result = {}
    for name, chosen in (("group", is_in), ("others", ~is_in)):
        scores = pairs(model(faces[chosen]))
        result[name] = (equal_error(*scores), *both_rates(*scores, limit))
    return result


def gallery_price(
    price: Callable, strangers: np.ndarray, members: np.ndarray, size: int, own: bool = True
) -> float:
    """The lowest price of a gallery over all thresholds.

    Args:
        price: of the share of strangers let in and the share of members left outside.
        strangers: similarities of strangers to members, (strangers, members).
        members: of members to members; each with her own picture on the diagonal.
        size: members in the gallery.
        own: must a member match her own picture? Else anybody's opens for her.
    """
    limits, same = np.quantile(strangers, np.linspace(0.9, 1, 101)), np.diag(members)
    others = members[~np.eye(len(members), dtype=bool)].reshape(len(members), -1)

    def left_outside(limit):
        is_missed = same < limit
        if own or not is_missed.any():
            return is_missed.mean()
        return is_missed.mean() * (1 - chance_of_any(others[is_missed] >= limit, size - 1))

    return min(price(chance_of_any(strangers >= t, size), left_outside(t)) for t in limits)
