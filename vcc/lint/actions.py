"""What flows can ask of the platform: arguments, results and values of each action of `vcc.calls.agents.AgentDesk`."""

from ivr_flows.protocol import ActionSpec

#: A call that does not come from an agent's phone is refused whatever it asks.
_ANYBODY = frozenset({"refused"})
#: Who is asked for both keys in the one where the other is asked for: neither stands in a fact.
_WHO = frozenset({"number", "pin"})
_SIGNED_IN = _ANYBODY | {"signed_out"}

ACTIONS = {
    "sign_in": ActionSpec(
        arguments=_WHO,
        secrets=_WHO,
        results=_ANYBODY | {"ok", "locked", "busy", "no_seat", "in_use"},
        values=frozenset({"seats"}),
    ),
    "sign_out": ActionSpec(results=_SIGNED_IN | {"ok"}),
    "ready": ActionSpec(results=_SIGNED_IN | {"ok"}),
    "not_ready": ActionSpec(arguments=frozenset({"reason"}), results=_SIGNED_IN | {"ok"}),
    "end_wrap_up": ActionSpec(results=_SIGNED_IN | {"ok", "no_wrap_up"}),
    "extend_wrap_up": ActionSpec(results=_SIGNED_IN | {"ok", "no_wrap_up"}),
    "disposition": ActionSpec(
        arguments=frozenset({"code"}),
        results=_SIGNED_IN | {"ok", "no_code", "unknown", "no_contact"},
        values=frozenset({"disposition"}),
    ),
    "listen": ActionSpec(
        arguments=_WHO | {"agent"},
        secrets=_WHO | {"agent"},
        results=_ANYBODY | {"ended", "locked", "busy", "not_talking", "not_allowed", "elsewhere"},
    ),
    "closure": ActionSpec(
        arguments=_WHO | {"tenant", "wish"},
        secrets=_WHO,
        results=_ANYBODY | {"closed", "open", "which", "not_allowed", "locked", "busy"},
        values=frozenset({"tenant"}),
    ),
    "overflow": ActionSpec(
        arguments=_WHO | {"tenant", "wish"},
        secrets=_WHO,
        results=_ANYBODY | {"on", "off", "which", "not_allowed", "locked", "busy"},
        values=frozenset({"tenant"}),
    ),
    "retrieve": ActionSpec(
        arguments=frozenset({"slot"}), results=_SIGNED_IN | {"no_slot", "not_parked", "talking", "elsewhere"}
    ),
    "my_state": ActionSpec(
        results=_SIGNED_IN | {"ready", "not_ready"}, values=frozenset({"phase", "reason", "waiting"})
    ),
}
