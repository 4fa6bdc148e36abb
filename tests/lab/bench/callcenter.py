"""mod_callcenter on a FreeSWITCH of its own: the same program, phones, trunk and music; only who decides differs.

What vcc renders for its switch is taken as it is, but for the dial plan (`answer`, `callcenter`) and the queues.
mod_callcenter gets the settings that are best for it: see `callcenter_conf`.
"""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self
from xml.etree.ElementTree import Element, SubElement, tostring

import yaml

from telephony.freeswitch.templates.words import PHONES_PROFILE, trunk_context
from tenancy.secrets import Secrets
from tests.lab.bench.folder import MUSIC, NUMBERS, TENANT, TRUNK, USER
from tests.lab.bench.settings import FEW_AGENTS, MANY_AGENTS
from tests.lab.freeswitch import FreeSwitchProcess
from tests.lab.ports import LOOPBACK, reserve_ports
from vcc.lint import check_folder
from vcc.pbx import switch_secrets, write
from vcc.switch_files import render

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_MEMBERS = {"few": FEW_AGENTS, "many": MANY_AGENTS}
_MODULE = "mod_callcenter"
#: It wants the last call's end to be before now, in whole seconds: 0 has an agent wait for the clock's next second.
_NO_PAUSE = "-1"


class CallCenter:
    """A running FreeSWITCH whose mod_callcenter has the queues of the configuration in `config`."""

    def __init__(self, folder: Path, *, config: Path, secrets: Path, program: Path, rtp_ports: int) -> None:
        """Keep everything in `folder`."""
        self._folder, self._original, self._secrets = folder, config, secrets
        self._program, self._rtp_ports = program, rtp_ports
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Set it up and start it; ready for phones and calls."""
        try:
            password = self._prepare()
            process = FreeSwitchProcess(
                self._program, self._folder / "etc", state=self._folder / "pbx", esl=self._esl, password=password
            )
            self.freeswitch = await self._stack.enter_async_context(process)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        await self._stack.aclose()

    def switch_pid(self) -> int:
        """The process of the switch."""
        return self.freeswitch.pid

    def _prepare(self) -> str:
        """The event socket's password."""
        shutil.rmtree(self._folder, ignore_errors=True)
        config = self._folder / "config"
        shutil.copytree(self._original, config)
        ports = self._stack.enter_context(reserve_ports(self._rtp_ports + 50))
        self.sip, self.trunk_sip = ports.take(), ports.take()
        self._esl = f"{LOOPBACK}:{ports.take()}"
        rtp = ports.take_range(self._rtp_ports)
        file = config / "platform.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        (node,) = data["nodes"]
        data["nodes"][node] |= {
            "esl": self._esl,
            "sip": f"{LOOPBACK}:{self.sip}",
            "trunk_sip": f"{LOOPBACK}:{self.trunk_sip}",
            "rtp": [rtp[0], rtp[-1]],
        }
        file.write_text(yaml.safe_dump(data), encoding="utf-8")
        bundle = check_folder(config).use()
        secrets = Secrets.model_validate(yaml.safe_load(self._secrets.read_text(encoding="utf-8")))
        files = render(bundle, node, self._folder / "etc", secrets=switch_secrets(secrets), sounds={})
        write(peers_files(files, str(bundle.music()[f"{TENANT}/{MUSIC}"] / "loop.wav")), self._folder / "etc")
        return secrets.esl[node].get_secret_value()


def peers_files(ours: dict[str, str], music: str) -> dict[str, str]:
    """The peer's files, from those that vcc renders. `music`: the file that waiting callers hear."""
    section, load = '<section name="configuration">', "<modules>"
    return ours | {
        "vars.xml": _written(Element("include")),  # where legs of vcc's go back to
        "freeswitch.xml": ours["freeswitch.xml"].replace(
            section, f'{section}\n<X-PRE-PROCESS cmd="include" data="callcenter.conf.xml"/>'
        ),
        "modules.conf.xml": ours["modules.conf.xml"].replace(load, f'{load}\n<load module="{_MODULE}"/>'),
        "callcenter.conf.xml": callcenter_conf(music),
        "dialplan.xml": dial_plan(),
    }


def dial_plan() -> str:
    """The dial plan: what is dialled on the trunk leads into its queue."""
    root = Element("include")
    context = SubElement(root, "context", name=trunk_context(TRUNK))
    for name in _MEMBERS:
        extension = SubElement(context, "extension", name=name)
        condition = SubElement(extension, "condition", field="destination_number", expression=f"^{NUMBERS[name]}$")
        for application, data in (("answer", ""), ("callcenter", _queue(name)), ("hangup", "")):
            SubElement(condition, "action", application=application, data=data)
    return _written(root)


def callcenter_conf(music: str) -> str:
    """The queues, with what makes mod_callcenter fastest.

    The longest idle agent is next, as with vcc; nobody pauses after a call, nor after one that was not taken; levels of
    tiers do not matter; an agent is reserved before the phone rings, so that no two callers ring the same one.
    """
    root = Element("include")
    found = SubElement(root, "configuration", name="callcenter.conf", description="queues")
    _params(SubElement(found, "settings"), {"reserve-agents": "true"})
    queues, agents, tiers = (SubElement(found, name) for name in ("queues", "agents", "tiers"))
    queue_params = {
        "strategy": "longest-idle-agent",
        "moh-sound": music,
        "time-base-score": "queue",
        "max-wait-time": "0",
        "max-wait-time-with-no-agent": "0",
        "tier-rules-apply": "false",
        "abandoned-resume-allowed": "false",
    }
    for name, members in _MEMBERS.items():
        _params(SubElement(queues, "queue", name=_queue(name)), queue_params)
        for number in range(members):
            SubElement(tiers, "tier", agent=USER.format(number), queue=_queue(name), level="1", position="1")
    for number in range(MANY_AGENTS):
        phone = USER.format(number)
        contact = f"sofia/{PHONES_PROFILE}/{phone}%{PHONES_PROFILE}"
        agent = SubElement(agents, "agent", name=phone, type="callback", contact=contact, status="Available")
        agent.set("wrap-up-time", _NO_PAUSE)
        for pause in ("reject-delay-time", "busy-delay-time", "no-answer-delay-time", "max-no-answer"):
            agent.set(pause, "0")
    return _written(root)


def _queue(name: str) -> str:
    return f"{name}@{TENANT}"


def _params(parent: Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        SubElement(parent, "param", name=name, value=value)


def _written(root: Element) -> str:
    """A line for each element: FreeSWITCH cuts long ones."""
    return tostring(root, encoding="unicode").replace("><", ">\n<") + "\n"
