"""The switch's configuration, written for one node from the platform's: `render` returns file name -> text.

Pure: nothing is read or written here. The same platform gives the same texts, so that a reload can tell what changed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from telephony.between import links as links_of
from telephony.freeswitch.templates import (
    acl,
    conference,
    dialplan,
    directory,
    event_socket,
    modules,
    nodes,
    root,
    sofia,
    switch,
    variables,
    words,
)
from telephony.freeswitch.templates.fallback import NumberEntry
from telephony.values import RenderError
from tenancy.model import FreeSwitchNode, Phone, Platform, Trunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["OWN_PREFIX", "RESCAN", "RenderError", "include_lines", "needed_modules", "password_digest", "render"]

#: What the names of files begin with that a FreeSWITCH with files of its own includes.
OWN_PREFIX = "vcc-"
#: The names of our files, and where an engineer's own file takes them in: the file, and the element inside of it.
INCLUDED = {
    "vars.xml": ("freeswitch.xml", "before the first <section>"),
    "dialplan.xml": ("freeswitch.xml", '<section name="dialplan">'),
    "directory.xml": ("freeswitch.xml", '<section name="directory">'),
    "acl.xml": ("autoload_configs/acl.conf.xml", "<network-lists>"),
    "sofia.xml": ("autoload_configs/sofia.conf.xml", "<profiles>"),
    "conference.xml": ("autoload_configs/conference.conf.xml", "<profiles>"),
}
#: Has the switch take in new trunks; what changed about one that it knows takes a restart of the profile.
RESCAN = f"sofia profile {words.TRUNKS_PROFILE} rescan"
#: Certificate and key in one file: for SIP over TLS, and for browsers.
CERTIFICATES = {"tls": "tls/agent.pem", "websocket": "tls/wss.pem"}


def password_digest(phone: str, password: str) -> str:
    """What is written in place of a phone's password: MD5 of `phone:REALM:password`, in hex."""
    return hashlib.md5(f"{phone}:{words.REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def render(
    platform: Platform,
    node: str,
    *,
    secrets: Mapping[str, str],
    music: Mapping[str, Sequence[Path]],
    fallbacks: Mapping[str, str | None],
    certificate: str = "",
    folder: str = "",
    also_load: tuple[str, ...] = (),
) -> dict[str, str]:
    """Write the files of node `node`: file name -> text; of one whose FreeSWITCH has files of its own (`inside`) only
    those that are to be included there, each named `vcc-…`.

    `secrets`: `esl/<node>`, and `ami/<node>` or `esl/<node>` of each other node, `phone/<phone>` for each of its
    phones and `trunk/<trunk>` for each that registers, in plain text; only digests of the phones' are written.
    `music`: class `tenant/name` -> absolute paths of its files.
    `fallbacks`: number -> absolute path of a sound without its `.wav`, None (or no entry): busy. `certificate`: of a
    node with `tls`, PEM: its key, its certificate and those between. `folder`: where the files will be, where that is
    not the switch's own folder. `also_load`: modules besides ours.
    Raises RenderError for whatever cannot be written.
    """
    settings = platform.nodes.get(node)
    if not isinstance(settings, FreeSwitchNode):
        raise RenderError(f"node {node}: there is no FreeSWITCH node of this name in the configuration")
    trunks = {name: trunk for name, trunk in platform.trunks.items() if trunk.node == node}
    passwords = {name: secrets[key] for name in trunks if (key := f"trunk/{name}") in secrets}
    links = links_of(platform, node, secrets)
    phones = {name: phone for name, phone in platform.phones.items() if phone.registers_at(node)}
    accounts = _accounts(phones, secrets)
    files = {
        "vars.xml": variables.text(settings, music),
        "dialplan.xml": dialplan.text(
            node=settings,
            trunks=trunks,
            numbers=_numbers(platform, fallbacks),
            more=lambda root: nodes.contexts(root, links, phones, settings) if links else None,
        ),
        "directory.xml": directory.text(accounts, sofia.transports(settings)),
    }
    secret = _secret(secrets, f"esl/{node}")
    if settings.inside:
        files |= {
            "acl.xml": acl.included(settings, trunks, links),
            "sofia.xml": sofia.included(settings, trunks, passwords, f"{folder}/tls" if folder else None, links),
            "conference.xml": conference.included(),
        }
        files = {f"{OWN_PREFIX}{name}": text for name, text in files.items()}
    else:
        configured = {
            "switch.conf.xml": switch.text(settings),
            "modules.conf.xml": modules.text((*needed_modules(trunks), *also_load)),
            "event_socket.conf.xml": event_socket.text(settings.esl, secret),
            "acl.conf.xml": acl.text(settings, trunks, links),
            "sofia.conf.xml": sofia.text(settings, trunks, passwords, None, links),
            "conference.conf.xml": conference.text(),
        }
        sections = {
            "configuration": tuple(configured),
            "dialplan": ("dialplan.xml",),
            "directory": ("directory.xml",),
        }
        files |= {"freeswitch.xml": root.text("vars.xml", sections), **configured}
    return files | _certificates(settings, certificate)


def include_lines(folder: Path) -> list[tuple[str, str, str]]:
    """What an engineer's own files take in: the file, where in it, and the line."""
    return [(file, where, root.line(f"{folder / f'{OWN_PREFIX}{name}'}")) for name, (file, where) in INCLUDED.items()]


def needed_modules(trunks: Mapping[str, Trunk]) -> tuple[str, ...]:
    """Modules besides those that every node needs, for what these trunks speak."""
    spoken = {c for t in trunks.values() for c in (*t.codecs, *(t.outgoing.codecs or () if t.outgoing else ()))}
    return (modules.G722_MODULE,) if "g722" in spoken else ()


def _certificates(settings: FreeSwitchNode, certificate: str) -> dict[str, str]:
    wanted = [
        CERTIFICATES[name]
        for name, is_wanted in {
            "tls": settings.tls is not None,
            "websocket": settings.websocket is not None and settings.websocket.tls,
        }.items()
        if is_wanted
    ]
    if wanted and not certificate:
        raise RenderError("tls: the node's certificate and key are not there")
    return dict.fromkeys(wanted, certificate)


def _numbers(platform: Platform, fallbacks: Mapping[str, str | None]) -> list[NumberEntry]:
    return [
        NumberEntry(number=number, sound=f"{sound}.wav" if (sound := fallbacks.get(number)) else None)
        for tenant in platform.tenants.values()
        for number in tenant.numbers
    ]


def _accounts(phones: Mapping[str, Phone], secrets: Mapping[str, str]) -> list[directory.Account]:
    return [
        directory.Account(
            name=name,
            digest=password_digest(name, _secret(secrets, f"phone/{name}")),
            transport=phone.transport,
            srtp=phone.srtp,
        )
        for name, phone in sorted(phones.items())
    ]


def _secret(secrets: Mapping[str, str], name: str) -> str:
    try:
        return secrets[name]
    except KeyError:
        raise RenderError(f"the secret {name} is missing: add it to the secrets file or the environment") from None
