import numpy as np
import pytest

from lmlab.monitor import ScoreWatch, score_counts
from lmlab.service import Column, Replay, Scorer, Server, ask, export_onnx, read_metrics

COLUMNS = [Column("age", 18, 100), Column("income", 0, 1000, nullable=True)]


def rows_of(incomes):
    return [{"age": 40.0, "income": float(v)} for v in incomes]


@pytest.fixture(scope="module")
def by_income(tmp_path_factory):
    """A score that grows with the income."""
    from lmlab.models.device import start_keras

    keras = start_keras(seed=0)
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    net.set_weights([np.array([[0.0], [1.0]]), np.zeros(1)])
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    return export_onnx(net, path, COLUMNS, fill=[40, 100], mean=[40, 150], scale=[10, 90])


@pytest.fixture(scope="module")
def watch_of(by_income):
    incomes = np.random.default_rng(0).uniform(0, 300, 1000)
    scores = Scorer(by_income)(np.column_stack([np.full(1000, 40), incomes]))
    return lambda: ScoreWatch(scores, window=100)


def test_a_shift_is_found_and_a_change_of_version_loses_nothing(by_income, watch_of):
    rng = np.random.default_rng(1)
    watch = watch_of()
    with Server(by_income, version="1", score_edges=watch.edges.tolist()) as server:
        replay = Replay(server, rate=1000)
        assert replay.until_alarm(rows_of(rng.uniform(0, 300, 150)), watch) == 150
        assert replay.until_alarm(rows_of(np.full(400, 900)), watch) <= 200
        assert watch.alarms == 1
        second = watch_of()
        assert not replay.swap(by_income, "2", second, rows_of(rng.uniform(0, 300, 100)))
        assert set(replay.versions) == {"1", "2"} and replay.lost == 0
        assert sum(replay.versions.values()) == replay.sent
        counted = read_metrics(server.url)['score_requests_total{status="200"}']
        assert counted == replay.versions["2"] == score_counts(read_metrics(server.url)).sum()
        assert repr(replay) == f"Replay({replay.sent} sent, 0 not answered)"


def test_what_is_refused_counts_as_lost(server):
    replay = Replay(server, part=3)
    watch = ScoreWatch(np.arange(100), window=10**6)
    assert replay.until_alarm([{"age": 40.0}] * 4, watch) == 4
    assert replay.lost == 4 and replay.versions == {}


def test_metrics_count_scores_missing_values_and_processor_time(server, row):
    def read():
        metrics = read_metrics(server.url)
        missing = metrics.get('score_missing_total{column="income"}', 0)
        return score_counts(metrics), missing, metrics["score_cpu_seconds"]

    counts, missing, seconds = read()
    score = ask(server.url, body=row | {"income": None})[1]["scores"][0]
    more, now, later = read()
    came = more - counts
    assert came.sum() == 1 and came[np.searchsorted(np.arange(1, 10) / 10, score)] == 1
    assert now - missing == 1 and later > seconds
