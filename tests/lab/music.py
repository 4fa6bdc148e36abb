"""Makes the example tenants' music on hold: short loops, synthesised here, so that nobody else has rights in them.

    python -m tests.lab.music config/tenants

Each is an 8 kHz mono WAV whose end runs into its beginning: what still sounds at the end is added to the start. The
same code makes the same bytes.
"""

import array
import math
import random
import sys
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

RATE = 8_000
#: How loud: the mean over the loop, and what no sample exceeds (full scale is 32767). Waiting wants to be soft.
MEAN, PEAK = 1_700, 14_000
#: Semitones above C of the five notes of the pentatonic scale.
PENTATONIC = (0, 2, 4, 7, 9)

Sound = Callable[[float, float], list[float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A note at `beat`, held for `beats`; `pitch` in semitones above middle C; `loud` from 0 to 1."""

    beat: float
    pitch: int
    beats: float = 1.0
    loud: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A loop: so many beats at so many a minute, played with one sound."""

    beats: int
    tempo: float
    sound: Sound
    notes: tuple[Note, ...]


def frequency(pitch: int) -> float:
    """Hertz of a pitch in semitones above middle C, in equal temperament."""
    return 261.626 * 2 ** (pitch / 12)


def plucked(hertz: float, seconds: float) -> list[float]:
    """A plucked string (Karplus and Strong): noise in a loop as long as the period, smoothed at each turn."""
    chance = random.Random(round(hertz * 100))
    period = RATE / hertz
    loop = [chance.uniform(-1, 1) for _ in range(int(period))]
    smooth = [(a + b) / 2 for a, b in zip(loop, loop[1:] + loop[:1], strict=True)]
    samples = []
    for index in range(int(seconds * RATE)):
        place = index % len(smooth)
        samples.append(smooth[place])
        smooth[place] = 0.496 * (smooth[place] + smooth[(place + 1) % len(smooth)])
    return samples


def struck(hertz: float, seconds: float) -> list[float]:
    """Something between a piano and a music box: four partials that die away, the high ones sooner."""
    partials = [(1, 1.0, 0.9), (2, 0.45, 1.6), (3, 0.2, 2.6), (4, 0.08, 4.0)]
    partials = [(n, level, fall) for n, level, fall in partials if n * hertz < RATE * 0.45]
    samples = []
    for index in range(int(seconds * RATE)):
        t = index / RATE
        value = sum(level * math.exp(-fall * t) * math.sin(2 * math.pi * n * hertz * t) for n, level, fall in partials)
        samples.append(value * min(1.0, t / 0.006))
    return samples


def blown(hertz: float, seconds: float) -> list[float]:
    """A soft pipe: it swells, trembles a little and fades."""
    samples = []
    for index in range(int(seconds * RATE)):
        t = index / RATE
        swell = min(1.0, t / 0.25) * min(1.0, (seconds - t) / 0.5)
        phase = 2 * math.pi * hertz * t + 0.6 * math.sin(2 * math.pi * 4.5 * t)
        samples.append(swell * (math.sin(phase) + 0.25 * math.sin(2 * phase) + 0.08 * math.sin(3 * phase)))
    return samples


def chess() -> Piece:
    """Plucked strings that walk up and down the pentatonic scale."""
    chance = random.Random(98667)
    notes, step = [], 5
    for beat in range(32):
        step = max(0, min(11, step + chance.choice((-2, -1, -1, 1, 1, 2, 3))))
        pitch = PENTATONIC[step % 5] + 12 * (step // 5) - 5
        notes.append(Note(beat=beat / 1.0, pitch=pitch, beats=4, loud=0.9 if beat % 4 == 0 else 0.6))
        if beat % 8 == 0:
            notes.append(Note(beat=beat, pitch=-5, beats=6, loud=0.5))
    return Piece(beats=32, tempo=112, sound=plucked, notes=tuple(notes))


def press() -> Piece:
    """A slow waltz of broken chords: G, E minor, C, D."""
    chords = ((7, 11, 14), (4, 7, 11), (0, 4, 7), (2, 6, 9))
    notes = []
    for bar, chord in enumerate(chords * 2):
        low, middle, high = chord
        top = 12 + (high if bar % 2 else middle)
        for beat, pitch in ((0, low - 12), (0, top), (1, middle), (2, high), (2.5, middle)):
            notes.append(Note(beat=3 * bar + beat, pitch=pitch, beats=3, loud=0.9 if beat == 0 else 0.5))
    return Piece(beats=24, tempo=84, sound=struck, notes=tuple(notes))


def sunshine() -> Piece:
    """Long chords of pipes, one tone moving at a time: C, A minor, F, G."""
    chords = ((0, 4, 7), (0, 4, 9), (0, 5, 9), (-1, 2, 7))
    return Piece(beats=16, tempo=56, sound=blown, notes=tuple(_chords(chords)))


def _chords(chords: tuple[tuple[int, ...], ...]) -> Iterator[Note]:
    for bar, chord in enumerate(chords):
        for voice, pitch in enumerate(chord):
            yield Note(beat=4 * bar, pitch=pitch, beats=4.6, loud=0.6)
            yield Note(beat=4 * bar + 1 + voice, pitch=pitch + 12, beats=1.4, loud=0.35)


def render(piece: Piece) -> bytes:
    """The piece as 16-bit samples; tails run around the end into the beginning."""
    beat_s = 60 / piece.tempo
    length = round(piece.beats * beat_s * RATE)
    mix = [0.0] * length
    for note in piece.notes:
        start = round(note.beat * beat_s * RATE)
        for index, value in enumerate(piece.sound(frequency(note.pitch), note.beats * beat_s)):
            mix[(start + index) % length] += note.loud * value
    mean = math.sqrt(sum(value * value for value in mix) / length)
    scale = min(MEAN / mean, PEAK / max(abs(value) for value in mix))
    samples = array.array("h", (round(value * scale) for value in mix))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def write(path: Path, piece: Piece) -> None:
    """Write the piece as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(render(piece))


PIECES = {"chess": chess, "press": press, "sunshine": sunshine}


def main(folder: Path) -> None:
    """Make every tenant's loop in the folder of tenants."""
    for tenant, piece in PIECES.items():
        write(folder / tenant / "music" / "main" / "loop.wav", piece())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
