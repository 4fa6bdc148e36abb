"""Was this sound heard, whole? Compares what a phone received with a reference, without regard to start and gain.

    envelopes (10 ms)     the loudness curve of the reference is laid over that of the heard sound at every 10 ms;
                          where the curves agree are the candidates
    probes (0.1 s)        the loudest parts of the reference are compared sample by sample around each candidate
    windows (0.1 s)       then the whole reference, window by window; a window that does not fit is sought some
                          60 ms around, for jitter may have shifted it; pauses are left out
    fit of a window       the square of the normalised correlation: the share of its energy that is the reference
    score                 the *worst* part of the reference: the lower of the worst second (the mean of ten windows,
                          weighted by loudness) and the worst median of three windows

So a greeting that breaks off or has one other word scores low however good the rest is, and a lost packet costs little.
A steady tone has no loudness curve: for it any place as loud throughout is a candidate, so its offset means little
(to tell tones apart, `audio.tone_level` is the better tool).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import nlargest
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING

from tests.lab.phone.audio import RATE, Sound, dot, samples_of
from tests.lab.phone.errors import MisuseError

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

GOOD_SCORE = 0.8
"""Measured on sentences of one synthetic voice: over G.711 1.00; with one packet lost 0.92 or more, but in one place of
a hundred; "you are number two in the queue" taken for "number three" at most 0.67; other sentences below 0.1."""

FRAME = 80  # samples of one envelope value: 10 ms
_WINDOW = 800  # samples compared at a time: 0.1 s
_SECOND = 10  # windows whose mean is the score
GOOD_SHARE = 0.7
"""Of a sound that is damaged. Measured on a sentence of 2 s with two packets of silence pushed into it, whose score was
0.00: 0.96; on others of the same voice: at most 0.24, and 0.44 where they last less than a second."""

_BEFORE = 5  # frames that the reference may begin before the heard sound, for its first packets may be lost
_AFTER = 2  # frames that it may end after it: what fills no packet is not sent
_CANDIDATES = 6
_MIN_ENVELOPE = 0.6  # correlation of the envelopes that makes a candidate
_FLAT = 0.04  # share of a loudness curve's energy that is its ups and downs: a tone has less, speech ten times more
_MIN_PROBE = 0.6  # correlation of the probe that makes a candidate the place
_FITS = 0.9  # a window that correlates so well is not sought elsewhere
_PROBES = 3
_PERIODS = 6
_SURE = 0.99  # a probe that correlates so well needs no second one
_PROBE_REACH = 200  # samples to both sides of a candidate
_JITTER = 480  # samples to both sides that a window may have been shifted: 60 ms
_ANCHORS = 3  # of the loudest windows, from which a sound in pieces is followed to both sides
_LATE = 4_800  # samples that a piece may come later than the one before it: 0.6 s
_KEPT = 5  # frames of a silence
_SOUGHT_IN_VAIN = 3  # windows one after the other; then it is another sound, and the rest is taken as it is
_QUIET = 0.02  # of the loudest frame: below this is silence before or after the sound
_PAUSE = 0.1  # of the loudest window: below this is a pause, which is not compared
_MIN_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """How well and where a reference was heard. `offset_s` counts from the beginning of the heard sound, to the
    beginning of the reference; `length_s` is the reference's."""

    score: float
    offset_s: float = 0.0
    length_s: float = 0.0

    @property
    def good(self) -> bool:
        """Whether it was really heard."""
        return self.score >= GOOD_SCORE

    @property
    def end_s(self) -> float:
        """Where the reference ended in the heard sound, seconds."""
        return self.offset_s + self.length_s


NO_MATCH = Match(score=0.0)


def heard_score(heard: Sound, reference: Sound) -> Match:
    """The best match of the whole `reference` in `heard`. Raises MisuseError for a reference that is too short."""
    return Reference(reference).find(samples_of(heard))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    """A piece of the reference, `start` samples after its beginning."""

    start: int
    samples: array[int]
    energy: float


class Envelope:
    """The loudness of a sound in frames of 10 ms, with the sums that correlation needs; grows with the sound."""

    def __init__(self) -> None:
        """Empty."""
        self.frames: list[float] = []

    def extend(self, samples: Sequence[int]) -> None:
        """Take the whole frames that `samples` has and this has not yet."""
        for start in range(len(self.frames) * FRAME, len(samples) - FRAME + 1, FRAME):
            part = samples[start : start + FRAME]
            self.frames.append(math.sqrt(dot(part, part)))


class Reference:
    """A sound to be recognised, prepared once. Pauses at its ends do not belong to it."""

    def __init__(self, sound: Sound) -> None:
        """Read and prepare it. Raises MisuseError when it has less than 0.3 s of sound."""
        samples = samples_of(sound)
        envelope = Envelope()
        envelope.extend(samples)
        frames = envelope.frames
        limit = _QUIET * max(frames, default=0.0)
        loud = [index for index, value in enumerate(frames) if value > limit]
        if not loud or (loud[-1] + 1 - loud[0]) * FRAME < _MIN_SECONDS * RATE:
            raise MisuseError(f"a reference needs at least {_MIN_SECONDS} s of sound")
        self._lead = loud[0] * FRAME
        self._samples = samples[self._lead : (loud[-1] + 1) * FRAME]
        self._length_s = len(samples) / RATE
        curve = frames[loud[0] : loud[-1] + 1]
        centred = _centred(curve)
        self._is_flat = dot(centred, centred) < _FLAT * dot(curve, curve)
        self._frames = curve if self._is_flat else centred
        self._norm = math.sqrt(dot(self._frames, self._frames)) or 1.0
        starts = range(0, max(1, len(self._samples) - _WINDOW // 2), _WINDOW)
        windows = [_window(self._samples, start) for start in starts]
        limit = _PAUSE * _PAUSE * max(window.energy for window in windows)
        self._windows = [window for window in windows if window.energy > limit]
        self._weights = [math.sqrt(window.energy) for window in self._windows]
        self._probes = nlargest(_PROBES, self._windows, key=lambda window: window.energy)

    @property
    def frame_count(self) -> int:
        """Its length in frames of 10 ms, without the pauses at its ends."""
        return len(self._frames)

    @property
    def sounding_s(self) -> float:
        """Seconds from the first to the last sound of it."""
        return len(self._samples) / RATE

    def find(self, heard: array[int], envelope: Envelope | None = None, first_frame: int = 0) -> Match:
        """The best match in `heard` that begins at `first_frame` (10 ms each) or later."""
        if envelope is None:
            envelope = Envelope()
            envelope.extend(heard)
        best = NO_MATCH
        for frame in self._candidates(envelope.frames, first_frame):
            start, correlation = self._place(heard, frame * FRAME)
            score = self._score(heard, start) if correlation >= _MIN_PROBE else 0.0
            if score > best.score:
                best = Match(score=score, offset_s=(start - self._lead) / RATE, length_s=self._length_s)
            if best.good:
                break
        return best

    def share(self, heard: array[int]) -> float:
        """How much of it was heard in the right order, 0 to 1, though pieces of it are missing or late.

        What is asked of a sound that a busy machine has damaged; takes some processor time. Two sentences that differ
        in one word share the rest.
        """
        heard = _without_silence(heard)
        best = 0.0
        for anchor in nlargest(_ANCHORS, range(len(self._windows)), key=lambda index: self._windows[index].energy):
            best = max(best, self._share_around(heard, anchor))
            if best >= GOOD_SHARE:
                break
        return best

    def _share_around(self, heard: array[int], anchor: int) -> float:
        window = self._windows[anchor]
        begin, fit = _best_lag(heard, window, 0, range(-window.start, max(1, len(heard) - window.start)))
        if fit < _FITS:
            return 0.0
        found = self._weights[anchor]
        found += self._followed(heard, begin, range(anchor + 1, len(self._windows)), range(-_JITTER, _LATE + 1))
        found += self._followed(heard, begin, range(anchor - 1, -1, -1), range(-_LATE, _JITTER + 1))
        return found / sum(self._weights)

    def _followed(self, heard: array[int], begin: int, windows: range, lags: range) -> float:
        found = 0.0
        for index in windows:
            window = self._windows[index]
            lag, fit = 0, _correlation(heard, window, begin)
            if fit < _FITS:
                lag, fit = _best_lag(heard, window, begin, lags)
            if fit >= _FITS:
                begin, found = begin + lag, found + self._weights[index]
        return found

    def _candidates(self, heard: list[float], first: int) -> list[int]:
        """Frames where the envelopes agree, the best first; the first ones may lie before the heard sound."""
        size = len(self._frames)
        heard = [*([0.0] * _BEFORE), *heard, *([0.0] * _AFTER)]
        sums = list(accumulate(heard, initial=0.0))
        squares = list(accumulate(map(mul, heard, heard), initial=0.0))
        found: list[tuple[float, int]] = []
        for frame in range(first, len(heard) - size + 1):
            mean = 0.0 if self._is_flat else (sums[frame + size] - sums[frame]) / size
            variance = squares[frame + size] - squares[frame] - size * mean * mean
            if variance <= 0:
                continue
            product = dot(self._frames, heard[frame : frame + size])
            correlation = product / (self._norm * math.sqrt(variance))
            if correlation >= _MIN_ENVELOPE:
                found.append((correlation, frame - _BEFORE))
        return _peaks(found)

    def _place(self, heard: array[int], near: int) -> tuple[int, float]:
        """Where the reference begins, to the sample, around `near`; and how well one of its loudest windows fits."""
        lags = range(-_PROBE_REACH, _PROBE_REACH + 1)
        tries = []
        for window in self._probes:
            lag, correlation = _best_lag(heard, window, near, lags)
            if correlation >= _SURE:
                return near + lag, correlation
            tries.append((correlation, near + lag))
        correlation, begin = max(tries)
        return begin, correlation

    def _score(self, heard: array[int], begin: int) -> float:
        fits = []
        shift = missed = 0
        for window in self._windows:
            fit = _correlation(heard, window, begin + shift)
            if fit < _FITS and missed < _SOUGHT_IN_VAIN:
                lag, moved = _best_lag(heard, window, begin + shift, range(-_JITTER - shift, _JITTER + 1 - shift))
                missed = 0 if moved >= _FITS else missed + 1
                if moved >= _FITS:
                    shift += lag
                fit = max(fit, moved)
            fits.append(max(0.0, fit) ** 2)
        return min(self._worst_second(fits), _worst_of_three(fits))

    def _worst_second(self, fits: list[float]) -> float:
        span = min(_SECOND, len(fits))
        weighted: list[float] = list(accumulate(map(mul, fits, self._weights), initial=0.0))
        weights: list[float] = list(accumulate(self._weights, initial=0.0))
        ends = range(span, len(fits) + 1)
        return min((weighted[end] - weighted[end - span]) / (weights[end] - weights[end - span]) for end in ends)


def _without_silence(heard: array[int]) -> array[int]:
    """The same with every silence cut to 50 ms: to look there costs time only."""
    envelope = Envelope()
    envelope.extend(heard)
    limit = _QUIET * max(envelope.frames, default=0.0)
    kept, silent = heard[:0], _KEPT
    for index, value in enumerate(envelope.frames):
        silent = 0 if value > limit else silent + 1
        if silent <= _KEPT:
            kept.extend(heard[index * FRAME : (index + 1) * FRAME])
    return kept


def _worst_of_three(fits: list[float]) -> float:
    """The lowest median of three neighbours: one damaged window is forgiven, two are not."""
    if len(fits) < 3:
        return 1.0
    return min(sorted(three)[1] for three in zip(fits, fits[1:], fits[2:], strict=False))


def _peaks(found: list[tuple[float, int]]) -> list[int]:
    """The best frames, none within reach of another."""
    chosen: list[int] = []
    for _, frame in sorted(found, reverse=True):
        if all(abs(frame - other) > 1 for other in chosen):
            chosen.append(frame)
            if len(chosen) == _CANDIDATES:
                break
    return chosen


def _centred(values: list[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def _window(samples: array[int], start: int) -> _Window:
    piece = samples[start : start + _WINDOW]
    return _Window(start=start, samples=piece, energy=dot(piece, piece))


def _correlation(heard: array[int], window: _Window, begin: int) -> float:
    """How well a window fits a reference begun at `begin`, -1 to 1; what was not heard is silence."""
    at = begin + window.start
    piece = heard[max(0, at) : max(0, at + len(window.samples))]
    energy = dot(piece, piece) * window.energy
    part = window.samples if at >= 0 else window.samples[-at:]
    return dot(piece, part) / math.sqrt(energy) if energy else 0.0


def _best_lag(heard: array[int], window: _Window, begin: int, lags: range) -> tuple[int, float]:
    """The lag at which a window fits best, and how well: every fourth lag first, then around the best of these.

    Several are looked around, for a voiced sound fits almost as well one period beside its place.
    """

    def fit(lag: int) -> float:
        return _correlation(heard, window, begin + lag)

    coarse = nlargest(_PERIODS, lags[::4], key=fit)
    fine = {lag for middle in coarse for lag in range(max(lags[0], middle - 3), min(lags[-1], middle + 3) + 1)}
    best = max(fine, key=fit)
    return best, fit(best)
