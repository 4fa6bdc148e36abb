"""Reserved ports are free, and nobody else's at the same time."""

import socket
import subprocess
import sys

import pytest

from tests.lab.ports import BLOCK, LOOPBACK, reserve_ports
from tests.lab.process import LabError


def test_blocks_are_consecutive_even_and_apart() -> None:
    with reserve_ports(1) as one, reserve_ports(BLOCK * 3 + 1) as many:
        assert len(one.ports) == BLOCK
        assert len(many.ports) == BLOCK * 4
        assert one.first % 2 == 0
        assert set(one.ports).isdisjoint(many.ports)


def test_another_process_gets_others() -> None:
    ask = [sys.executable, "-c", "from tests.lab.ports import reserve_ports; print(*reserve_ports(500).ports)"]
    with reserve_ports(500) as ours:
        answers = [subprocess.run(ask, capture_output=True, text=True, check=True) for _ in range(3)]
    for answer in answers:
        assert set(map(int, answer.stdout.split())).isdisjoint(ours.ports)


def test_more_than_there_are_is_an_error() -> None:
    with pytest.raises(LabError, match="no 50000 consecutive free ports"):
        reserve_ports(50_000)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_that_some_program_has_bound_is_not_given_out(kind: socket.SocketKind) -> None:
    with reserve_ports() as block:
        used = block.ports[7]
    with socket.socket(socket.AF_INET, kind) as user:
        user.bind((LOOPBACK, used))
        if kind == socket.SOCK_STREAM:
            user.listen()
        with reserve_ports() as other:
            assert used not in other.ports


def test_ports_are_taken_one_by_one_and_media_starts_even() -> None:
    with reserve_ports() as block:
        first = block.take()
        media = block.take_range(10)
        assert first == block.first
        assert media[0] == block.first + 2
        assert len(media) == 10
        assert block.take() == media[-1] + 1
        with pytest.raises(LabError, match="ports of this block are taken"):
            block.take_range(BLOCK)
