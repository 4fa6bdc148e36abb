"""Names in the engineer's own files that vcc's files have, too: Asterisk then takes neither, or mixes the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.render import AMI_USER
from telephony.asterisk.templates.pjsip import TLS_TRANSPORT, WEBSOCKET_TRANSPORT
from telephony.findings import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Section, Seen
    from telephony.findings import Finding

_KINDS = {"endpoint", "aor", "auth", "identify", "transport", "registration"}
_TRANSPORTS = {"phones-udp", "phones-tcp", "trunks-udp", "trunks-tcp", TLS_TRANSPORT, WEBSOCKET_TRANSPORT}


def _theirs(expected: Expected, seen: Seen, name: str) -> list[Section]:
    sections = seen.files.sections.get(name, ()) if seen.files else ()
    return [section for section in sections if not _is_ours(expected, section)]


def _is_ours(expected: Expected, section: Section) -> bool:
    return section.file.name.startswith("vcc-") or section.file.parent == expected.folder


def clash(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Endpoints, AORs, auths, identifications, transports, manager users and music of one name."""
    if not expected.settings.inside:
        return
    for section in _theirs(expected, seen, "pjsip.conf"):
        kind = section.get("type")
        if kind in _KINDS and section.name in expected.endpoints | _TRANSPORTS:
            yield error(
                "name-clash",
                section.where,
                f"the {kind} [{section.name}] is in your configuration and in vcc's",
                why=f"Asterisk refuses every {kind} of a file in which one is there twice",
                do="give one of them another name: yours here, or the phone's or trunk's in vcc's configuration",
            )
    for name, ours, what in (
        ("manager.conf", frozenset({AMI_USER}), "manager user"),
        ("musiconhold.conf", expected.music, "music class"),
    ):
        for section in _theirs(expected, seen, name):
            if section.name in ours:
                yield error(
                    "name-clash",
                    section.where,
                    f"the {what} [{section.name}] is in your configuration and in vcc's",
                    why="the two are mixed: rights and filters, or folders, of both",
                    do="take yours out, or give it another name",
                )


def second_global(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """More than one `[global]` of PJSIP."""
    del expected
    found = [
        section
        for section in (seen.files.sections.get("pjsip.conf", ()) if seen.files else ())
        if section.get("type") == "global"
    ]
    if len(found) > 1:
        yield error(
            "global-twice",
            found[1].where,
            f"a second section with type = global; the first is at {found[0].where}",
            why="Asterisk then loads neither, and who calls is asked in its own order",
            do="keep one of them",
        )
