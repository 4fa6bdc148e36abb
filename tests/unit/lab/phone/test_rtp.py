"""RTP packets, the timeline they make, and what a sender sends."""

import asyncio
import itertools
import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.phone import g711, rtp
from tests.lab.phone.audio import RATE, tone
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.playout import Playout
from tests.lab.phone.rtp import EventPayload, Packet
from tests.lab.phone.sdp import Agreed, Direction
from tests.lab.phone.sender import Clip, Key, Sender
from tests.unit.lab.phone.virtual_time import run

FRAME = 320
AGREED = Agreed(remote=("127.0.0.1", 4000), codec="PCMU", payload=0, event_payload=101, direction=Direction.SENDRECV)


@given(
    st.builds(
        Packet,
        payload_type=st.integers(0, 71),
        sequence=st.integers(0, 2**16 - 1),
        timestamp=st.integers(0, 2**32 - 1),
        ssrc=st.integers(0, 2**32 - 1),
        payload=st.binary(max_size=200),
        marker=st.booleans(),
    )
)
def test_a_packet_is_read_back(packet: Packet) -> None:
    assert rtp.parse(packet.encode()) == packet


@given(st.binary(max_size=80))
def test_any_bytes_are_a_packet_or_malformed(data: bytes) -> None:
    try:
        rtp.parse(data)
    except MalformedError:
        return


def test_sources_extension_and_padding_are_stripped() -> None:
    header = bytes([0x80 | 0x20 | 0x10 | 1, 8]) + bytes(10)
    data = header + bytes(4) + b"\xbe\xde\x00\x01abcd" + b"audio" + b"\0\0\3"
    assert rtp.parse(data).payload == b"audio"


def test_rtcp_is_no_rtp() -> None:
    with pytest.raises(MalformedError, match="RTCP"):
        rtp.parse(bytes([0x80, 200]) + bytes(26))


@pytest.mark.parametrize("digit", rtp.DIGITS)
def test_a_key_is_read_back(digit: str) -> None:
    event = EventPayload(digit=digit, end=True, duration=800)
    assert rtp.parse_event(event.encode()) == event


def test_other_events_are_no_keys() -> None:
    assert rtp.parse_event(bytes([16, 0, 0, 0])) is None
    with pytest.raises(MalformedError):
        rtp.parse_event(b"\1\2")


@cache
def frames(count: int) -> bytes:
    """So many frames of a tone."""
    return g711.encode("PCMU", tone(440, count * 0.02))


def packets(count: int, *, ssrc: int = 1, base: int = 2**32 - 400) -> list[Packet]:
    """Frames of a tone; the timestamps wrap around on the way."""
    codes = frames(count)
    return [
        Packet(
            payload_type=0,
            sequence=n,
            timestamp=(base + 160 * n) % 2**32,
            ssrc=ssrc,
            payload=codes[160 * n : 160 * n + 160],
        )
        for n in range(count)
    ]


@given(st.integers(0, 2**16), st.sets(st.integers(1, 19), max_size=6))
def test_packets_are_put_in_place_whatever_their_order_and_losses(seed: int, lost: set[int]) -> None:
    whole = g711.decode("PCMU", b"".join(packet.payload for packet in packets(20)))
    expected = bytearray(whole)
    for n in lost:
        expected[FRAME * n : FRAME * (n + 1)] = bytes(FRAME)
    first, *rest = [packet for packet in packets(20) if packet.sequence not in lost]
    random.Random(seed).shuffle(rest)
    playout = Playout()
    for packet in (first, *rest):
        playout.take_audio(packet, "PCMU", 5.0)
    assert playout.heard == expected[: len(playout.heard)]
    assert len(playout.heard) == FRAME * (1 + max(n for n in range(20) if n not in lost))


def test_a_pause_of_the_other_side_is_silence_of_the_same_length() -> None:
    playout = Playout()
    sound = packets(4)
    playout.take_audio(sound[0], "PCMU", 10.0)
    playout.take_audio(sound[1], "PCMU", 12.0)  # its timestamp says 20 ms, the clock two seconds
    assert len(playout.heard) == round(2.02 * RATE) * 2


def test_a_new_source_goes_on_without_a_seam() -> None:
    playout = Playout()
    for n, packet in enumerate(packets(3) + packets(3, ssrc=2, base=77)):
        playout.take_audio(packet, "PCMU", 10.0 + 0.021 * n)
    assert len(playout.heard) == 6 * FRAME


def test_the_packets_of_one_press_are_one_key() -> None:
    playout = Playout()

    def event(at: float, timestamp: int, duration: int, *, end: bool = False) -> None:
        payload = EventPayload(digit="5", end=end, duration=duration).encode()
        playout.take_event(Packet(payload_type=101, sequence=0, timestamp=timestamp, ssrc=1, payload=payload), at)

    event(1.00, 1000, 160)
    event(1.02, 1000, 320)
    assert [key.ended for key in playout.keys] == [False]
    for _ in range(3):
        event(1.04, 1000, 480, end=True)
    event(1.06, 1000, 320)  # late
    event(2.00, 9000, 160, end=True)
    assert [(key.digit, key.at, key.duration_s, key.ended) for key in playout.keys] == [
        ("5", 1.00, 0.06, True),
        ("5", 2.00, 0.02, True),
    ]


async def sent(
    seconds: float, *, silence: bool = True, direction: Direction = Direction.SENDRECV, muted: bool = False
) -> tuple[list[Packet], list[bool]]:
    """What a sender with a short clip and the keys 1 and 2 sends in that time, and whether they were done."""
    out: list[Packet] = []
    sender = Sender(lambda data: out.append(rtp.parse(data)), idle_silence=silence)
    clip = Clip(samples=tone(440, 0.05))
    keys = [Key(digit=digit, packets=5, pause=3) for digit in "12"]
    sender.say(clip)
    for key in keys:
        sender.press(key)
    agreed = Agreed(remote=AGREED.remote, codec="PCMU", payload=0, event_payload=101, direction=direction)
    sender.adopt(agreed, muted=muted)
    await asyncio.sleep(seconds)
    done = [clip.done.done(), *(key.done.done() for key in keys)]
    sender.stop()
    assert all(future.done() for future in (clip.done, *(key.done for key in keys)))
    return out, done


def test_keys_are_sent_by_rfc_4733_and_audio_goes_on_after_them() -> None:
    out, done = run(sent(1.001))
    assert done == [True, True, True]
    assert [(packet.sequence - out[0].sequence) % 0x10000 for packet in out] == list(range(len(out)))
    events = [packet for packet in out if packet.payload_type == 101]
    for digit, press in zip("12", (events[:7], events[7:]), strict=True):
        read = [rtp.parse_event(packet.payload) for packet in press]
        assert [(e.digit, e.end, e.duration) for e in read if e] == [
            (digit, n >= 4, min(160 * (n + 1), 800)) for n in range(7)
        ]
        assert len({packet.timestamp for packet in press}) == 1
        assert [packet.marker for packet in press] == [True] + [False] * 6
    audio = [packet for packet in out if packet.payload_type == 0]
    steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in itertools.pairwise(audio)}
    assert steps == {160, 8 * 160}  # beside the second press, in whose place no audio was sent
    assert len(out) == 51


def test_the_clip_is_sent_whole_and_then_silence() -> None:
    out, _ = run(sent(1.001))
    audio = b"".join(packet.payload for packet in out if packet.payload_type == 0)
    codes = g711.encode("PCMU", tone(440, 0.05))
    assert audio.startswith(codes)
    assert set(audio[len(codes) :]) == {0xFF}


def test_without_idle_silence_only_what_is_there_is_sent() -> None:
    out, done = run(sent(1.001, silence=False))
    assert done == [True, True, True]
    assert [packet.payload_type for packet in out].count(0) == 3


@pytest.mark.parametrize(
    ("direction", "muted"), [(Direction.RECVONLY, False), (Direction.INACTIVE, False), (Direction.SENDONLY, True)]
)
def test_nothing_is_sent_on_hold(direction: Direction, muted: bool) -> None:
    out, done = run(sent(0.5, direction=direction, muted=muted))
    assert (out, done) == ([], [False, False, False])


def test_an_endless_clip_has_no_seam_and_ends_with_the_next() -> None:
    async def work() -> tuple[bytes, bool]:
        out: list[Packet] = []
        sender = Sender(lambda data: out.append(rtp.parse(data)), idle_silence=True)
        endless = Clip(samples=tone(100, 0.05), repeat=True)
        sender.say(endless)
        sender.adopt(AGREED, muted=False)
        await asyncio.sleep(0.999)
        sender.say(Clip(samples=bytes(FRAME)))
        ended = endless.done.done()
        sender.stop()
        return b"".join(packet.payload for packet in out), ended

    sound, ended = run(work())
    assert sound == g711.encode("PCMU", tone(100, 1.0))
    assert ended
