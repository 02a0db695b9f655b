"""What is right is answered; each kind of bad input is refused with a 4xx and a reason."""

import json

import httpx
import numpy as np
import pytest

from lmlab.service import Column, Scorer, ask, create_app, read_metrics, send_raw

HEAD = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


def post(server, content):
    headers = {"content-type": "application/json"}
    return httpx.post(
        f"{server.url}/score", content=content, headers=headers, timeout=60, trust_env=False
    )


def test_scores_are_those_of_the_export(server, export, rows):
    body = [{"age": a, "income": None if np.isnan(b) else b} for a, b in rows.tolist()]
    answer = post(server, json.dumps({"rows": body})).json()
    assert answer["version"] == "a"
    np.testing.assert_allclose(answer["scores"], Scorer(export)(rows), atol=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "body"),
        ("{", "JSON decode error"),
        ("[]", "valid dictionary"),
        ('{"rows": []}', "at least 1 item"),
        ('{"rows": [{"age": 30}]}', "rows.0.income: Field required"),
        ('{"rows": [{"age": null, "income": 1}]}', "rows.0.age"),
        ('{"rows": [{"age": "30", "income": 1}]}', "valid number"),
        ('{"rows": [{"age": true, "income": 1}]}', "valid number"),
        ('{"rows": [{"age": 17, "income": 1}]}', "greater than or equal to 18"),
        ('{"rows": [{"age": NaN, "income": 1}]}', "rows.0.age: Input should be"),
        ('{"rows": [{"age": 30, "income": NaN}]}', "rows.0.income: Input should be"),
        ('{"rows": [{"age": Infinity, "income": 1}]}', "finite"),
        ('{"rows": [{"age": 1e999, "income": 1}]}', "finite"),
        ('{"rows": [{"age": 30, "income": 1, "id": 7}]}', "rows.0.id: Extra"),
        (json.dumps({"rows": [{"age": 30, "income": 1}] * 4}), "at most 3 items"),
        (b'\xff\xfe{"rows": 1}', "body"),
        ("[" * 900 + "]" * 900, "body"),
    ],
)
def test_bad_rows_are_refused_with_422_and_a_reason(server, content, reason):
    answer = post(server, content)
    assert answer.status_code in (400, 422), answer.text
    assert reason in answer.json()["error"], answer.text
    assert (
        httpx.get(f"{server.url}/health", timeout=60, trust_env=False).json()["status"] == "ready"
    )


def test_other_paths_and_methods_are_refused_with_a_reason_and_counted(server):
    assert ask(server.url, "/nope") == (404, {"error": "Not Found"})
    assert ask(server.url, "/score") == (405, {"error": "Method Not Allowed"})
    counted = read_metrics(server.url)
    assert {f'score_requests_total{{status="{n}"}}' for n in (404, 405)} <= set(counted)


def test_numbers_too_large_for_the_model_are_refused_and_a_failing_model_is_no_crash(export):
    from fastapi.testclient import TestClient

    scorer = Scorer(export)
    wide = type("Wide", (), {"columns": [Column("a"), Column("b", 0, 1)]})()
    failing = type("Failing", (), {"columns": wide.columns})()
    type(wide).__call__ = lambda self, rows: scorer(rows) * np.where(rows[:, 0] > 9, np.nan, 1)
    type(failing).__call__ = lambda self, rows: 1 / 0
    body = [{"rows": [{"a": a, "b": 0.0}]} for a in (1.0, 1e39, 10.0)]
    with TestClient(create_app(wide)) as web:
        answers = [web.post("/score", json=one) for one in body]
        assert [answer.status_code for answer in answers] == [200, 422, 422]
        assert "less than or equal to" in answers[1].json()["error"]
        assert answers[2].json()["error"].startswith("rows.0: the model has no finite score")
    with TestClient(create_app(failing), raise_server_exceptions=False) as web:
        answer = web.post("/score", json=body[0])
        assert (answer.status_code, answer.json()["error"]) == (
            500,
            "the model failed: ZeroDivisionError",
        )
        assert 'status="500"} 1.0' in web.get("/metrics").text


def test_a_large_body_is_refused_by_its_header_and_by_its_length(server):
    assert post(server, b"x" * 3000).status_code == 413
    answer = send_raw(server.url, HEAD + b"content-length: 999999999\r\n\r\n")
    assert "413" in answer and "larger than 2000 bytes" in answer
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    answer = send_raw(server.url, HEAD + b"transfer-encoding: chunked\r\n\r\n", chunk, chunk)
    assert "413" in answer


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([HEAD + b'content-length: 50\r\n\r\n{"rows"'], "body was not complete after 1.5 s"),
        ([HEAD + b"content-length: 50\r\n\r\n", *[b"x"] * 30], "body was not complete"),
        ([b"POST /score HT"], "no whole request head after 1.5 s"),
        ([b""], "no whole request head"),
    ],
)
def test_slow_and_half_sent_requests_are_refused_with_408(server, parts, reason):
    answer = send_raw(server.url, *parts, pause=0.1)
    assert "408" in answer and reason in answer


def test_no_http_is_refused_with_400(server):
    assert " 400 " in send_raw(server.url, b"\x00\x01\x02 hello\r\n\r\n")
    bad = HEAD + b"content-length: minus\r\n\r\n"
    assert " 400 " in send_raw(server.url, bad)


def test_a_client_that_hangs_up_in_the_middle_harms_nobody(server, row):
    import socket

    place = httpx.URL(server.url)
    for _ in range(3):
        with socket.create_connection((place.host, place.port)) as wire:
            wire.sendall(HEAD + b"content-length: 50\r\n\r\n{")
    assert post(server, json.dumps({"rows": [row]})).status_code == 200


def test_metrics_are_in_the_text_format_and_count_what_came(server, row):
    from prometheus_client.parser import text_string_to_metric_families

    def counts():
        text = httpx.get(f"{server.url}/metrics", timeout=60, trust_env=False).text
        return {
            (sample.name, sample.labels.get("status")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    before = counts()
    post(server, json.dumps({"rows": [row]}))
    post(server, "{")
    after, name = counts(), "score_requests_total"
    for status in ("200", "422"):
        assert after[name, status] - before.get((name, status), 0) == 1
    assert after["score_in_flight", None] == 0
    assert after["score_batch_requests_count", None] > before["score_batch_requests_count", None]


def test_a_full_queue_is_refused_with_503_and_when_to_come_back(export):
    import threading
    from concurrent.futures import ThreadPoolExecutor

    from fastapi.testclient import TestClient

    scorer = Scorer(export)
    slow, refusal = type("Slow", (), {"columns": scorer.columns})(), threading.Event()
    type(slow).__call__ = lambda self, rows: refusal.wait(60) and rows[:, 0]

    def post(_):
        answer = web.post("/score", json=body)
        if answer.status_code == 503:
            refusal.set()
        return answer

    with TestClient(create_app(slow, max_queue=1)) as web, ThreadPoolExecutor(3) as pool:
        body = {"rows": [{"age": 30.0, "income": None}]}
        answers = list(pool.map(post, range(3)))
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused and refused[0].headers["retry-after"] == "1"
    assert "try again later" in refused[0].json()["error"]
