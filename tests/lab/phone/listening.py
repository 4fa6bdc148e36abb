"""What a test hears and says in a call: the audio part of every call."""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.phone.audio import RATE, SAMPLE_BYTES, Sound, level, read_wav, samples_of, tone, tone_level, write_wav
from tests.lab.phone.errors import MisuseError
from tests.lab.phone.match import GOOD_SHARE, NO_MATCH, Envelope, Match, Reference
from tests.lab.phone.rtp import DIGITS, PTIME_S
from tests.lab.phone.sender import Clip, Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.phone.media import MediaSession
    from tests.lab.phone.playout import KeyPress, Playout
    from tests.lab.phone.waiting import Watch

_TONE_WINDOW_S = 0.3
_LOOK_BACK = 10  # frames of 10 ms that are looked at again when more was heard
_STUTTER = RATE  # samples: the longest gap that is left out
_MARGIN_S = 5.0  # beyond what keys take to press, before we believe that they are never sent


class Listener:
    """Looks for a reference in what a call hears, each time a little further.

    Short gaps, in which nothing was received, are left out: a machine with too much to do makes the switch stutter, and
    what is asked is whether it played the sound whole. Longer ones are silence as anybody hears it.
    """

    def __init__(self, reference: Reference, playout: Playout, since_s: float) -> None:
        """Begin to look at `since_s` of the call's timeline."""
        self.best = NO_MATCH
        self._reference = reference
        self._playout = playout
        self._samples: array[int] = array("h")
        self._envelope = Envelope()
        self._next = 0
        self._taken = max(0, int(since_s * RATE))  # so much of the timeline was looked at
        self._gaps = 0
        self._seams = [(0, self._taken)]  # of `_samples`: from this one on, they are those from that of the timeline on

    def has_more(self) -> bool:
        """Whether more was heard since the last look."""
        return len(self._playout.heard) // SAMPLE_BYTES > self._taken

    def look(self) -> bool:
        """Take what is new; True once the reference was heard whole. May take 0.1 s and more."""
        if not self.has_more() or self.best.good:
            return self.best.good
        self._take()
        self._envelope.extend(self._samples)
        found = self._reference.find(self._samples, self._envelope, self._next)
        if found.score > self.best.score:
            self.best = replace(found, offset_s=self._on_timeline(found.offset_s))
        last = len(self._envelope.frames) - self._reference.frame_count
        self._next = max(self._next, last - _LOOK_BACK)
        return self.best.good

    def share(self) -> float:
        """How much of it was heard up to the last look, though damaged. May take seconds."""
        return self._reference.share(self._samples)

    def _take(self) -> None:
        heard, gaps = bytes(self._playout.heard), self._playout.gaps
        while self._gaps < len(gaps) and gaps[self._gaps][0] * SAMPLE_BYTES < len(heard):
            start, length = gaps[self._gaps]
            self._gaps += 1
            if start >= self._taken and length <= _STUTTER:
                self._extend(heard, start)
                self._taken = start + length
                self._seams.append((len(self._samples), self._taken))
        self._extend(heard, len(heard) // SAMPLE_BYTES)

    def _extend(self, heard: bytes, until: int) -> None:
        if until > self._taken:
            self._samples.extend(samples_of(heard[self._taken * SAMPLE_BYTES : until * SAMPLE_BYTES]))
            self._taken = until

    def _on_timeline(self, offset_s: float) -> float:
        sample, at = next(seam for seam in reversed(self._seams) if seam[0] <= max(0.0, offset_s * RATE))
        return offset_s + (at - sample) / RATE


class CallAudio:
    """Saying and hearing. Offsets are seconds on the call's timeline, which begins with the first packet received."""

    def __init__(self, media: MediaSession, watch: Watch) -> None:
        """Both belong to the call."""
        self.media = media
        self.watch = watch

    @property
    def heard(self) -> bytearray:
        """Every sample received, 16 bit at 8 kHz, in playout order; gaps are silence. Grows as more arrives."""
        return self.media.playout.heard

    @property
    def heard_s(self) -> float:
        """Seconds heard so far: an offset to wait for what comes after now."""
        return len(self.heard) / SAMPLE_BYTES / RATE

    @property
    def keys(self) -> list[KeyPress]:
        """The keys that the other side pressed, by telephone-event."""
        return self.media.playout.keys

    @property
    def digits(self) -> str:
        """The same as text."""
        return "".join(key.digit for key in self.keys)

    def save_heard(self, path: Path | str) -> None:
        """Write what was heard as a wav file."""
        write_wav(path, self.heard)

    def send_wav(self, sound: Sound) -> asyncio.Future[None]:
        """Send a wav file (8 kHz, mono, 16 bit) or samples; await the result to wait until it was sent whole."""
        return self._say(read_wav(sound) if isinstance(sound, Path | str) else bytes(sound), repeat=False)

    def send_tone(self, hz: int, seconds: float | None = None) -> asyncio.Future[None]:
        """Send a tone, without end unless `seconds` is given; the result can be awaited."""
        return self._say(tone(hz, 1.0 if seconds is None else seconds), repeat=seconds is None)

    def send_silence(self) -> None:
        """Stop what is being sent."""
        self.media.sender.silence()

    async def dtmf(self, digits: str, *, duration_ms: int = 100, gap_ms: int = 60) -> None:
        """Press keys and return when the last gap is over. Raises MisuseError when keys cannot be sent in this call."""
        agreed = self.media.agreed
        if agreed is None or agreed.event_payload is None:
            raise MisuseError("keys need a call whose other side has agreed to telephone-event")
        if unknown := set(digits) - set(DIGITS):
            raise MisuseError(f"keys are {DIGITS}, not {''.join(sorted(unknown))}")
        keys = [Key(digit=digit, packets=_packets(duration_ms), pause=_packets(gap_ms)) for digit in digits]
        for key in keys:
            self.media.sender.press(key)
        async with asyncio.timeout(_MARGIN_S + len(digits) * (duration_ms + gap_ms) / 1000):
            for key in keys:
                await key.done

    async def hears(self, reference: Sound, *, within: float, since_s: float = 0.0, whispered: bool = False) -> Match:
        """Wait until the whole reference was heard, begun at `since_s` or later. Raises ExpectationError.

        `whispered`: it comes with the packets of whoever else is in the conversation. A busy machine that is late with
        those pushes silence into it or takes pieces out: what is left at the end of the time is enough if it is most.

        It is looked for in a thread, for the loop has 20 ms beats to keep, and may be that of the program under test.
        """
        prepared = Reference(reference)
        listener = Listener(prepared, self.media.playout, since_s)
        name = reference if isinstance(reference, Path | str) else "the given sound"
        expected = f"to hear {name} ({prepared.sounding_s:.1f} s)"

        def found() -> str:
            return f"best score {listener.best.score:.2f}; {self.heard_in_words()}"

        try:
            async with asyncio.timeout(within):
                while not await asyncio.to_thread(listener.look):
                    await self._listen(listener.has_more, within, expected=expected, found=found)
        except TimeoutError:
            if not (whispered and await asyncio.to_thread(listener.share) >= GOOD_SHARE):
                raise self.watch.failed(f"{expected} within {within:g} s", found()) from None
        return listener.best

    async def hears_tone(self, hz: float, *, within: float, at_least: float = 0.5) -> None:
        """Wait until a tone is that much of what is heard, for 0.3 s from now on. Raises ExpectationError."""
        begin = len(self.heard)
        need = int(_TONE_WINDOW_S * RATE) * SAMPLE_BYTES

        def sounds() -> bool:
            return len(self.heard) - begin >= need and self.tone_heard(hz) >= at_least

        await self._listen(
            sounds,
            within,
            expected=f"to hear a tone of {hz:g} Hz",
            found=lambda: f"it was {self.tone_heard(hz):.2f} of the sound; {self.heard_in_words()}",
        )

    async def hears_digits(self, digits: str, *, within: float) -> None:
        """Wait until the keys pressed so far end with `digits`. Raises ExpectationError."""
        await self._listen(
            lambda: self.digits.endswith(digits) and self.keys[-1].ended,
            within,
            expected=f"the keys {digits}",
            found=lambda: f"pressed were {self.digits or 'none'}",
        )

    def tone_heard(self, hz: float, last_s: float = _TONE_WINDOW_S) -> float:
        """How much of the last `last_s` seconds heard is this tone, 0 to 1."""
        return tone_level(self.heard[-int(last_s * RATE) * SAMPLE_BYTES :], hz)

    def heard_in_words(self) -> str:
        """What was heard, for a person: how much, how loud in each second."""
        playout = self.media.playout
        if not playout.packets:
            agreed = "was" if self.media.agreed else "was not"
            return f"no audio was received at all (a codec {agreed} agreed, {self.media.strays} strays)"
        second = RATE * SAMPLE_BYTES
        levels = [level(self.heard[start : start + second]) for start in range(0, len(self.heard), second)]
        told = " ".join(f"{value:.3f}" for value in levels[-20:])
        return (
            f"{playout.packets} packets were received, {self.heard_s:.1f} s; level of each of the last seconds: {told}"
        )

    def _say(self, samples: bytes, *, repeat: bool) -> asyncio.Future[None]:
        clip = Clip(samples=samples, repeat=repeat)
        self.media.sender.say(clip)
        return clip.done

    async def _listen(
        self, condition: Callable[[], bool], within: float, *, expected: str, found: Callable[[], str]
    ) -> None:
        def hopeless() -> str | None:
            return f"the call has ended: {found()}" if self.has_ended else None

        await self.watch.until(condition, within, expected=expected, found=found, hopeless=hopeless)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more can be heard."""
        raise NotImplementedError


def _packets(milliseconds: int) -> int:
    return max(1, round(milliseconds / 1000 / PTIME_S))
