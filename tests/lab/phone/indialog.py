"""What a phone answers to the requests within a call: one small function per method, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.phone.sdp import CONTENT_TYPE
from tests.lab.phone.states import EndedBy
from tests.lab.phone.ua import ALLOW, SUPPORTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.lab.phone.call import Call
    from tests.lab.phone.message import Header, Request
    from tests.lab.phone.transaction import ServerTransaction


def receive(call: Call, transaction: ServerTransaction) -> None:
    """Answer a request in the dialog of `call`."""
    if not call.dialog.in_order(transaction.request):
        transaction.respond(500, reason="Out of order")
        return
    answer = _ANSWERS.get(transaction.request.method)
    if answer is None:
        transaction.respond(405, headers=(ALLOW,))
    else:
        answer(call, transaction)


def transfer_status(notifies: Sequence[Request]) -> int:
    """The newest status that NOTIFYs of a transfer told; 0 before the first."""
    for request in reversed(notifies):
        words = request.body.split(maxsplit=2)
        if len(words) >= 2 and words[0] == b"SIP/2.0" and words[1].isdigit():
            return int(words[1])
    return 0


def _bye(call: Call, transaction: ServerTransaction) -> None:
    transaction.respond(200)
    call.end(EndedBy.THEM, transaction.request.header("Reason"))


def _invite(call: Call, transaction: ServerTransaction) -> None:
    request = transaction.request
    if call.changing:
        transaction.respond(491)
        return
    body = call.media.answer(request.body) if request.body else call.media.offer(call.media.wish)
    if body is None:
        transaction.respond(488)
        return
    call.unacknowledged[request.cseq[0]] = transaction
    transaction.respond(200, headers=(*_adopt(call, request), ("Content-Type", CONTENT_TYPE)), body=body)


def _update(call: Call, transaction: ServerTransaction) -> None:
    request = transaction.request
    if request.body and call.changing:
        transaction.respond(491)
        return
    body = call.media.answer(request.body) if request.body else b""
    if body is None:
        transaction.respond(488)
        return
    content = (("Content-Type", CONTENT_TYPE),) if body else ()
    transaction.respond(200, headers=(*_adopt(call, request), *content), body=body)


def _adopt(call: Call, request: Request) -> tuple[Header, ...]:
    """Take target and session timer from a request that changes the call; returns the headers of our 2xx."""
    call.dialog.refresh_target(request)
    call.changes.append(request)
    call.watch.changed()
    timer = call.session_timer.adopt(request, we_asked=False)
    return (("Contact", call.dialog.contact), ALLOW, SUPPORTED, *timer)


def _info(call: Call, transaction: ServerTransaction) -> None:
    call.infos.append(transaction.request)
    transaction.respond(200)
    call.watch.changed()


def _notify(call: Call, transaction: ServerTransaction) -> None:
    call.notifies.append(transaction.request)
    transaction.respond(200)
    call.watch.changed()


def _options(_: Call, transaction: ServerTransaction) -> None:
    transaction.respond(200, headers=(ALLOW, SUPPORTED))


def _refer(_: Call, transaction: ServerTransaction) -> None:
    transaction.respond(603)  # a switch has no business to transfer a test phone


_ANSWERS: dict[str, Callable[[Call, ServerTransaction], None]] = {
    "BYE": _bye,
    "INFO": _info,
    "INVITE": _invite,
    "NOTIFY": _notify,
    "OPTIONS": _options,
    "REFER": _refer,
    "UPDATE": _update,
}
