"""The facts as they happen, for everybody who listens: one subscription at the hub, any number of readers.

    hub -> Feed.run -> engagements · listeners (metrics, boards: called at once) · the last facts kept · readers

Each fact gets a number within this run of vcc. A reader that comes back and names the last one it saw goes on after
it, if it is still kept; if not, it gets a `Gap` and knows that it has to look at the present state again. Nothing is
ever left out silently: a reader that is too slow is cut off. Outside, a number is an id that is enciphered with a key
of this run: counting up, it would tell each tenant how much happens at the others.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from vcc.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.facts import Fact
    from vcc.api.engagement import Engagements
    from vcc.calls.control import Control

_log = structlog.get_logger()

#: Facts kept for readers that come back: ten seconds of the highest load that is planned for, hours of a usual one.
KEPT = 10_000
#: Facts that a reader may be behind; more than are kept, so that one who comes back can take them.
READER_BOUND = 12_000
#: Readers at once.
READERS = 200
#: Facts that the feed itself may be behind the hub.
_HUB_BOUND = 50_000
_RESUBSCRIBE_S = 1.0
_BLOCK = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A fact and its number in this stream. `engaged`: the tenant that the agent it is about worked for then."""

    number: int
    fact: Fact
    engaged: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Facts before this number may be missing: `why` is `unknown_id` (an earlier run's, say), `too_old`, `overrun`."""

    number: int
    why: str


class TooManyReadersError(ApiError):
    """READERS are listening already."""

    def __init__(self) -> None:
        """Answered with 503."""
        super().__init__(
            503,
            "too_many_readers",
            "Too many streams are open.",
            advice="Close some, or try again later.",
            headers={"Retry-After": "10"},
        )


class Reader:
    """One listener's bounded queue. Ends when the feed closes or the reader is too slow (`cut_off`)."""

    def __init__(self) -> None:
        """Made by `Feed.read`."""
        self.cut_off = False
        self._items: deque[Entry | Gap] = deque()
        self._closed = False
        self._news = asyncio.Event()

    def put(self, item: Entry | Gap) -> None:
        """Take an item; the one too many ends the reader."""
        if self._closed:
            return
        if len(self._items) >= READER_BOUND:
            self.cut_off = True
            self._items.clear()
            self.close()
            return
        self._items.append(item)
        self._news.set()

    def close(self) -> None:
        """No more items come."""
        self._closed = True
        self._news.set()

    async def next(self, timeout_s: float) -> list[Entry | Gap] | None:
        """What has come, waiting at most `timeout_s` for it (then an empty list); None: the end."""
        if not self._items and not self._closed:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return []
        if not self._items:
            return None
        items = list(self._items)
        self._items.clear()
        return items


class Ids:
    """Numbers as opaque ids of one run, and back."""

    def __init__(self) -> None:
        """Make the run's key."""
        # One block per id, every block different: the simplest mode is the right one.
        cipher = Cipher(AES256(secrets.token_bytes(32)), ECB())  # noqa: S305
        self._seal = cipher.encryptor()
        self._unseal = cipher.decryptor()

    def of(self, number: int) -> str:
        """The id of a number."""
        return self._seal.update(struct.pack(">QQ", 0, number)).hex()

    def number(self, text: str) -> int | None:
        """The number of an id; None: not an id of this run."""
        try:
            block = bytes.fromhex(text)
        except ValueError:
            return None
        if len(block) != _BLOCK:
            return None
        zero, number = struct.unpack(">QQ", self._unseal.update(block))
        return int(number) if zero == 0 else None


class Feed:
    """The stream of facts, shared."""

    def __init__(self, engagements: Engagements) -> None:
        """Start an empty stream; `engagements` is told every fact first."""
        self.ids = Ids()
        self._engagements = engagements
        self.cut_off = 0
        self._number = 0
        self._kept: deque[Entry] = deque(maxlen=KEPT)
        self._readers: set[Reader] = set()
        self._listeners: list[Callable[[Fact], None]] = []

    @property
    def readers(self) -> int:
        """How many readers listen."""
        return len(self._readers)

    @property
    def last(self) -> int:
        """The number of the newest fact; facts after it are still to come."""
        return self._number

    def listen(self, listener: Callable[[Fact], None]) -> None:
        """Have `listener` called with each fact, at once; it must be quick and must not raise."""
        self._listeners.append(listener)

    async def run(self, control: Control) -> None:
        """Take facts from the hub until cancelled; subscribes again after having been cut off."""
        while True:
            try:
                async with control.subscribe(_HUB_BOUND) as facts:
                    self._engagements.seed(control.calls(), control.agents())
                    async for fact in facts:
                        self.publish(fact)
                _log.warning("the stream of facts ended; subscribing again", number=self._number)
            except Exception:  # noqa: BLE001 - whatever it was: logged, and the stream goes on
                _log.exception("the stream of facts broke; subscribing again", number=self._number)
            await asyncio.sleep(_RESUBSCRIBE_S)
            self._interrupt()

    def publish(self, fact: Fact) -> None:
        """Number a fact, keep it and tell everybody."""
        self._number += 1
        self._engagements.note(fact)
        entry = Entry(number=self._number, fact=fact, engaged=self._engagements.of_fact(fact))
        self._kept.append(entry)
        for listener in self._listeners:
            listener(fact)
        self._tell(entry)

    @contextmanager
    def read(self, last_id: str | None = None) -> Iterator[Reader]:
        """Listen from now on, or from after `last_id`. Raises TooManyReadersError."""
        if len(self._readers) >= READERS:
            raise TooManyReadersError
        reader = Reader()
        if last_id is not None:
            self._catch_up(reader, last_id)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End every reader."""
        for reader in self._readers:
            reader.close()

    def _tell(self, item: Entry | Gap) -> None:
        for reader in list(self._readers):
            reader.put(item)
            if reader.cut_off:
                self._readers.discard(reader)
                self.cut_off += 1

    def _interrupt(self) -> None:
        self._kept.clear()
        self._number += 1
        self._tell(Gap(number=self._number, why="overrun"))

    def _catch_up(self, reader: Reader, last_id: str) -> None:
        last = self.ids.number(last_id)
        if last is None or last > self._number:
            reader.put(Gap(number=self._number, why="unknown_id"))
        elif (missed := self._number - last) > len(self._kept):
            reader.put(Gap(number=self._number, why="too_old"))
        else:
            for entry in islice(self._kept, len(self._kept) - missed, None):
                reader.put(entry)
