"""Asks the event socket, by commands that only print: nothing changes, and nobody's call is touched."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from core.errors import SwitchError
from telephony.freeswitch.check.seen import Seen
from telephony.freeswitch.console import Console
from telephony.freeswitch.esl import LoginRefusedError
from telephony.freeswitch.templates import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from telephony.freeswitch.check.expected import Expected

_FIELD = re.compile(r"<([a-z-]+)>([^<]*)</\1>")
_GATEWAY = re.compile(r"<gateway>\s*<name>([^<]*)</name>")
_PARAM = re.compile(r'<param name="([^"]*)" value="([^"]*)">')
_EXPANSION = re.compile(r"api_expansion is:? (on|off)")
#: The ports that FreeSWITCH takes unless told otherwise.
_RTP = ("16384", "32768")


async def ask(expected: Expected, password: str) -> Seen:
    """Ask all that can be asked."""
    try:
        async with Console(expected.settings.esl, password) as console:
            return await _asked(console, expected)
    except LoginRefusedError as error:
        return Seen(refused=str(error), refused_password=True)
    except SwitchError as error:
        return Seen(refused=str(error))


async def _asked(console: Console, expected: Expected) -> Seen:
    async def those(names: Iterable[str], line: str, answer: str = "true") -> frozenset[str]:
        return frozenset([name for name in sorted(names) if answer in await console.ask(line.format(name))])

    settings = dict(_PARAM.findall(await console.ask(_LOCATE.format("switch.conf"))))
    profiles = {name: await console.ask(f"sofia xmlstatus profile {name}") for name in expected.profiles}
    return Seen(
        version=await console.ask("version"),
        expands=expansion(await console.ask("fsctl api_expansion")),
        clock=await _clock(console),
        modules=await those(expected.modules, "module_exists {}"),
        contexts=await those(expected.contexts, "xml_locate dialplan context name {}", "<context"),
        profiles={name: fields for name, text in profiles.items() if (fields := dict(_FIELD.findall(text)))},
        gateways=frozenset(_GATEWAY.findall(await console.ask("sofia xmlstatus gateway"))),
        phones={
            name: await console.ask(f"user_data {name}@{profile} param a1-hash")
            for name, (profile, _) in expected.phones.items()
        },
        lists=frozenset(
            [name for name, at in expected.lists.items() if await console.ask(f"acl {at} {name}") == "true"]
        ),
        music=await those(expected.music, "global_getvar {}", "/"),
        conference=f'<profile name="{words.CONFERENCE_PROFILE}"'
        in await console.ask(_LOCATE.format("conference.conf")),
        rtp=(int(settings.get("rtp-start-port", _RTP[0])), int(settings.get("rtp-end-port", _RTP[1]))),
    )


_LOCATE = "xml_locate configuration configuration name {}"


def expansion(said: str) -> bool | None:
    """Whether it is on, in what `fsctl api_expansion` prints."""
    found = _EXPANSION.search(said)
    return found[1] == "on" if found else None


async def _clock(console: Console) -> float | None:
    before = time.time()
    said = await console.ask("strepoch")
    try:
        return int(said) + 0.5 - (before + time.time()) / 2
    except ValueError:
        return None
