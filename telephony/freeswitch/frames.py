"""The event socket's frames, without I/O: bytes in, frames out; and what may be written into a command.

A frame is header lines up to an empty line, and, if they say so, a body of Content-Length *bytes*:

    Content-Length: 526                    <- of an event; of a reply to `api`: Content-Type: api/response
    Content-Type: text/event-json
                                           <- a reply to anything else has no body, but Reply-Text: +OK …
    {"Event-Name":"CHANNEL_CREATE", …}

Whoever speaks is not trusted: sizes are bounded before anything is kept, bytes are cut into frames before they are
decoded, values are never unquoted, and an error shows what came.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import SwitchError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: One event, as it is told: every value is text.
Event = dict[str, str]

MAX_HEADER_BYTES = 64 * 1024
#: As much as the switch itself takes.
MAX_BODY_BYTES = 16 * 1024 * 1024
#: The longest command that is sent.
MAX_COMMAND_BYTES = 64 * 1024
#: How an event that the switch wrote without JSON gives several values of one name; read so by the switch, too.
LIST_BEGIN, LIST_SEPARATOR = "ARRAY::", "|:"

_SHOWN_BYTES = 120
_END = b"\n\n"
_MOST_DIGITS = 9
_SHOWN_DIGITS = 30
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]|%0[0ad]", re.IGNORECASE)
_HALF = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_:.-]+")


class EslFrameError(SwitchError):
    """What came over the wire is no event socket's frame."""

    code = "esl_frame"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; of a header that stands there twice the first counts."""

    headers: dict[str, str]
    body: bytes = b""

    @property
    def kind(self) -> str:
        """What kind of frame this is: `text/event-json`, `command/reply` …"""
        return self.headers["Content-Type"]

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")


class FrameReader:
    """Cuts a stream of bytes into frames, however the stream was cut before."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._buffer = bytearray()
        self._searched = 0
        self._headers: dict[str, str] = {}
        self._missing: int | None = None  # bytes of a body that is under way

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes; give each frame that is whole. Raises EslFrameError where the stream is no event socket's."""
        self._buffer += data
        while True:
            if self._missing is None and not self._read_headers():
                return
            length = self._missing or 0
            if len(self._buffer) < length:
                return
            body = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._missing = None
            yield Frame(self._headers, body)

    def rest(self) -> str:
        """What came of the frame that is under way, for an error's text; empty between two frames."""
        if self._missing is not None:
            return f"in the middle of a frame: {len(self._buffer)} bytes of {self._missing}, after {self._headers}"
        return f"in the middle of a frame that begins {_shown(self._buffer)}" if self._buffer.strip(b"\n") else ""

    def _read_headers(self) -> bool:
        buffer = self._buffer
        if buffer[:1] == b"\n":  # a stray empty line is no frame
            del buffer[: len(buffer) - len(buffer.lstrip(b"\n"))]
            self._searched = 0
        end = buffer.find(_END, self._searched)
        size = end if end >= 0 else len(buffer) - buffer.endswith(b"\n")  # which may be half of the end
        if size > MAX_HEADER_BYTES:
            raise EslFrameError(f"a frame's head has more than {MAX_HEADER_BYTES} bytes; it begins {_shown(buffer)}")
        if end < 0:
            self._searched = max(len(buffer) - 1, 0)
            return False
        raw = bytes(buffer[:end])
        del buffer[: end + len(_END)]
        self._searched = 0
        self._headers = parse_headers(raw)
        if not self._headers.get("Content-Type"):
            raise EslFrameError(f"a frame without Content-Type: {_shown(raw)}")
        self._missing = _length(self._headers.get("Content-Length"), raw)
        return True


def parse_headers(raw: bytes) -> dict[str, str]:
    """Read the lines of a head; a line without a name is left out."""
    headers: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name, value.strip(" \r"))
    return headers


def _length(text: str | None, raw: bytes) -> int:
    """The number of bytes that the body has; 0 without one."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS or int(text) > MAX_BODY_BYTES:
        short = text.isascii() and text.isdigit() and len(text) <= _SHOWN_DIGITS
        shown = f"{int(text):,}" if short else repr(text[:_SHOWN_DIGITS])  # unlike a telephone number, which logs mask
        raise EslFrameError(
            f"a Content-Length of {shown}, which is no number from 0 to {MAX_BODY_BYTES:,}: {_shown(raw)}"
        )
    return int(text)


def _shown(raw: bytes | bytearray) -> str:
    return repr(bytes(raw[:_SHOWN_BYTES]))


def parse_event(body: bytes) -> Event:
    """Read the body of a `text/event-json`. Raises EslFrameError if it is no object of texts and lists of texts."""
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EslFrameError(f"an event that is no JSON ({type(error).__name__}): {_shown(body)}") from error
    if type(found) is not dict:
        raise EslFrameError(f"an event that is no JSON object: {_shown(body)}")
    if set(map(type, found.values())) - {str}:
        found = {name: _text(value, body) for name, value in found.items()}
    if _HALF.search(body):  # half a character, written as an escape, could never be stored
        found = {_whole(name): _whole(value) for name, value in found.items()}
    return found


def _text(value: Any, body: bytes) -> str:  # noqa: ANN401 - whatever JSON holds
    if type(value) is str:
        return value
    if type(value) is list and all(type(part) is str for part in value):
        return LIST_BEGIN + LIST_SEPARATOR.join(value)
    raise EslFrameError(f"an event with a value that is no text: {_shown(body)}")


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- what is written


def clean(value: object) -> str:
    """A value as it may be sent: control characters, line ends above all, become blanks; so do their `%0A` forms."""
    return _FORBIDDEN.sub(" ", str(value))


def command(words: list[str], **headers: str) -> bytes:
    """A command as it is written: its words on the first line, then its headers.

    Raises ValueError if a word or a value could end the line it stands on, or begin one where it is unquoted.
    """
    first = " ".join(words)
    lines = [first, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    for line in lines:
        if found := _FORBIDDEN.search(line):
            raise ValueError(f"{found[0]!r} cannot be sent to the switch: {line[:_SHOWN_BYTES]!r}")
    raw = "\n".join(lines).encode("utf-8", "replace") + _END
    if len(raw) > MAX_COMMAND_BYTES:
        raise ValueError(f"a command of {len(raw)} bytes; the most is {MAX_COMMAND_BYTES}: {first[:_SHOWN_BYTES]!r}")
    return raw


def word(text: str) -> str:
    """`text`, if it is one word as names of commands, events and applications are. Raises ValueError."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"this is no name of a command, an event or a channel: {text[:_SHOWN_BYTES]!r}")
    return text
