"""Tables of ratings, plain recommenders of chapter 4.7, a service that learns from its clicks.

A table holds stars, 0 where nobody rated, people in rows and films in columns. A recommender is a
function from the table of what is known about some people to scores of the same shape.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Cut",
    "Loop",
    "by_content",
    "by_neighbours",
    "clicks_of",
    "cut_people",
    "features",
    "fit_in_passes",
    "lead",
    "like",
    "rmse",
    "same_sitting",
    "star_error",
]

LIKED = 4  # stars
YEAR = 365.25 * 86_400  # seconds


@dataclass(frozen=True)
class Cut:
    """People who came before a moment, and people who came after it; the films known then.

    Args:
        past: stars (people, films) given before the moment, 0 where none.
        ages: years (people, films) from the rating to the moment, infinite where none.
        known, hidden: the first and the later ratings of the people who came after.
        films: (films,) rows of the catalogue.
        words: (films, words) their genres and decades, as `features` returns them.
        outside: share of the later ratings that went to films outside it.
    """

    past: np.ndarray
    ages: np.ndarray
    known: np.ndarray
    hidden: np.ndarray
    films: np.ndarray
    words: np.ndarray
    outside: float

    def recent(self, years: float) -> np.ndarray:
        """The stars of the last years before the moment, 0 elsewhere."""
        return np.where(self.ages < years, self.past, 0)

    def __repr__(self) -> str:
        (a, n), b = self.past.shape, len(self.known)
        return f"Cut({a} people before, {b} after, {n} films)"


def cut_people(ratings, start: int, end: int, first: int | None = None, least: int = 5) -> Cut:
    """Cut ratings at the moment when person `start` comes.

    Args:
        ratings: `rows` and `films`, as `lmlab.data.load_movielens` returns them.
        start, end: the people from `start` to before `end` came after the moment.
        first: how many of their ratings are known; None: the first half.
        least: a film needs so many ratings before the moment.

    Raises:
        ValueError: nobody came before `start`, or nobody between `start` and `end`.
    """
    if not 0 < start < end:
        raise ValueError(f"0 < `start` < `end` is needed, got {start} and {end}")
    rows = ratings.rows
    moment = rows.time[rows.user == start].min()
    before = rows[rows.time < moment]
    counts = np.bincount(before.film, minlength=rows.film.max() + 1)
    films = np.flatnonzero(counts >= least)
    place = np.full(len(counts), -1)
    place[films] = np.arange(len(films))

    def table(part, people, value, empty=0.0):
        filled = np.full((len(people), len(films)), empty)
        part = part[place[part.film] >= 0]
        filled[part.user - people[0], place[part.film]] = value(part)
        return filled

    new = rows[(rows.user >= start) & (rows.user < end)]
    rank = new.groupby("user").cumcount()
    shown = rank < (new.groupby("user").user.transform("size") / 2 if first is None else first)
    old, young = range(start), range(start, end)
    later = new[~shown]
    return Cut(
        past=table(before, old, lambda part: part.stars),
        ages=table(before, old, lambda part: (moment - part.time) / YEAR, np.inf),
        known=table(new[shown], young, lambda part: part.stars),
        hidden=table(later, young, lambda part: part.stars),
        films=films,
        words=features(ratings.films.iloc[films]),
        outside=float(np.mean(place[later.film] < 0)),
    )


def like(stars: np.ndarray) -> np.ndarray:
    """1 where a table has four stars or more, else 0."""
    return (stars >= LIKED).astype("float32")


def fit_in_passes(model, past: np.ndarray, passes: tuple, seed: int):
    """Train a model to guess hidden likes by a softmax; a recommender after each of `passes`.

    In each pass a random share of the likes of each person is shown, and the rest is the target;
    Adam at 0.01, batches of 128.

    Args:
        model: a Keras model; takes shown likes (batch, films), returns logits of the same shape.
        past: stars (people, films); people with fewer than two likes are left out.
        passes: increasing numbers of passes, after each of which a recommender comes.
        seed: of what is shown.

    Returns:
        A recommender for each number of passes.
    """
    from keras import ops

    def missed(y, logits):  # cross-entropy; each person counts alike
        share = y / ops.maximum(ops.sum(y, axis=1, keepdims=True), 1)
        return -ops.mean(ops.sum(share * ops.log_softmax(logits), axis=1))

    model.compile("adam", missed)
    model.optimizer.learning_rate = 0.01
    rng, liked = np.random.default_rng(seed), like(past)
    liked, found = liked[liked.sum(axis=1) > 1], {}
    for done, end in zip((0, *passes), passes, strict=False):
        for begin in range(done, end, 4):  # a few at once: more would take much memory
            y = np.tile(liked, (min(4, end - begin), 1))
            shown = y * (rng.random(y.shape, "float32") < rng.random((len(y), 1), "float32"))
            model.fit(shown, y - shown, batch_size=128, verbose=0)
        weights = model.get_weights()

        def scores(known, weights=weights):
            model.set_weights(weights)
            return np.asarray(model.predict_on_batch(like(known)))

        found[end] = scores
    return found


def features(films) -> np.ndarray:
    """Genres and decade of films as rows of length 1, less their mean.

    Args:
        films: data frame with `genres`, tuples of words, and `year`.
    """
    words = sorted({word for genres in films.genres for word in genres})
    genres = np.array([[word in row for word in words] for row in films.genres], float)
    genres /= np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1))
    decade = np.eye(9)[np.clip((films.year.to_numpy() - 1930) // 10, 0, 8)]
    both = np.hstack([genres, 0.7 * decade])
    both -= both.mean(axis=0)
    return both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9)


def by_neighbours(cut: Cut, years: float, shrink: float, near: int = 50) -> Callable:
    """Score a film by its likeness to the liked ones: cosine of who liked, shrunk.

    Args:
        cut: what is learned from.
        years: of the past that count.
        shrink: added to the denominator, so that few common people count less.
        near: how many neighbours a film keeps.
    """
    liked = like(cut.recent(years)).astype(float)
    size = np.sqrt(liked.sum(axis=0))
    alike = liked.T @ liked / np.maximum(np.outer(size, size) + shrink, 1e-9)
    np.fill_diagonal(alike, 0)
    if near < len(alike):
        alike[alike < np.partition(alike, -near, axis=1)[:, [-near]]] = 0
    return lambda known: like(known) @ alike


def by_content(cut: Cut, years: float, weight: float, shrink: float = 5) -> Callable:
    """Score a film by its likeness in words to the liked ones, plus its popularity.

    Args:
        cut: what is learned from.
        years: of the past that count.
        weight: of the logarithm of the number of likes.
        shrink: likes that a person must have for half of the full likeness.
    """
    popular = weight * np.log1p(like(cut.recent(years)).sum(axis=0, dtype=float))

    def scores(known):
        liked = like(known).astype(float)
        profile = liked @ cut.words / (liked.sum(axis=1, keepdims=True) + shrink)
        return profile @ cut.words.T + popular

    return scores


def star_error(scores: np.ndarray, truth: np.ndarray) -> float:
    """Root of the mean squared error where `truth` has stars."""
    return float(np.sqrt(np.mean((scores - truth)[truth > 0] ** 2)))


def rmse(make: Callable, cuts: list) -> float:
    """Root of the mean squared error of the hidden stars of all cuts together.

    Args:
        make: takes the past of a cut, returns a recommender whose scores are stars.
        cuts: `Cut`s.
    """
    scores, truths = zip(*[(make(c.past)(c.known), c.hidden) for c in cuts], strict=True)
    flat = [np.concatenate([table.ravel() for table in tables]) for tables in (scores, truths)]
    return star_error(*flat)


def lead(marks: dict, rival: str) -> dict:
    """Mean lead over a rival and its standard error, by name; `marks`: one number per person."""
    off = {name: row - marks[rival] for name, row in marks.items() if name != rival}
    return {name: (d.mean(), d.std() / np.sqrt(len(d))) for name, d in off.items()}


@dataclass(frozen=True)
class Loop:
    """What a service showed and learned from.

    Args:
        variety: (rounds,) effective number of different films shown, exp of the entropy of their
            shares.
        clicks: (rounds,) expected share of the shown films that are clicked.
        logged: different films of a person on the pages that were learned from, mean.
        best: variety and clicks of the page that knows each chance.
    """

    variety: np.ndarray
    clicks: np.ndarray
    logged: float
    best: tuple[float, float]

    @property
    def end(self) -> tuple[float, float, float]:
        """Variety and clicks of the last round, and films in the log."""
        return self.variety[-1], self.clicks[-1], self.logged


def clicks_of(
    learn: Callable,
    seed: int,
    at_random: float = 0.0,
    own: bool = True,
    pool: int | None = None,
    rounds: int = 12,
    people: int = 200,
    films: int = 200,
    slots: int = 10,
    spread: float = 1.5,
) -> Loop:
    """Let a service show films, collect clicks, learn from them, and show again.

    Args:
        learn: takes the clicks so far, 0 or 1 (people, films); returns scores of the same shape.
        seed: of the tastes and of all chances.
        at_random: share of the slots that are filled at random, 0 to 1.
        own: learn from the clicks on what was shown; else from as many films shown at random.
        pool: the random pages of a person hold only this many different films, drawn by lot for
            each person; None: any film.
        rounds, people, films, slots: sizes.
        spread: of the tastes, in logits.
    """
    rng = np.random.default_rng(seed)
    tastes = rng.normal(size=(people, 6)) @ rng.normal(size=(6, films)) / np.sqrt(6)
    quality = rng.normal(0, 0.7, films) - 1.5
    chance = 1 / (1 + np.exp(-(spread * tastes + quality)))
    log, logged, variety, clicks = *np.zeros((2, people, films)), [], []
    barred = np.argsort(np.random.default_rng(seed).random(chance.shape)) >= (pool or films)

    def drawn():
        return np.argsort(rng.random(chance.shape) + barred, axis=1)[:, :slots]

    def effective(shown):
        share = shown.sum(axis=0) / shown.sum()
        share = share[share > 0]
        return np.exp(-np.sum(share * np.log(share)))

    def clicked(shown):
        return shown * (rng.random(chance.shape) < chance)

    for t in range(rounds):
        scores = learn(log) if t else rng.random((people, films))
        top = np.argsort(-scores, axis=1, kind="stable")[:, :slots]
        top = np.where(rng.random(top.shape) < at_random, drawn(), top)
        shown, other = np.zeros((2, people, films))
        np.put_along_axis(shown, top, 1, axis=1)
        np.put_along_axis(other, drawn(), 1, axis=1)
        source = shown if own else other
        log, logged = np.maximum(log, clicked(source)), np.maximum(logged, source)
        variety.append(effective(shown))
        clicks.append((shown * chance).sum() / shown.sum())
    ideal = chance >= -np.sort(-chance, axis=1)[:, [slots - 1]]
    best = effective(ideal), (ideal * chance).sum() / ideal.sum()
    return Loop(np.array(variety), np.array(clicks), logged.sum(axis=1).mean(), best)


def same_sitting(ratings, start: int, end: int, within: float = 3600.0) -> float:
    """Of the later half of each person's ratings, the share given soon after the first half.

    Args:
        ratings: as for `cut_people`.
        start, end: the people from `start` to before `end`.
        within: seconds after the last rating of the first half.
    """
    rows = ratings.rows
    rows = rows[(rows.user >= start) & (rows.user < end)]
    person = rows.groupby("user")
    early = person.cumcount() < person.user.transform("size") / 2
    last = rows[early].groupby("user").time.max()
    later = rows[~early]
    return float((later.time - later.user.map(last) < within).mean())
