"""What is heard of a switch that stutters: the sound whole, but no other one, and no silence in between."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.lab.phone import g711
from tests.lab.phone.audio import RATE, read_wav
from tests.lab.phone.listening import Listener
from tests.lab.phone.match import GOOD_SHARE, Reference
from tests.lab.phone.melody import write_melody
from tests.lab.phone.playout import Playout
from tests.lab.phone.rtp import FRAME_SAMPLES, PTIME_S, Packet
from tests.lab.phone.sender import FRAME_BYTES

BEFORE_S = 0.5


class Switch:
    """Sends what it is told to, and can stand still."""

    def __init__(self) -> None:
        self.playout = Playout()
        self._now = 100.0
        self._numbers = itertools.count()

    def stalls(self, seconds: float) -> None:
        """Nothing is sent, and the packet after that says so."""
        self._now += seconds

    def sends(self, sound: bytes) -> Iterable[None]:
        """One packet at a time."""
        for at in range(0, len(sound), FRAME_BYTES):
            packet = Packet(
                payload_type=8,
                sequence=next(self._numbers),
                timestamp=round(self._now * RATE),
                ssrc=1,
                payload=g711.encode("PCMA", sound[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")),
            )
            self.playout.take_audio(packet, "PCMA", self._now)
            self._now += PTIME_S
            yield


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("melody") / "one.wav"
    write_melody(path, 2)
    return read_wav(path)


def heard(one: bytes, said: bytes, *stalls_s: float, since_s: float = 0.0, every: int = 1) -> Listener:
    """Who listens for `one` where `said` is said, and where the switch stalls in between, at even distances."""
    switch = Switch()
    listener = Listener(Reference(one), switch.playout, since_s)
    part = -(-len(said) // FRAME_BYTES // (len(stalls_s) + 1)) * FRAME_BYTES
    parts = [said[at : at + part] for at in range(0, len(said), part)]
    for _ in switch.sends(bytes(int(BEFORE_S * RATE) * 2)):
        pass
    for piece, stall_s in zip(parts, (*stalls_s, 0.0), strict=True):
        for number, _ in enumerate(switch.sends(piece)):
            if number % every == 0:
                listener.look()
        switch.stalls(stall_s)
    for _ in switch.sends(bytes(FRAME_BYTES * 5)):
        listener.look()
    return listener


@pytest.mark.parametrize("stalls_s", [(), (0.1,), (0.3, 0.7), (0.04, 0.6, 0.06, 0.9)])
@pytest.mark.parametrize("every", [1, 30])
def test_what_a_busy_machine_cuts_in_pieces_is_heard_whole(one: bytes, stalls_s: tuple[float, ...], every: int) -> None:
    best = heard(one, one, *stalls_s, every=every).best
    assert best.score > 0.95
    assert best.offset_s == pytest.approx(BEFORE_S, abs=0.02)


def test_a_pause_that_anybody_hears_is_one(one: bytes) -> None:
    assert not heard(one, one, 1.2).best.good


def damaged(one: bytes, *, late: tuple[int, ...] = (), lost: tuple[int, ...] = ()) -> bytes:
    """The sound with a packet of silence before each packet `late`, and in place of each that is `lost`."""
    silence = bytes(FRAME_BYTES)
    packets = [one[at : at + FRAME_BYTES] for at in range(0, len(one), FRAME_BYTES)]
    return b"".join((silence * (n in late)) + (silence if n in lost else packet) for n, packet in enumerate(packets))


def test_what_a_late_partner_damages_is_there_for_the_most_part(one: bytes) -> None:
    whispered = heard(one, damaged(one, late=(51, 58), lost=(20, 21, 22, 23, 24)))
    assert not whispered.best.good
    assert whispered.share() > GOOD_SHARE


@pytest.mark.parametrize("part", [slice(None, FRAME_BYTES * 60), slice(FRAME_BYTES * 40, None)])
def test_what_lacks_a_word_is_not(one: bytes, part: slice) -> None:
    assert heard(one, one[part]).share() < GOOD_SHARE


def test_nor_is_another_sound(one: bytes, tmp_path: Path) -> None:
    write_melody(tmp_path / "other.wav", 3)
    assert heard(one, read_wav(tmp_path / "other.wav")).share() < GOOD_SHARE


def test_half_a_sound_is_not_the_whole(one: bytes) -> None:
    assert not heard(one, one[: len(one) // 2], 0.5).best.good


def test_what_was_before_is_not_heard(one: bytes) -> None:
    assert not heard(one, one, 0.5, since_s=BEFORE_S + 1).best.good
    again = heard(one, one + one, 0.5, 0.5, since_s=BEFORE_S + 1).best
    assert again.good
    assert again.offset_s > BEFORE_S + 2


def test_the_gaps_of_a_timeline_are_known(one: bytes) -> None:
    switch = Switch()
    for _ in switch.sends(one[: 3 * FRAME_BYTES]):
        pass
    switch.stalls(0.25)
    for _ in switch.sends(one[: 2 * FRAME_BYTES]):
        pass
    assert switch.playout.gaps == [(3 * FRAME_SAMPLES, RATE // 4)]
    assert len(switch.playout.heard) == 5 * FRAME_BYTES + RATE // 2
