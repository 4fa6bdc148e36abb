"""From a list of channels to our legs."""

from telephony.asterisk.reconcile import channels


def channel(leg: str, **more: str) -> dict[str, str]:
    found = {"Uniqueid": leg, "Channel": f"PJSIP/trunk.c-{leg}", "Context": "vcc-serve", "Exten": "98668"}
    return found | {"ChannelState": "6", "BridgeId": ""} | more


def test_strangers_and_what_is_no_leg_are_left_out() -> None:
    listed = [
        channel("1"),
        channel("2", Context="from-internal"),
        channel("3", Context="vcc-fallback"),
        channel("4", Context="default"),
        channel("5", Channel="Surrogate/PJSIP/lin-1"),
        channel("vcc-6", Context="default", Channel="PJSIP/lin-6"),
        channel(""),
    ]
    found = channels(listed, known={"4"})
    assert list(found) == ["1", "4", "vcc-6"]
    assert found["vcc-6"].rung
    assert (found["vcc-6"].phone, found["vcc-6"].dialled) == ("lin", "")
    assert (found["1"].rung, found["1"].phone, found["1"].dialled) == (False, "", "98668")


def test_a_leg_that_is_not_answered_is_not_up() -> None:
    assert not channels([channel("1", ChannelState="4")], known=())["1"].up


def test_who_is_in_a_bridge_with_whom() -> None:
    pair = [channel("1", BridgeId="b"), channel("vcc-2", BridgeId="b"), channel("3", BridgeId="other")]
    found = channels(pair, known=())
    assert (found["1"].bridged_with, found["vcc-2"].bridged_with, found["3"].bridged_with) == (("vcc-2",), ("1",), ())
    found = channels([*pair, channel("4", BridgeId="b")], known=())
    assert [found[leg].bridged_with for leg in ("1", "vcc-2", "3", "4")] == [
        ("vcc-2", "4"),
        ("1", "4"),
        (),
        ("1", "vcc-2"),
    ]


def test_who_waits_to_be_joined_is_in_no_conversation() -> None:
    waits = {"Context": "vcc-agent", "Exten": "answered", "Application": "BridgeWait"}
    listed = [channel("vcc-1", BridgeId="w", **waits), channel("vcc-2", BridgeId="w", **waits)]
    listed += [channel("1", BridgeId="b", Application="AGI"), channel("vcc-3", BridgeId="b", **waits)]
    found = channels(listed, known=())
    assert [found[leg].bridge for leg in ("vcc-1", "vcc-2", "1", "vcc-3")] == ["", "", "b", "b"]
    assert [found[leg].bridged_with for leg in ("vcc-1", "1", "vcc-3")] == [(), ("vcc-3",), ("1",)]


def test_a_supervisor_and_who_is_watched() -> None:
    watched = channel("vcc-1", Channel="PJSIP/lin-1")
    spy = channel("vcc-2", Application="ChanSpy", ApplicationData="PJSIP/lin-1,qE")
    stranger = channel("vcc-3", Application="ChanSpy", ApplicationData="PJSIP/else-1,qE")
    found = channels([watched, spy, stranger], known=())
    assert [found[leg].spies_on for leg in ("vcc-1", "vcc-2", "vcc-3")] == ["", "vcc-1", ""]
