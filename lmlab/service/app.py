"""The application: rows are checked by name and range, scored in batches, counted and timed."""

import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.exceptions import HTTPException

from lmlab.service.batching import Batcher, Overloaded
from lmlab.service.export import Scorer
from lmlab.service.limits import BodyLimits

__all__ = ["create_app"]

LARGEST = float(np.finfo(np.float32).max)  # beyond it, a row would become infinite on its way
SCORES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def create_app(
    scorer: Scorer,
    *,
    version: str = "1",
    max_batch: int = 32,
    max_wait: float = 0.0,
    max_queue: int = 256,
    max_rows: int = 64,
    max_bytes: int = 65_536,
    max_seconds: float = 2.0,
    score_edges: Sequence[float] = SCORES,
) -> FastAPI:
    """The service of one export.

    `POST /score` takes `{"rows": [{column: number, …}, …]}` and answers `{"scores": [number, …],
    "version": text}`; `GET /health` says that it is ready; `GET /metrics` counts in the text format
    of Prometheus. What it refuses: 422 for a row that is not as the export's columns say (unknown,
    absent, out of range, NaN, infinite, text), for one whose score is not finite, or no JSON, 413
    for a large body, 408 for a slow one, 404 and 405 for another path or method, 503 with
    `Retry-After` where the queue is full. A model that fails is a 500, and the service goes on.
    Each with `{"error": reason}`, and counted.

    Args:
        scorer: the export.
        version: repeated in each answer.
        max_batch, max_wait, max_queue: see `Batcher`.
        max_rows: rows in one request.
        max_bytes: bytes of one body.
        max_seconds: seconds until a body must be complete.
        score_edges: edges of the bins in which `/metrics` counts the scores, increasing.
    """
    meters = _Meters(score_edges)
    batcher = Batcher(
        scorer,
        max_batch=max_batch,
        max_wait=max_wait,
        max_queue=max_queue,
        on_batch=meters.batch.observe,
    )

    @asynccontextmanager
    async def lifespan(app):
        batcher.start()
        yield
        await batcher.stop()

    app = FastAPI(title="score", version=version, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(
        BodyLimits, max_bytes=max_bytes, max_seconds=max_seconds, on_refusal=meters.count
    )
    request_model = _request_model(scorer, max_rows)
    names = [column.name for column in scorer.columns]

    @app.post("/score")
    async def score(body: request_model):
        begin = time.perf_counter()
        values = [[getattr(row, name) for name in names] for row in body.rows]
        with meters.in_flight.track_inprogress():
            scores = await batcher.score(np.array(values, np.float32))  # None becomes NaN
        if len(bad := np.flatnonzero(~np.isfinite(scores))):
            meters.count(422)
            return _refusal(422, f"rows.{bad[0]}: the model has no finite score for these values")
        meters.latency.observe(time.perf_counter() - begin)
        meters.look_at(names, values, scores)
        meters.count(200)
        return {"scores": scores.tolist(), "version": version}

    @app.get("/health")
    async def health():
        return {"status": "ready", "version": version}

    @app.get("/metrics")
    async def metrics():
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError):
        meters.count(422)  # the value itself stays out: a NaN in an answer is no JSON
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return _refusal(422, f"{place or 'body'}: {first['msg']}")

    @app.exception_handler(HTTPException)  # another path or method, a body that nobody can read
    async def strange(request: Request, error: HTTPException):
        meters.count(error.status_code)
        return _refusal(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception):
        meters.count(500)
        return _refusal(500, f"the model failed: {type(error).__name__}")

    @app.exception_handler(Overloaded)
    async def later(request: Request, error: Overloaded):
        meters.count(503)
        return _refusal(503, f"{error}: try again later", {"retry-after": "1"})

    return app


class _Meters:
    def __init__(self, score_edges: Sequence[float]):
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "score_requests", "Requests answered", ["status"], registry=registry
        )
        self.latency = Histogram(
            "score_seconds", "From a checked request to its scores", buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.batch = Histogram(
            "score_batch_requests", "Requests in one call of the model",
            buckets=(1, 2, 4, 8, 16, 32, 64), registry=registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "score_in_flight", "Requests accepted, not answered", registry=registry
        )
        self.value = Histogram(
            "score_value", "Scores answered", buckets=tuple(score_edges), registry=registry
        )
        self.missing = Counter("score_missing", "Values left out", ["column"], registry=registry)
        cpu = Gauge("score_cpu_seconds", "Processor time of the process", registry=registry)
        cpu.set_function(time.process_time)

    def count(self, status: int) -> None:
        self.requests.labels(str(status)).inc()

    def look_at(self, names: list[str], rows: list[list[float | None]], scores: np.ndarray) -> None:
        """Count the scores of one answer by their bins, and the values that were left out."""
        for row, score in zip(rows, scores.tolist(), strict=True):
            self.value.observe(score)
            for name, value in zip(names, row, strict=True):
                if value is None:
                    self.missing.labels(name).inc()


def _refusal(status: int, reason: str, headers: dict | None = None) -> JSONResponse:
    return JSONResponse({"error": reason}, status, headers)


def _request_model(scorer: Scorer, max_rows: int) -> type[BaseModel]:
    strict = ConfigDict(extra="forbid", strict=True)
    fields = {}
    for column in scorer.columns:
        bounds = {"ge": max(column.low, -LARGEST), "le": min(column.high, LARGEST)}
        bounds["allow_inf_nan"] = False
        kind = Annotated[float, Field(**bounds)]
        fields[column.name] = (kind | None if column.nullable else kind, ...)
    row = create_model("Row", __config__=strict, **fields)
    rows = Annotated[list[row], Field(min_length=1, max_length=max_rows)]
    return create_model("Rows", __config__=strict, rows=(rows, ...))
