"""SIP messages as values: parse bytes, build bytes, look up headers (RFC 3261, sections 7 and 25).

Text is UTF-8 with surrogate escapes, so that any byte a hostile peer sends survives parsing and building unchanged.
Lines end with CR LF only; a lone CR or LF, or any other control character, is part of a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from tests.lab.phone.errors import MalformedError

VERSION = "SIP/2.0"
Header = tuple[str, str]
HeadersLike = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]

_FULL_NAMES = {
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    404: "Not Found",
    405: "Method Not Allowed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


def to_text(data: bytes) -> str:
    """Bytes of a message as text, losing nothing."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The inverse of `to_text`."""
    return text.encode("utf-8", "surrogateescape")


def header_list(headers: HeadersLike | None) -> tuple[Header, ...]:
    """Headers as given by a test (a mapping or pairs, text or raw bytes) in the form that messages hold."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return tuple((name, to_text(value) if isinstance(value, bytes) else value) for name, value in pairs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What requests and responses have in common: headers in their order, full names, and a body."""

    headers: tuple[Header, ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name (its full name, any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def headers_named(self, name: str) -> list[str]:
        """Every header of that name, in order; comma-separated lists are not split."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def require(self, name: str) -> str:
        """The first header of that name. Raises MalformedError when there is none."""
        value = self.header(name)
        if value is None:
            raise MalformedError(f"the message has no {name} header")
        return value

    @property
    def call_id(self) -> str:
        """The Call-ID. Raises MalformedError when there is none."""
        return self.require("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the CSeq. Raises MalformedError when it is missing or no CSeq."""
        text = self.require("CSeq")
        number, _, method = text.partition(" ")
        if not number.isascii() or not number.isdigit() or not method.strip():
            raise MalformedError(f"CSeq must be a number and a method, not {text!r}")
        return int(number), method.strip()

    @property
    def start_line(self) -> str:
        """The first line of the message."""
        raise NotImplementedError

    def with_header_first(self, name: str, value: str) -> Self:
        """A copy with one more header, at the top."""
        return replace(self, headers=((name, value), *self.headers))

    def encode(self) -> bytes:
        """The message as bytes; Content-Length is added here and nowhere else."""
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        return to_bytes("\r\n".join(lines) + "\r\n\r\n") + self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Request(Message):
    """A SIP request."""

    method: str
    uri: str

    @property
    def start_line(self) -> str:
        """`INVITE sip:98668@127.0.0.1 SIP/2.0`."""
        return f"{self.method} {self.uri} {VERSION}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Response(Message):
    """A SIP response."""

    status: int
    reason: str = ""

    @property
    def start_line(self) -> str:
        """`SIP/2.0 200 OK`."""
        return f"{VERSION} {self.status} {self.reason}"


def parse(data: bytes) -> Request | Response:
    """Read one message. Raises MalformedError with the rule that the bytes break."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        raise MalformedError("no empty line ends the headers")
    first, *lines = _unfolded(to_text(head).split("\r\n"))
    headers = tuple(_header(line) for line in lines)
    body = _body(headers, body)
    parts = first.split(" ", 2)
    if parts[0] == VERSION and len(parts) >= 2 and len(parts[1]) == 3 and parts[1].isdigit():
        reason = parts[2] if len(parts) == 3 else ""
        return Response(status=int(parts[1]), reason=reason, headers=headers, body=body)
    if len(parts) == 3 and parts[2] == VERSION:
        return Request(method=parts[0], uri=parts[1], headers=headers, body=body)
    raise MalformedError(f"the first line is neither a request nor a response: {first[:80]!r}")


def response_to(
    request: Request,
    status: int,
    *,
    reason: str | None = None,
    to_tag: str | None = None,
    headers: Iterable[Header] = (),
    body: bytes = b"",
) -> Response:
    """A response with the headers that RFC 3261 8.2.6 has copied from the request; `to_tag` unless To has one."""
    copied: list[Header] = []
    for name, value in request.headers:
        key = name.lower()
        if key in {"via", "record-route", "from", "call-id", "cseq"}:
            copied.append((name, value))
        elif key == "to":
            tagged = to_tag is None or ";tag=" in value.rpartition(">")[2]
            copied.append((name, value if tagged else f"{value};tag={to_tag}"))
    text = REASONS.get(status, "Unspecified") if reason is None else reason
    return Response(status=status, reason=text, headers=(*copied, *headers), body=body)


def _unfolded(lines: list[str]) -> list[str]:
    whole: list[str] = []
    for line in lines:
        if whole and line[:1] in {" ", "\t"}:
            whole[-1] += " " + line.lstrip(" \t")
        else:
            whole.append(line)
    return whole


def _header(line: str) -> Header:
    name, colon, value = line.partition(":")
    name = name.strip(" \t")
    if not colon or not name:
        raise MalformedError(f"a header line needs a name and a colon: {line[:80]!r}")
    return _FULL_NAMES.get(name.lower(), name), value.strip(" \t")


def _body(headers: tuple[Header, ...], body: bytes) -> bytes:
    text = next((value for name, value in headers if name.lower() == "content-length"), None)
    if text is None:
        return body
    if not text.isascii() or not text.isdigit():
        raise MalformedError(f"Content-Length must be a number, not {text[:40]!r}")
    if int(text) > len(body):
        raise MalformedError(f"Content-Length is {text}, but only {len(body)} bytes follow the headers")
    return body[: int(text)]
