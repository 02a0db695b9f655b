import numpy as np
import pytest

from lmlab.models.counting import BackOff, losses_at, seen

TEXT = [0, 1, 0, 1, 0, 2]  # ababac


def by_hand(counted, context, token, size, strength):
    """The formula of chapter 5K, read off a list."""
    if context is None:
        return 1 / size
    n = len(context)
    after = [counted[i + n] for i in range(len(counted) - n) if counted[i : i + n] == context]
    shorter = by_hand(counted, context[1:] if n else None, token, size, strength)
    back = strength * len(set(after))
    return (after.count(token) + back * shorter) / (len(after) + back) if after else shorter


def test_hand_example():
    table = BackOff(TEXT, order=1, vocab_size=3)
    # after a: b twice, c once; alone: a 3, b 2, c 1 of 6
    alone = (np.array([3, 2, 1]) + 3 / 3) / (6 + 3)
    np.testing.assert_allclose(table.next_probs([]), alone)
    np.testing.assert_allclose(table.next_probs([2, 0]), (np.array([0, 2, 1]) + 2 * alone) / 5)
    np.testing.assert_allclose(table.next_probs([2]), alone)  # c was last: never followed
    assert [table.rows(n) for n in (0, 1)] == [3, 3]


@pytest.mark.parametrize("strength", [0.5, 1.0, 8.0])
def test_agrees_with_the_formula(strength):
    rng = np.random.default_rng(0)
    counted, text = rng.integers(0, 4, 60).tolist(), rng.integers(0, 4, 30).tolist()
    table = BackOff(counted, 3, 4)
    losses = table.nll(text, strength)
    for n in range(4):
        ps = [by_hand(counted, text[t - n : t], text[t], 4, strength) for t in range(3, len(text))]
        assert losses[n] == pytest.approx(-np.mean(np.log(ps)))
    p = table.next_probs(text, strength)
    assert p.sum() == pytest.approx(1)
    assert p[2] == pytest.approx(by_hand(counted, text[-3:], 2, 4, strength))


def test_without_back_off_each_memory_falls_back_on_the_uniform():
    losses = BackOff(TEXT, 2, 3).nll([0, 1, 2], backs_off=False)
    # ab was followed by a only, twice: (0 + 1/3) / (2 + 1); b by a twice; alone c is 1 of 6
    np.testing.assert_allclose(losses, -np.log([2 / 9, 1 / 9, 1 / 9]))


def test_losses_and_contexts_of_each_token():
    table, text = BackOff(TEXT, 1, 3), [0, 1, 2, 0]
    losses = losses_at(table, text, 8, memory=1)
    right = [table.next_probs(text[: t + 1], 8)[text[t + 1]] for t in range(3)]
    np.testing.assert_allclose(losses, -np.log(right))
    for n in (0, 1):
        mean = losses_at(table, text, 8, memory=n).mean()
        assert mean == pytest.approx(table.nll(text, 8)[n])
    assert seen(table, text).tolist() == [3, 2, 0]  # c was last: never followed


def test_rows_of_a_batch_do_not_run_into_each_other():
    table = BackOff([[0, 1], [2, 0]], 1, 3)
    assert table.rows(1) == 2  # 01 and 20, not 12


def test_too_long_a_memory():
    with pytest.raises(ValueError, match=r"`order` must be small enough .* got 10"):
        BackOff([0, 1], 10, 64)
