"""Makes the adapter for each node of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from core.errors import ConfigurationError, Problem
from telephony.asterisk.adapter import AsteriskSwitch
from telephony.between import others
from tenancy.model import AsteriskNode, FreeSwitchNode

if TYPE_CHECKING:
    from core.clock import Clock
    from telephony.port import Switch
    from tenancy.model import Platform
    from tenancy.secrets import Secrets


RoundTrip = Callable[[str, str, float], None]


def make_switches(platform: Platform, secrets: Secrets, clock: Clock, round_trip: RoundTrip) -> dict[str, Switch]:
    """One switch for each node, not started. Raises ConfigurationError for a node that cannot be driven from here.

    `round_trip` is told of every answer of a switch: the node, the wire, and the seconds that it took.
    """
    return {name: _switch(platform, name, secrets, clock, round_trip) for name in platform.nodes}


def _switch(platform: Platform, name: str, secrets: Secrets, clock: Clock, round_trip: RoundTrip) -> Switch:
    node, told = platform.nodes[name], partial(round_trip, name)
    phones = {phone: settings for phone, settings in platform.phones.items() if settings.registers_at(name)}
    if isinstance(node, AsteriskNode):
        return AsteriskSwitch(
            node=name,
            ami=node.ami,
            secret=secrets.ami[name].get_secret_value(),
            agi=node.agi,
            phones=phones,
            others=others(platform, name),
            clock=clock,
            round_trip=told,
        )
    if isinstance(node, FreeSwitchNode):
        from telephony.freeswitch.adapter import FreeSwitch  # noqa: PLC0415 - gevent's memory only where it is used
        from telephony.freeswitch.templates.words import phone_profile  # noqa: PLC0415

        return FreeSwitch(
            node=name,
            esl=node.esl,
            secret=secrets.esl[name].get_secret_value(),
            phones={phone: phone_profile(settings.transport) for phone, settings in phones.items()},
            others=others(platform, name),
            secure=[phone for phone, settings in phones.items() if settings.srtp],
            fallback_after_s=node.fallback_after_s,
            inside=node.inside,
            clock=clock,
            round_trip=told,
        )
    message = f"node {name}: a {node.kind} switch is for trying flows, not for serving calls"
    raise ConfigurationError([Problem(file="platform.yaml", line=1, column=1, message=message)])
