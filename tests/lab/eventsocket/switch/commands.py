"""The switch's commands, as `api` and `bgapi` carry them: what each does, and what it prints."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from telephony.freeswitch import names
from telephony.freeswitch.templates import words
from telephony.port import (
    Bridge,
    Join,
    Mute,
    Part,
    PauseRecording,
    Release,
    Ring,
    Ringback,
    RingOutside,
    Show,
    Spy,
    SpyMode,
    StartRecording,
    StopRecording,
    Whisper,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.port import Command
    from telephony.simulated.leg import Leg
    from tests.lab.eventsocket.switch.channel import Channel
    from tests.lab.eventsocket.switch.switch import ModelSwitch

#: How late a channel is in the list.
LIST_LAGS_S = 0.3
OK, NO_CHANNEL = "+OK\n", "-ERR No such channel!\n"
_DIAL = re.compile(r"sofia/([^/]+)/([^/%]+)(?:%(\S+))?|sofia/gateway/([^/]+)/(\S+)")


class Commands:
    """Carries commands out."""

    def __init__(self, switch: ModelSwitch) -> None:
        """On this switch."""
        self._switch = switch
        self._about: dict[str, Callable[[Channel, Leg, list[str]], str]] = {
            "uuid_kill": self._kill,
            "uuid_ring_ready": self._ring_ready,
            "uuid_break": self._break,
            "uuid_transfer": self._transfer,
            "uuid_setvar": self._setvar,
            "uuid_setvar_multi": self._setvar_multi,
            "uuid_bridge": self._bridge,
            "uuid_record": self._record,
            "uuid_displace": self._displace,
            "uuid_audio": self._audio,
            "uuid_display": self._display,
            "uuid_dump": lambda channel, leg, argv: json.dumps(channel.data()),
            "sched_del": lambda channel, leg, argv: f"+OK Deleted: {channel.stop_timers()}\n",
        }

    async def carry_out(self, name: str, argument: str) -> str | None:
        """Do it: what it prints; None: there is no such command."""
        if name == "originate":
            return await self._originate(argument)
        if name in {"sched_transfer", "sched_hangup"}:
            return self._schedule(name, argument.split(" "))
        if name in self._about:
            return self._about_channel(name, argument)
        return self._about_switch(name, argument)

    def _about_channel(self, name: str, argument: str) -> str:
        argv = argument.split(" ", 2)
        channel = self._switch.channels.get(argv[0])
        leg = self._switch.leg(channel) if channel is not None else None
        if channel is None or leg is None:
            return "+OK Deleted: 0\n" if name == "sched_del" else NO_CHANNEL
        return self._about[name](channel, leg, argv[1:])

    def _about_switch(self, name: str, argument: str) -> str | None:
        match name, argument.split(" "):
            case "uptime" | "status", _:
                return self._life(name)
            case "show", [what, "as", "json"]:
                return self._rows(self._channels() if what == "channels" else self._registrations())
            case "sofia", ["xmlstatus", "gateway"]:
                return self._gateways()
            case "uuid_exists", [uuid]:
                return "true" if uuid in self._switch.channels else "false"
            case "db", _:
                return self._database(argument.split("/", 3))
        return None

    def _life(self, name: str) -> str:
        if name == "uptime":
            return f"{int(time.time() - self._switch.exchange.began)}\n"
        return f"UP 0 years\n{len(self._switch.channels)} session(s) - peak 9, last 5min 9\n"

    def _channels(self) -> list[dict[str, str]]:
        """Written with a delay, as by the real one."""
        written = time.time() - LIST_LAGS_S
        channels = [one for one in self._switch.channels.values() if one.created < written]
        return [{"uuid": one.uuid, "context": one.context, "initial_context": one.context} for one in channels]

    def _registrations(self) -> list[dict[str, str]]:
        phones = self._switch.exchange.phones.values()
        return [{"reg_user": phone.name, "realm": words.REALM} for phone in phones if phone.reachable]

    @staticmethod
    def _rows(rows: list[dict[str, str]]) -> str:
        return json.dumps({"row_count": len(rows)} | ({"rows": rows} if rows else {}))

    def _gateways(self) -> str:
        trunks = self._switch.exchange.trunks.values()
        entries = (
            f"  <gateway>\n    <name>{words.gateway(one.name)}</name>\n    <state>NOREG</state>\n"
            f"    <status>{'UP' if one.reachable else 'DOWN'}</status>\n  </gateway>\n"
            for one in trunks
        )
        return f"<gateways>\n{''.join(entries)}</gateways>\n"

    def _database(self, argv: list[str]) -> str:
        database = self._switch.database
        match argv:
            case ["list", realm]:
                return ",".join(key for name, key in database if name == realm)
            case ["select", realm, key]:
                return database.get((realm, key), "")
            case ["delete", realm, key]:
                database.pop((realm, key), None)
                return "+OK"
        return "!err!"

    # --- ringing

    async def _originate(self, argument: str) -> str:
        braces, _, rest = argument.removeprefix("{").partition("}")
        variables = dict(pair.split("=", 1) for pair in braces.split(","))
        url, *argv = shlex.split(rest)
        uuid, switch = variables["origination_uuid"], self._switch
        if uuid in switch.channels:
            return "-ERR DESTINATION_OUT_OF_ORDER\n"
        switch.refusal = ""
        switch.exchange.carry_out(self._ring(uuid, url, argv, variables))
        if uuid not in switch.exchange.legs:
            return f"-ERR {switch.refusal}\n"
        channel = switch.new_channel(uuid)
        channel.variables = {key: value for key, value in variables.items() if key != "origination_uuid"}
        channel.context, channel.destination = "default", url.rpartition("/")[2]
        switch.fire("CHANNEL_CREATE", channel)
        switch.fire("CHANNEL_ORIGINATE", channel)
        channel.job = asyncio.get_running_loop().create_future()
        return await channel.job

    @staticmethod
    def _ring(uuid: str, url: str, argv: list[str], variables: dict[str, str]) -> Command:
        found = _DIAL.fullmatch(url)
        assert found is not None, url
        assert argv[:3] == [names.BACK, "XML", names.CONTEXT], argv
        name, number, timeout_s = argv[3], argv[4], float(argv[5])
        if url.startswith("sofia/gateway/"):
            gateway, dials = url.split("/")[2:]
            permit = SimpleNamespace(trunk=gateway.removeprefix(words.gateway("")), dials=dials, caller_id=number)
            return RingOutside(leg=uuid, permit=cast("Any", permit), timeout_s=timeout_s, for_leg="")
        return Ring(
            leg=uuid,
            phone=found[2],
            timeout_s=timeout_s,
            shows_number=number,
            shows_name=name,
            for_leg="",
            auto_answer="answer-after=0" in variables.get("sip_h_Call-Info", ""),
            alert=variables.get("sip_h_Alert-Info", "").partition(";info=")[2],
        )

    # --- about one channel

    def _kill(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        self._switch.hang_up(channel, argv[0] if argv else "NORMAL_CLEARING")
        return OK

    def _ring_ready(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        return self._do(Ringback(leg=channel.uuid))

    def _break(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        self._switch.applications.stop(channel)
        return OK

    def _setvar(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        channel.set(argv[0], argv[1] if len(argv) > 1 else "")
        return OK

    def _setvar_multi(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        for pair in argv[0].split(";"):
            name, _, value = pair.partition("=")
            channel.set(name, value)
        return OK

    def _schedule(self, name: str, argv: list[str]) -> str:
        channel = self._switch.channels.get(argv[1])
        if channel is None:
            return NO_CHANNEL
        if name == "sched_hangup":
            self._switch.at(channel, float(argv[0]), lambda: self._switch.hang_up(channel, "NORMAL_CLEARING"))
        else:
            assert argv[2:] == [words.FALLBACK_EXTENSION, "XML", words.FALLBACK_CONTEXT], argv
            self._switch.at(channel, float(argv[0]), lambda: self._switch.to_fallback(channel))
        return OK

    def _bridge(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        other = self._switch.channels.get(argv[0])
        if other is None:
            return "-ERR Invalid uuid\n"
        for one in (channel, other):
            self._switch.applications.reset(one)
        return self._do(Bridge(leg=channel.uuid, other=other.uuid))

    def _do(self, command: Command) -> str:
        """Have the exchange do it; what it refuses is an error."""
        self._switch.refusal = ""
        self._switch.exchange.carry_out(command)
        return f"-ERR {self._switch.refusal}\n" if self._switch.refusal else "+OK Success\n"

    def _audio(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        return self._do(Mute(leg=channel.uuid, on=argv[0] == "start"))

    def _display(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        if channel.variable("ignore_display_updates") == "true":
            return "+OK Success\n"
        name, _, number = " ".join(argv).partition("|")
        return self._do(Show(leg=channel.uuid, number=number, name=name))

    def _displace(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        what = argv[1].split(" ")[0]
        if argv[0] == "start":
            sounds = tuple(what.removeprefix("file_string://").split("!"))
            return self._do(Whisper(leg=channel.uuid, sounds=sounds))
        self._switch.exchange.talks.whisper(leg, None)
        return "+OK Success\n"

    # --- recording

    def _record(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        action, (file, *_) = argv[0], argv[1].split(" ")
        taping = self._switch.exchange.taping
        if action == "start":
            get = channel.variables.get
            silences = {float(get(f"RECORD_{when}_TIMEOUT_MS", "0")) / 1_000 for when in ("INITIAL", "FINAL")}
            assert len(silences) == 1, silences
            silence_s = silences.pop() if float(get("RECORD_SILENCE_THRESHOLD", "0")) else 0.0
            taping.carry_out(leg, StartRecording(leg=leg.name, file=file, alone=True, silence_s=silence_s))
        elif leg.tape is None or leg.tape.file != file:
            return "-ERR Cannot stop record session!\n"
        elif action == "stop":
            taping.carry_out(leg, StopRecording(leg=leg.name))
        elif action == "pause":  # paused once, the exchange itself writes nothing outside of conversations
            leg.tape.alone = False
            taping.note(leg)
        elif action in {"mask", "unmask"}:
            taping.carry_out(leg, PauseRecording(leg=leg.name, on=action == "mask"))
        return "+OK Success\n"

    # --- moving

    def _transfer(self, channel: Channel, leg: Leg, argv: list[str]) -> str:
        words_ = shlex.split(" ".join(argv))
        both = words_[0] == "-both"
        destination, dial_plan, *context = words_[1:] if both else words_
        channel.stop_timers()
        if dial_plan == "inline":
            self._inline(channel, leg, destination)
        elif context == [words.FALLBACK_CONTEXT]:
            self._switch.to_fallback(channel)
        elif (destination, *context) == (names.BACK, names.CONTEXT):
            channel.context, channel.destination = names.CONTEXT, names.BACK
            self._out_of_all(channel, leg)
            self._switch.route(channel)
        else:
            self._go_back(channel)
        return OK

    def _out_of_all(self, channel: Channel, leg: Leg) -> None:
        """Out of whatever the channel is in."""
        self._switch.applications.reset(channel)
        if leg.talk or leg.watch is not None:
            self._switch.exchange.carry_out(Part(leg=leg.name))

    def _inline(self, channel: Channel, leg: Leg, destination: str) -> None:
        keeps = "set:hangup_after_conference=false,"  # else the switch hangs up who is left
        assert destination.startswith((keeps, "eavesdrop:")), destination
        first, _, then = destination.removeprefix(keeps).partition(",")
        assert then == f"transfer:{names.BACK} XML {names.CONTEXT}", destination
        application, _, data = first.partition(":")
        self._switch.taken(channel)
        if application == "eavesdrop":
            self._switch.applications.reset(channel)
            self._switch.exchange.carry_out(Spy(leg=leg.name, on=data, mode=self._mode(channel)))
            return
        name = data.partition("+")[0]
        if leg.talk:
            self._switch.into_conference(channel, name)
        else:
            self._switch.applications.reset(channel)
            member = next(one for one in self._switch.channels.values() if one.argument == name)
            self._switch.exchange.carry_out(Join(leg=leg.name, to=member.uuid))

    @staticmethod
    def _mode(channel: Channel) -> SpyMode:
        if channel.variables.get("eavesdrop_whisper_aleg") == "true":
            return SpyMode.BARGE
        whispers = channel.variables.get("eavesdrop_whisper_bleg") == "true"
        return SpyMode.WHISPER if whispers else SpyMode.LISTEN

    def _go_back(self, channel: Channel) -> None:
        get = channel.variables.get
        outcome, result = get(words.OUTCOME_VARIABLE, ""), get(words.RESULT_VARIABLE, "")
        self._switch.applications.reset(channel)
        self._switch.exchange.carry_out(Release(leg=channel.uuid, outcome=outcome, result=result))
