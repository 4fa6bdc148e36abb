"""Just enough SIP to place calls in great numbers: bytes in, bytes out, nothing parsed that nobody asks for.

Written for what Asterisk sends: full header names, one header a line.
"""

from __future__ import annotations

import re

_HEADER = {
    name: re.compile(rb"\r\n" + name.encode() + rb"[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
    for name in ("Call-ID", "CSeq", "To", "From", "Contact")
}
_VIAS = re.compile(rb"\r\n(Via[ \t]*:[^\r\n]*)", re.IGNORECASE)
_URI = re.compile(rb"<?(sips?:[^>;\s]+)")
_MEDIA = re.compile(rb"\r\nm=audio (\d+) ")
_VERSION = b"SIP/2.0"


def header(message: bytes, name: str) -> bytes:
    """The first header of that name, one of those that calls need; empty if there is none."""
    found = _HEADER[name].search(message)
    return found[1] if found else b""


def status(message: bytes) -> int:
    """The status of a response; 0 for a request and for what is no SIP."""
    first, _, rest = message.partition(b" ")
    return int(rest[:3]) if first == _VERSION and rest[:3].isdigit() else 0


def method(message: bytes) -> str:
    """The method that a message is about: a request's own, or the one that a response answers."""
    if message.startswith(_VERSION):
        return header(message, "CSeq").rpartition(b" ")[2].decode("ascii", "replace")
    return message.partition(b" ")[0].decode("ascii", "replace")


def uri(address: bytes) -> bytes:
    """The URI in a Contact header, without its parameters; empty if there is none."""
    found = _URI.search(address)
    return found[1] if found else b""


def media_port(message: bytes) -> int:
    """The port where the other side wants its RTP; 0 if the message does not say."""
    found = _MEDIA.search(message)
    return int(found[1]) if found else 0


def response(request: bytes, code: bytes) -> bytes:
    """The answer to a request within a call, such as `200 OK`."""
    lines = [_VERSION + b" " + code, *(found[1] for found in _VIAS.finditer(request))]
    lines += [name.encode() + b": " + header(request, name) for name in ("From", "To", "Call-ID", "CSeq")]
    return b"\r\n".join([*lines, b"Content-Length: 0", b"", b""])
