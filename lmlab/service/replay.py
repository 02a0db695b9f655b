"""Traffic to a service that is watched: sent in parts, through a change of version, and counted."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lmlab.monitor import ScoreWatch, score_counts
from lmlab.service.load import Answers, load_during, load_service, read_metrics

if TYPE_CHECKING:
    from lmlab.service.server import Server

__all__ = ["Replay"]


class Replay:
    """Sends rows to a service, reads its metrics after each part, and keeps all answers.

    Home: chapter 2A4.

    Args:
        server: a running service.
        rate: mean number of requests a second.
        part: requests between two looks at the metrics.

    Attributes:
        answers: one entry for each part that was sent.
    """

    def __init__(self, server: "Server", *, rate: float = 500, part: int = 50):
        self.server, self.rate, self.part = server, rate, part
        self.answers: list[Answers] = []

    def __repr__(self) -> str:
        return f"Replay({self.sent} sent, {self.lost} not answered)"

    @property
    def sent(self) -> int:
        """Requests sent."""
        return sum(len(run.due) for run in self.answers)

    @property
    def lost(self) -> int:
        """Requests that got another answer than their scores, or none."""
        return sum(int((run.status != 200).sum()) for run in self.answers)

    @property
    def versions(self) -> dict[str, int]:
        """Answered requests by the version that the answer names."""
        named = (v for run in self.answers for v in run.version if v)
        return dict(Counter(named))

    def until_alarm(self, rows: Sequence[Mapping], watch: ScoreWatch) -> int:
        """Send rows in parts, and stop at the first alarm.

        Returns:
            The number of rows sent: all of them where no alarm came.
        """
        for begin in range(0, len(rows), self.part):
            part = rows[begin : begin + self.part]
            load = {"rate": self.rate, "count": len(part), "seed": begin}
            self.answers.append(load_service(self.server.url, part, **load))
            if self._look(watch):
                return begin + len(part)
        return len(rows)

    def swap(self, export: str | Path, version: str, watch: ScoreWatch, rows: Sequence[Mapping]):
        """Replace the running version while these rows are sent, again and again.

        Returns:
            True if the new version's watch alarms at its first look.
        """
        new = {"version": version, "score_edges": watch.edges.tolist()}
        task = functools.partial(self.server.restart, export, **new)
        load = {"rate": self.rate, "count": len(rows)}
        self.answers.append(load_during(task, self.server.url, rows, **load))
        return self._look(watch)

    def _look(self, watch: ScoreWatch) -> bool:
        return watch.take(score_counts(read_metrics(self.server.url)))
