"""The manager interface: whether vcc gets in, what it may do there, and what it is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.asterisk.render import AMI_USER, PASSWORD_DIGEST_SINCE, has_password_digest
from telephony.asterisk.templates.manager import EVENTS, READ, WRITE
from telephony.asterisk.translate import ORIGINATE
from telephony.findings import Finding, Level, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen

#: An action for each class of rights that only it allows, among those that every switch has.
_ONLY_BY = {"originate": ORIGINATE, "call": "Redirect", "reporting": "CoreShowChannels"}
#: Events that the login and the trial bring, and the class of rights by which they are heard.
_TRIED = {
    "FullyBooted": "system",
    "OriginateResponse": "call",
    "Newchannel": "call",
    "Hangup": "call",
    "DTMFEnd": "dtmf",
}


def reachable(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc gets in at all."""
    manager, where = seen.manager, f"manager interface, {expected.settings.ami}"
    if not manager.refused:
        return
    unknown = seen.console is not None and not seen.console.failed and seen.console.user is None
    if manager.refused_user and unknown:
        yield error(
            "ami-user",
            where,
            f"there is no user {AMI_USER!r}",
            why="vcc drives the switch as this user",
            do=f"{expected.take_in('manager.conf')}; then: manager reload",
        )
    elif manager.refused_user:
        yield error(
            "ami-login",
            where,
            f"the user {AMI_USER!r} is not let in: {manager.refused}",
            why="vcc drives the switch as this user",
            do="include the rendered manager.conf, and render it anew if the secret has changed; then: manager reload. "
            "Its permit lets in this machine only",
        )
    else:
        yield error(
            "ami-unreachable",
            where,
            f"no manager answers there: {manager.refused}",
            why="without it vcc cannot drive the switch",
            do="manager.conf, [general]: enabled = yes, bindaddr and port as in the node's `ami`; then: manager reload",
        )


def console(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the command line could be asked."""
    program = " ".join(expected.settings.reload)
    if seen.console is None or seen.console.failed:
        what = f"{program} does not work: {seen.console.failed}" if seen.console else "the node names no program for it"
        yield Finding(
            code="console-unknown",
            level=Level.UNKNOWN,
            where="command line of the switch",
            what=what,
            why="modules, transports, endpoints, music and the RTP ports were not looked at",
            do="node: reload: [asterisk, -rx], and run this check as a user who may run that",
        )


def files(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the engineer's files could be read."""
    del expected
    if seen.files is not None and seen.files.unreadable and seen.console is not None:
        yield Finding(
            code="files-unknown",
            level=Level.UNKNOWN,
            where=str(seen.console.etc),
            what=f"cannot be read: {seen.files.unreadable}",
            why="names that are there twice were not looked for",
            do="run this check on the switch's machine, as a user who may read them",
        )


def version(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether this Asterisk is new enough."""
    del expected
    found = re.match(r"(?:certified/)?(\d+)\.(\d+)", seen.manager.version)
    if not found or not has_password_digest((int(found[1]), int(found[2]))):
        if not seen.manager.version:
            return
        oldest = ", ".join(f"{major}.{minor}" for major, minor in PASSWORD_DIGEST_SINCE.values())
        yield error(
            "version-old",
            f"Asterisk {seen.manager.version}",
            "it is too old, or its version cannot be read",
            why="passwords are written as digests (password_digest), which it does not know: no phone registers",
            do=f"install {oldest} or newer",
        )


def rights(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's user may do what vcc does."""
    if seen.manager.refused:
        return
    lacks = {right for right in WRITE if _ONLY_BY[right] not in seen.manager.actions}
    heard = {right for event, right in _TRIED.items() if event in seen.manager.heard}
    user = seen.console.user if seen.console and not seen.console.failed else None
    deaf = {right for right in READ if user is not None and right not in user["read"]}
    deaf |= {"system"} - heard if user is None else set()
    for kind, missing in (("write", lacks), ("read", deaf)):
        if missing:
            yield error(
                "ami-rights-small",
                f"manager interface, user {AMI_USER}",
                f"{kind} lacks {', '.join(sorted(missing))}",
                why="vcc cannot ring, end or list calls" if kind == "write" else "vcc does not hear what happens",
                do=f"use the rendered {expected.file('manager.conf')} as it is, and define the user nowhere else",
            )


def rights_too_large(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether vcc's user may do what vcc never does."""
    granted = [rights for rights in seen.manager.actions.values() if rights and not rights & {*WRITE}]
    extra = sorted({right for rights in granted for right in rights} - {"all"})
    if extra:
        yield warning(
            "ami-rights-large",
            f"manager interface, user {AMI_USER}",
            f"it may do more than vcc ever does: write has one or more of {', '.join(extra)}",
            why="whoever gets this secret could change files or, with system, run programs as the switch's user",
            do=f"use the rendered {expected.file('manager.conf')} as it is, and define the user nowhere else",
        )


def events(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Whether the events that vcc lives by are told: tried where that can be, else as configured."""
    trial = seen.manager.trial
    tried = _TRIED.keys() if trial is not None and trial.began else set()
    missing = tried - seen.manager.heard - (set() if trial is None or trial.keys else {"DTMFEnd"})
    if missing:
        yield error(
            "events-missing",
            f"manager interface, user {AMI_USER}",
            f"these came not when they were tried: {', '.join(sorted(missing))}",
            why="vcc learns from events alone what becomes of calls",
            do=f"use the rendered {expected.file('manager.conf')} as it is: its filters let through what vcc reads",
        )
    if seen.console is not None and (disabled := seen.console.declined_events & EVENTS.keys()):
        yield error(
            "events-disabled",
            "manager.conf, [general]",
            f"disabledevents names {', '.join(sorted(disabled))}",
            why="vcc learns from events alone what becomes of calls",
            do="take them out and restart Asterisk: a reload keeps what was disabled",
        )
