"""The switch's configuration, written for one node from the platform's: `render` returns file name -> text.

Pure: nothing is read or written here. The same platform gives the same texts, so that a reload can tell what changed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from telephony.asterisk.templates import (
    asterisk,
    extensions,
    http,
    logger,
    manager,
    modules,
    musiconhold,
    nodes,
    pjsip,
    rtp,
    stasis,
)
from telephony.asterisk.templates.asterisk import AsteriskPaths
from telephony.between import links as links_of
from telephony.values import RenderError
from tenancy.model import AsteriskNode, Platform, Trunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from telephony.between import Links

__all__ = [
    "AMI_USER",
    "INCLUDED",
    "OWN_PREFIX",
    "PASSWORD_DIGEST_SINCE",
    "AsteriskPaths",
    "RenderError",
    "has_password_digest",
    "include_lines",
    "password_digest",
    "render",
]

#: What the names of files begin with that an Asterisk with files of its own includes, and which those are.
OWN_PREFIX = "vcc-"
INCLUDED = ("extensions.conf", "manager.conf", "modules.conf", "musiconhold.conf", "pjsip.conf")
#: The name under which vcc logs in at the manager interface.
AMI_USER = "vcc"
#: The realm that Asterisk asks with unless told otherwise; part of every password's digest.
REALM = "asterisk"
#: Asterisk wants one country's tones, though the dial plan plays none.
_INDICATIONS = """\
[general]
country = us

[us]
description = not used
ringcadence = 2000,4000
dial = 350+440
"""
#: Unless told otherwise Asterisk takes a call to *8 for one that picks up another, before any dial plan.
_FEATURES = "[general]\npickupexten =\n"
#: Files that Asterisk complains about when they are missing, and from which nothing is needed.
_EMPTY = ("acl.conf", "ccss.conf", "pjproject.conf", "udptl.conf")
#: Where `password_digest` came into each branch; a branch that is not listed has it if it is newer than all of these.
PASSWORD_DIGEST_SINCE = {20: (20, 12), 21: (21, 7), 22: (22, 2)}


def password_digest(phone: str, password: str) -> str:
    """What is written in place of a phone's password: MD5 of `phone:asterisk:password`, in hex."""
    return hashlib.md5(f"{phone}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def render(
    platform: Platform,
    node: str,
    *,
    secrets: Mapping[str, str],
    music_dirs: Mapping[str, Path],
    fallbacks: Mapping[str, str | None],
    base: AsteriskPaths | None = None,
    version: tuple[int, ...] = (22, 2),
    also_load: tuple[str, ...] = (),
) -> dict[str, str]:
    """Write the files of node `node`: file name -> text; of one whose Asterisk has files of its own (`inside`) only
    those that are to be included there, each named `vcc-…`.

    `secrets`: `ami/<node>`, and `ami/<node>` or `esl/<node>` of each other node, `phone/<phone>` for each of its
    phones and `trunk/<trunk>` for each that registers, in plain text; only digests of the phones' are written.
    `music_dirs`: class `tenant/name` -> absolute folder.
    `fallbacks`: number -> absolute path of a sound without its extension, None (or no entry): busy. `base`: the
    folders of an Asterisk of its own, whose asterisk.conf is then written too. `version`: of the Asterisk that will
    read it. `also_load`: modules besides ours.
    Raises RenderError for whatever cannot be written.
    """
    settings = platform.nodes.get(node)
    if not isinstance(settings, AsteriskNode):
        raise RenderError(f"node {node}: there is no Asterisk node of this name in the configuration")
    trunks = {name: trunk for name, trunk in platform.trunks.items() if trunk.node == node}
    inside = settings.inside
    links = links_of(platform, node, secrets)
    also = (
        *(modules.WEBSOCKET_MODULES if settings.websocket else ()),
        *(nodes.MODULES if links else ()),
        *also_load,
    )
    files = {
        "extensions.conf": _extensions(platform, settings, trunks, music_dirs, fallbacks, links=links),
        "manager.conf": _manager(settings, _secret(secrets, f"ami/{node}")),
        "modules.conf": modules.included(also) if inside else modules.text(also),
        "musiconhold.conf": musiconhold.text(music_dirs, inside=inside),
        "pjsip.conf": pjsip.text(
            node=settings,
            trunks=trunks,
            accounts=_accounts(platform, node, secrets),
            password_digest=has_password_digest(version),
            trunk_passwords={name: secrets[key] for name in trunks if (key := f"trunk/{name}") in secrets},
            links=links,
        ),
    }
    if inside:
        return {f"{OWN_PREFIX}{name}": text for name, text in files.items()}
    files |= {
        "http.conf": http.text(settings),
        "logger.conf": logger.TEXT,
        "rtp.conf": rtp.text(*settings.rtp, ice=settings.websocket is not None),
        "stasis.conf": stasis.TEXT,
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "features.conf": _FEATURES,
        "indications.conf": _INDICATIONS,
        **dict.fromkeys(_EMPTY, ""),
    }
    if base is not None:
        files["asterisk.conf"] = asterisk.text(base)
    return files


def _extensions(
    platform: Platform,
    settings: AsteriskNode,
    trunks: Mapping[str, Trunk],
    music_dirs: Mapping[str, Path],
    fallbacks: Mapping[str, str | None],
    *,
    links: Links | None,
) -> str:
    entries = []
    for tenant in platform.tenants.values():
        classes = [f"{tenant.id}/{name}" for name in tenant.music if f"{tenant.id}/{name}" in music_dirs]
        music = classes[0] if classes else None
        entries += [
            extensions.NumberEntry(number=number, sound=fallbacks.get(number), music=music) for number in tenant.numbers
        ]
    return extensions.text(node=settings, trunks=trunks, numbers=entries, links=links)


def _manager(settings: AsteriskNode, secret: str) -> str:
    return manager.text(address=settings.ami, user=AMI_USER, secret=secret, inside=settings.inside)


def _accounts(platform: Platform, node: str, secrets: Mapping[str, str]) -> list[pjsip.Account]:
    return [
        pjsip.Account(
            name=name,
            digest=password_digest(name, _secret(secrets, f"phone/{name}")),
            transport=phone.transport,
            srtp=phone.srtp,
        )
        for name, phone in sorted(platform.phones.items())
        if phone.registers_at(node)
    ]


def include_lines(folder: Path) -> dict[str, str]:
    """The lines by which an engineer's own files take ours in: file name -> line. They stand at the file's end."""
    return {name: f'#include "{folder / f"{OWN_PREFIX}{name}"}"' for name in INCLUDED}


def has_password_digest(version: tuple[int, ...]) -> bool:
    """Whether an Asterisk of this version can keep a phone's password as a digest in the way that is rendered."""
    since = PASSWORD_DIGEST_SINCE.get(version[0])
    return version[:2] >= since if since else version[0] > max(PASSWORD_DIGEST_SINCE)


def _secret(secrets: Mapping[str, str], name: str) -> str:
    try:
        return secrets[name]
    except KeyError:
        raise RenderError(f"the secret {name} is missing: add it to the secrets file or the environment") from None
