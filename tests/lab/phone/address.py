"""Addresses in SIP headers: `"Ada" <sip:ada@127.0.0.1:5060>;tag=x`, and the URIs in them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.lab.phone.errors import MalformedError

SocketAddress = tuple[str, int]
SIP_PORT = 5060

_PARAMETER = re.compile(r";\s*([^=;\s]+)\s*(?:=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*))?")
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*<', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def quote(text: str) -> str:
    """A display name as a quoted string, with quotes and backslashes escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parameters(text: str) -> dict[str, str]:
    """The `;name=value` parameters in `text`, names in lower case; a parameter without value has an empty one."""
    return {name.lower(): value.strip().strip('"') for name, value in _PARAMETER.findall(text)}


def split_list(text: str) -> list[str]:
    """Split a header that lists values by commas; commas within quotes or angle brackets do not count."""
    values, depth, quoted, start = [], 0, False, 0
    for index, char in enumerate(text):
        if char == '"' and (not quoted or text[index - 1] != "\\"):
            quoted = not quoted
        elif not quoted and char in "<>":
            depth += 1 if char == "<" else -1
        elif char == "," and not quoted and depth == 0:
            values.append(text[start:index].strip())
            start = index + 1
    values.append(text[start:].strip())
    return [value for value in values if value]


@dataclass(frozen=True, kw_only=True, slots=True)
class NameAddress:
    """A From, To, Contact, Route … value: display name (None when there is none), URI, header parameters."""

    uri: str
    display: str | None = None
    params: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """The user part of the URI, percent-decoded: for a telephone call the number."""
        return uri_user(self.uri)

    @property
    def tag(self) -> str | None:
        """The tag that names one side of a dialog."""
        return self.params.get("tag")


def parse_address(text: str) -> NameAddress:
    """Read a name-addr or a bare URI; unescaped rubbish in the display name does not hinder. Raises MalformedError."""
    quoted = _QUOTED.match(text)
    if quoted:
        display, start = _ESCAPE.sub(r"\1", quoted[1]), quoted.end() - 1
    else:
        start = text.find("<")
        display = text[:start].strip() if start > 0 else ""
    if start < 0:
        uri, semicolon, params = text.strip().partition(";")
        return NameAddress(uri=uri, params=parameters(semicolon + params))
    end = text.find(">", start)
    if end < 0:
        raise MalformedError(f"an address has '<' without '>': {text[:80]!r}")
    return NameAddress(
        uri=text[start + 1 : end],
        display=display if quoted or display else None,
        params=parameters(text[end + 1 :]),
    )


def uri_user(uri: str) -> str:
    """The user part of a SIP URI, percent-decoded, without password and parameters; empty when it has none."""
    rest = uri.partition(":")[2]
    user, at, _ = rest.rpartition("@")
    return unquote(user.partition(";")[0].partition(":")[0], errors="surrogateescape") if at else ""


def uri_socket(uri: str) -> SocketAddress | None:
    """Address and port that a SIP URI names; None unless the host is an IPv4 address, for names are not resolved."""
    host_port = uri.partition(":")[2].rpartition("@")[2].partition(";")[0].partition("?")[0]
    host, _, port = host_port.partition(":")
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return None
    return host, int(port) if port.isdigit() else SIP_PORT
