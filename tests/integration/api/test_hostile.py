"""What is sent to do harm: sizes, kinds, fields, names, slowness."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.api.conftest import Site
from tests.lab import standin
from tests.lab.standin import StandIn
from vcc.api import routing, serving
from vcc.api.identity import Directory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STATE = "/agents/press/wang/state"
READY = {"wish": "ready", "phone": "p104"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "wish"),
        ({"wish": "lazy"}, "wish"),
        ({"wish": 1}, "wish"),
        ({"wish": None}, "wish"),
        ({**READY, "wihs": "x"}, "wihs"),
        ({"wish": "not_ready", "reason": "a\nb"}, "reason"),
        ({"wish": "not_ready", "reason": "x" * 81}, "reason"),
        ({"wish": "ready", "reason": "meal"}, ""),
        ({"wish": "ready", "phone": "P 104"}, "phone"),
        ({"wish": "ready", "phone": ["p104"]}, "phone"),
        ([], ""),
        ("ready", ""),
    ],
)
async def test_wrong_bodies_name_the_mistake(site: Site, body: Any, where: str) -> None:
    status, answer = await site.ask("POST", STATE, json=body)
    assert (status, answer["code"]) == (400, "bad_request")
    assert any(where in mistake["where"] for mistake in answer["mistakes"]), answer
    assert site.platform.log.all == []


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b'{"wish": "ready"} x', b"[" * 9_000, b'{"wish": NaN}', b"null", b'{"a":' * 2_000]
)
async def test_what_is_no_json(site: Site, data: bytes) -> None:
    status, answer = await site.ask("POST", STATE, data=data, headers={"Content-Type": "application/json"})
    assert (status, answer["code"]) == (400, "bad_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
async def test_other_content_types(site: Site, kind: str) -> None:
    data = json.dumps(READY).encode()
    status, answer = await site.ask("POST", STATE, data=data, headers={"Content-Type": kind})
    assert (status, answer["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x"])
async def test_a_compressed_body_is_refused_whatever_it_is(site: Site, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    status, answer = await site.ask("POST", STATE, data=b"\x1f\x8bgarbage", headers=headers, compress=False)
    assert (status, answer["code"]) == (415, "unsupported_media_type")


async def _endless() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b'{"wish": "' + b"x" * 10_000


async def test_bodies_are_bounded_told_or_not(site: Site) -> None:
    headers = {"Content-Type": "application/json"}
    status, answer = await site.ask("POST", STATE, data=b" " * (routing.BODY_BYTES + 1), headers=headers)
    assert (status, answer["code"]) == (413, "too_large")
    status, answer = await site.ask("POST", STATE, data=_endless(), headers=headers)
    assert (status, answer["code"]) == (413, "too_large")


async def test_a_packed_body_is_not_unpacked(site: Site) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    status, answer = await site.ask("POST", STATE, data=gzip.compress(b" " * 10_000_000), headers=headers)
    assert (status, answer["code"]) == (415, "unsupported_media_type")


async def test_a_body_where_none_belongs(site: Site) -> None:
    status, answer = await site.ask("GET", "/calls", data=b"x")
    assert (status, answer["code"]) == (400, "bad_request")
    status, answer = await site.ask("POST", "/drain", json={"now": True})
    assert (status, answer["mistakes"][0]["where"]) == (400, "now")


async def test_a_slow_body_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "BODY_S", 0.1)
    reader, writer = await _connect(site)
    head = f"POST /api/v1{STATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {standin.token('platform')}\r\n"
    writer.write((head + "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{").encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"too_slow"' in answer
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_slow_head_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: bytes) -> None:
    monkeypatch.setattr(serving, "IDLE_S", 0.2)
    async with Site(StandIn(), Directory(standin.secrets()), tmp_path) as site:
        reader, writer = await _connect(site)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setattr(serving, "CONNECTIONS", 2)
    open_ = [await _connect(site) for _ in range(2)]
    reader, writer = await _connect(site)
    with suppress(ConnectionError):  # turned away before it could read
        assert await asyncio.wait_for(reader.read(), 10) == b""
    for _, other in [*open_, (reader, writer)]:
        other.close()
    await open_[0][1].wait_closed()


@pytest.mark.parametrize(
    "name",
    ["%00", "..%2F..", "%0d%0aX: 1", "' OR 1=1", "a" * 300, "%F0%9F%92%A5", "%ff", "press%00", "{tenant}", "%E2%80%AE"],
)
@pytest.mark.parametrize("path", ["/tenants/{}", "/agents/{}", "/calls/{}", "/tenants/{}/board/events"])
async def test_names_that_nobody_has(site: Site, path: str, name: str) -> None:
    status, answer = await site.ask("GET", path.format(name))
    assert (status, answer["code"]) == (404, "not_found")


async def test_heads_are_bounded(site: Site) -> None:
    for headers in ({"X-Long": "x" * 20_000}, {f"X-{number}": "x" for number in range(200)}):
        async with site.http.get("/api/v1/me", headers=headers) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/api/v1/calls", 405), ("DELETE", "/api/v1/tenants/press", 405), ("GET", "/api/v1/drain", 405),
     ("GET", "/api/v1/nothing", 404), ("GET", "/api/v2/calls", 404), ("POST", "/", 405), ("GET", "/.env", 404),
     ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e%2fapp.py", 404), ("GET", "/static/", 404)],
)  # fmt: skip
async def test_what_is_not_there_is_told_as_json(site: Site, method: str, path: str, status: int) -> None:
    async with site.http.request(method, path, headers=site.bearer("platform")) as answer:
        assert answer.status == status
        assert answer.content_type == "application/json"
        body = await answer.json()
        assert {"code", "message", "advice"} <= body.keys()
        if status == 405:
            assert "Allow" in answer.headers


async def test_answers_are_not_kept_guessed_framed_or_run(site: Site) -> None:
    for path in ("/api/v1/calls", "/healthz", "/login", "/api/v1/nothing"):
        async with site.http.get(path, headers=site.bearer("platform")) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Server"] == "vcc"
            if path.startswith("/api"):
                assert answer.headers["Cache-Control"] == "no-store"


async def _connect(site: Site) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = site.url.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host, int(port))
