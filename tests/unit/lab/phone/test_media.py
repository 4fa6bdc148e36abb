"""What a call hears, through a real socket."""

import socket
import threading
import time

from tests.lab.phone import g711
from tests.lab.phone.audio import RATE, level, tone
from tests.lab.phone.media import MediaSession
from tests.lab.phone.rtp import FRAME_SAMPLES, PTIME_S, Packet
from tests.lab.phone.sender import FRAME_BYTES
from tests.lab.phone.waiting import Watch

PACKETS = 50


def send_in_time(to: tuple[str, int]) -> None:
    """A second of a tone, a packet each 20 ms."""
    sound, begin = tone(440, PACKETS * PTIME_S), time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(PACKETS):
            payload = g711.encode("PCMA", sound[number * FRAME_BYTES :][:FRAME_BYTES])
            packet = Packet(payload_type=8, sequence=number, timestamp=number * FRAME_SAMPLES, ssrc=1, payload=payload)
            time.sleep(max(0.0, begin + number * PTIME_S - time.monotonic()))
            sender.sendto(packet.encode(), to)


async def test_a_loop_that_is_busy_for_long_hears_no_gap() -> None:
    watch = Watch(lambda: "")
    media = MediaSession("127.0.0.1", ("PCMA",), idle_silence=False, is_deaf=lambda: False, changed=watch.changed)
    sender = threading.Thread(target=send_in_time, args=(media.local,))
    sender.start()
    await watch.until(lambda: media.playout.packets > 5, 5, expected="some packets")
    sender.join()  # and the loop stands still meanwhile
    await watch.until(lambda: media.playout.packets == PACKETS, 5, expected="all packets")
    media.close()
    heard = bytes(media.playout.heard)
    assert len(heard) == PACKETS * FRAME_BYTES
    assert min(level(heard[at : at + FRAME_BYTES]) for at in range(0, len(heard), FRAME_BYTES)) > 0.1
    assert len(heard) / 2 / RATE == PACKETS * PTIME_S
