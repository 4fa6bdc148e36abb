"""Transactions against a peer that is nothing but a socket: what is sent, how often, and what the user is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.lab.phone.address import SocketAddress
from tests.lab.phone.layer import TransactionLayer
from tests.lab.phone.message import Request, Response, parse, response_to
from tests.lab.phone.transaction import ServerTransaction, Timers
from tests.lab.phone.transport import UdpSocket, UdpTransport
from tests.lab.phone.waiting import Watch
from tests.lab.phone.wire import WireLog

WAIT = 20.0


class Bench:
    """A transaction layer, a peer, and what each was told."""

    def __init__(self) -> None:
        self.wire = WireLog()
        self.watch = Watch(self.wire.describe)
        self.asked: list[ServerTransaction] = []
        self.acked: list[Request] = []
        self.answers: list[int] = []
        self.timeouts = 0
        self.at_peer: list[Request | Response] = []
        self.layer = TransactionLayer(self.wire, self._asked, self.acked.append, Timers(t1=0.02, t2=0.08))
        self.transport = UdpTransport("127.0.0.1", 0, self.layer.receive, self.wire)
        self.layer.transport = self.transport
        self._peer = UdpSocket("127.0.0.1", 0, self._reached_peer)

    @property
    def peer(self) -> SocketAddress:
        return self._peer.local

    def close(self) -> None:
        self.layer.close()
        self.transport.close()
        self._peer.close()

    def request(self, method: str, number: int = 1) -> Request:
        headers = (("From", "<sip:a@h>;tag=a"), ("To", "<sip:b@h>"), ("Call-ID", "c"), ("CSeq", f"{number} {method}"))
        return Request(method=method, uri="sip:b@h", headers=headers)

    def send(self, method: str) -> None:
        self.client = self.layer.send_request(self.request(method), self.peer, self._answered, self._timed_out)

    def ask(self, method: str, branch: str = "z9hG4bKpeer") -> None:
        via = f"SIP/2.0/UDP 127.0.0.1:{self.peer[1]};branch={branch}"
        self._peer.send(self.request(method).with_header_first("Via", via).encode(), self.transport.local)

    def answer(self, status: int) -> None:
        request = self.at_peer[0]
        assert isinstance(request, Request)
        self._peer.send(response_to(request, status, to_tag="b").encode(), self.transport.local)

    async def at_the_peer(self, count: int) -> list[str]:
        await self.watch.until(lambda: len(self.at_peer) >= count, WAIT, expected=f"{count} messages at the peer")
        return [_in_short(message) for message in self.at_peer]

    async def until(self, answers: int) -> None:
        await self.watch.until(lambda: len(self.answers) >= answers, WAIT, expected=f"{answers} answers")

    def _reached_peer(self, data: bytes, _: SocketAddress) -> None:
        self.at_peer.append(parse(data))
        self.watch.changed()

    def _asked(self, transaction: ServerTransaction) -> None:
        self.asked.append(transaction)
        self.watch.changed()

    def _answered(self, response: Response) -> None:
        self.answers.append(response.status)
        self.watch.changed()

    def _timed_out(self) -> None:
        self.timeouts += 1
        self.watch.changed()


def _in_short(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else str(message.status)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    opened = Bench()
    try:
        yield opened
    finally:
        opened.close()


async def test_each_refusal_of_an_invite_is_acknowledged_and_the_first_is_told() -> None:
    async with bench() as b:
        b.send("INVITE")
        await b.at_the_peer(1)
        b.answer(100)
        await b.until(1)
        b.answer(486)
        b.answer(486)
        assert await b.at_the_peer(3) == ["INVITE", "ACK", "ACK"]
        assert b.answers == [100, 486]
        ack = b.at_peer[1]
        assert ack.require("Via") == b.at_peer[0].require("Via")
        assert ack.require("To") == "<sip:b@h>;tag=b"
        assert ack.cseq == (1, "ACK")


async def test_each_2xx_to_an_invite_is_told_for_the_user_acknowledges_it() -> None:
    async with bench() as b:
        b.send("INVITE")
        await b.at_the_peer(1)
        b.answer(200)
        b.answer(200)
        await b.until(2)
        assert b.answers == [200, 200]
        assert [m.cseq[1] for m in b.at_peer] == ["INVITE"]


async def test_another_request_s_final_response_is_told_once() -> None:
    async with bench() as b:
        b.send("OPTIONS")
        await b.at_the_peer(1)
        b.answer(200)
        b.answer(200)
        b.answer(486)
        b.ask("INFO")  # what was sent after them has arrived after them
        await b.watch.until(lambda: bool(b.asked), WAIT, expected="the request")
        assert b.answers == [200]


@pytest.mark.parametrize(("method", "copies"), [("INVITE", 7), ("BYE", 18)])
async def test_a_request_without_answer_is_given_up(method: str, copies: int) -> None:
    async with bench() as b:
        b.send(method)
        await b.watch.until(lambda: b.timeouts == 1, WAIT, expected="a time-out")
        assert b.answers == []
        assert 2 <= len(b.at_peer) <= copies  # fewer on a machine that is busy


async def test_a_provisional_response_ends_the_resending_of_an_invite() -> None:
    async with bench() as b:
        b.send("INVITE")
        await b.at_the_peer(1)
        b.answer(180)
        await b.until(1)
        before = len(b.at_peer)
        await asyncio.sleep(0.2)  # in which it would have been resent three times
        assert len(b.at_peer) == before
        assert b.client.proceeding


async def test_a_request_that_comes_again_gets_the_same_answer_and_is_not_told_again() -> None:
    async with bench() as b:
        b.ask("OPTIONS")
        await b.watch.until(lambda: len(b.asked) == 1, WAIT, expected="the request")
        b.asked[0].respond(200)
        b.ask("OPTIONS")
        assert await b.at_the_peer(2) == ["200", "200"]
        assert b.at_peer[0] == b.at_peer[1]
        assert len(b.asked) == 1


async def test_a_refusal_is_resent_until_it_is_acknowledged() -> None:
    async with bench() as b:
        b.ask("INVITE")
        await b.watch.until(lambda: len(b.asked) == 1, WAIT, expected="the request")
        b.asked[0].respond(486)
        b.asked[0].respond(200)  # too late: it is refused
        await b.at_the_peer(2)
        b.ask("ACK")
        b.ask("OPTIONS", branch="z9hG4bKother")
        await b.watch.until(lambda: len(b.asked) == 2, WAIT, expected="the request after the ACK")
        copies = len(b.at_peer)
        await asyncio.sleep(0.2)  # in which it would have been resent twice
        assert await b.at_the_peer(2) == ["486"] * copies
        assert b.acked == []


async def test_an_ack_of_a_2xx_is_told() -> None:
    async with bench() as b:
        b.ask("ACK")
        b.ask("OPTIONS")
        await b.watch.until(lambda: bool(b.asked), WAIT, expected="the request after it")
        assert [request.method for request in b.acked] == ["ACK"]


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"rubbish",
        b"OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        b"INFO sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\nFrom: a\r\nTo: b\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=unknown\r\nCSeq: 1 BYE\r\n\r\n",
    ],
)
async def test_what_is_no_message_for_us_is_dropped(data: bytes) -> None:
    async with bench() as b:
        b.layer.receive(data, b.peer)
        assert (b.asked, b.acked, b.answers) == ([], [], [])
