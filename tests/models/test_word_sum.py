"""Words as numbers, a sum by Keras that is the solver's, and a penalty chosen on held-out rows."""

import numpy as np
from scipy.sparse import csr_matrix

from lmlab.models.word_sum import fit_logistic, word_rows, word_sum

FOUND = csr_matrix(np.array([[0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]))


def test_rows_of_words():
    assert word_rows(FOUND).tolist() == [[1, 3], [4, 4], [0, 4]]


def test_the_network_adds_up_the_weights_of_the_words():
    weights = np.array([0.5, 1.0, 7.0, -3.0])
    logits = word_sum(weights).predict_on_batch(word_rows(FOUND))
    assert np.allclose(logits[:, 0], FOUND @ weights) and logits.shape == (3, 1)


def test_the_strength_is_chosen_on_the_last_rows():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 30))
    y = x[:, 0] + 2 * rng.standard_normal(200) > 0
    chosen = fit_logistic(x, y, held_out=0.5, strengths=(1e-3, 1e3))
    scores = {}
    for c in (1e-3, 1e3):
        scores[c] = fit_logistic(x[:100], y[:100], 0.01, (c,)).score(x[100:], y[100:])
    best = max(scores, key=scores.get)
    assert best == chosen.C and chosen.coef_.shape == (1, 30)
