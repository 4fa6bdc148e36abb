"""Asks the control API. Nothing but the standard library, so that a command starts quickly."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from vcc.cli.connection import Connection
from vcc.cli.errors import CommandError, UnreachableError

_PREFIX = "/api/v1"
_ANSWER_S = 20.0
#: A stream says something every 15 s; when nothing came for this long, it is dead.
_SILENCE_S = 40.0
_ANSWER_BYTES = 64_000_000
_LINE_BYTES = 1_000_000
_CHUNK_BYTES = 65_536
_OK = range(200, 300)


def path_of(*parts: str) -> str:
    """A path of the API from names, which may hold any sign."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class Client:
    """One command's way to vcc."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent yet."""
        self._connection = connection

    def get(self, path: str, **query: str | int | float | None) -> Any:  # noqa: ANN401 - JSON
        """The answer to a GET; parameters that are None are left out. Raises CommandError, UnreachableError."""
        wanted = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(wanted)}" if wanted else path)

    def save(self, path: str, into: Path) -> int:
        """Write the answer to a GET into a new file, for its owner's eyes; how many bytes. Raises CommandError,
        UnreachableError. There is a place to write to before anything is asked for: what is given out is written down.
        """
        try:
            descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{into} cannot be written: {error.strerror}; name another file.") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in self._chunks(path):
                    file.write(chunk)
                return file.tell()
        except OSError as error:
            into.unlink()
            raise CommandError(f"{into} cannot be written: {error.strerror}; name another file.") from None
        except BaseException:
            into.unlink()
            raise

    def _chunks(self, path: str) -> Iterator[bytes]:
        with closing(self._connect(_ANSWER_S)) as http_connection:
            answer = self._send(http_connection, "GET", path, None, {})
            if answer.status not in _OK:
                raise _refused(answer.status, answer.read(_ANSWER_BYTES))
            try:
                while chunk := answer.read(_CHUNK_BYTES):
                    yield chunk
            except (OSError, http.client.HTTPException) as error:
                raise self._unreachable(error) from None
            if answer.length:  # so much is missing: a part that looks like all of it would be worse than nothing
                raise self._unreachable(ConnectionError("the answer was cut off"))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """The answer to a command. Raises CommandError, UnreachableError."""
        return self._ask("POST", path, json.dumps(body or {}))

    def events(self, path: str, last_id: str | None) -> Iterator[tuple[str, str, Any]]:
        """Server-sent events as (event, id, data) until the stream ends. Raises CommandError, UnreachableError."""
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        with closing(self._connect(_SILENCE_S)) as http_connection:
            answer = self._send(http_connection, "GET", path, None, headers)
            if answer.status not in _OK:
                raise _refused(answer.status, answer.read(_ANSWER_BYTES))
            if not (answer.getheader("Content-Type") or "").startswith("text/event-stream"):
                raise UnreachableError("What answers there is not vcc (no stream of events): look at --url.")
            yield from self._events(answer)

    def _events(self, answer: http.client.HTTPResponse) -> Iterator[tuple[str, str, Any]]:
        fields: dict[str, str] = {}
        while True:
            try:
                line = answer.readline(_LINE_BYTES)
            except (OSError, http.client.HTTPException):
                return
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            name, _, value = text.partition(":")
            if text:
                fields[name] = value.removeprefix(" ")
            elif "event" in fields:
                yield fields["event"], fields.get("id", ""), _decoded(fields.get("data", "null"))
                fields = {}

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": "application/json"} if body is not None else {}
        with closing(self._connect(_ANSWER_S)) as http_connection:
            answer = self._send(http_connection, method, path, body, headers)
            try:
                data = answer.read(_ANSWER_BYTES)
            except (OSError, http.client.HTTPException) as error:
                raise self._unreachable(error) from None
        if answer.status not in _OK:
            raise _refused(answer.status, data)
        return _decoded(data)

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        parts = urlsplit(self._connection.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            return kind(parts.hostname or "", parts.port, timeout=timeout_s)
        except (ValueError, http.client.InvalidURL) as error:
            raise self._unreachable(error) from None

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: str | None,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        base = urlsplit(self._connection.url).path.rstrip("/")
        sent = {"Authorization": f"Bearer {self._connection.token}", **headers}
        try:
            connection.request(method, f"{base}{_PREFIX}{path}", body, sent)
            return connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> UnreachableError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return UnreachableError(
            f"vcc cannot be reached at {self._connection.url} ({why}): "
            "see whether it runs, or name another address with --url."
        )


def _decoded(data: str | bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(data)
    except ValueError:
        raise UnreachableError("What answers there is not vcc (no JSON): look at --url.") from None


def _refused(status: int, data: bytes) -> CommandError:
    try:
        answer = json.loads(data)
        lines = [f"{answer['message']} {answer['advice']}"]
        lines += [
            f"  {mistake['where']}: {mistake['message']}"
            + (f"; expected {mistake['expected']}" if mistake["expected"] else "")
            for mistake in answer.get("mistakes", ())
        ]
    except (ValueError, KeyError, TypeError):
        return UnreachableError(f"What answers there is not vcc (status {status}): look at --url.")
    return CommandError("\n".join(lines))
