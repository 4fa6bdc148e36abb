"""Two channels of raw samples as a WAV file, measured on the way. Reads and writes files: call it in a thread.

One pass over the samples, with what works on whole buffers: a minute of a conversation takes a few milliseconds.
"""

from __future__ import annotations

import os
import struct
import wave
from array import array
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

RATE, CHANNELS, SAMPLE_BYTES = 8_000, 2, 2
_FRAME = CHANNELS * SAMPLE_BYTES
_SECOND = RATE * _FRAME
#: Nobody is heard in a piece of 20 ms in which no sample of either channel reaches 256 of 32768, or -42 dB.
_PIECE = _SECOND // 50
_PIECES_AT_ONCE = 100
#: The upper byte of a sample that is loud, by that byte: 0 and 255 are those between -256 and 255.
_LOUD = bytes(0 if high in {0, 255} else 1 for high in range(256))
#: A caller says nothing in a piece of 20 ms whose samples are below 256 of 32768 on the average: no switch is told to
#: take more for silence.
_QUIET = 256
#: What is left of a silence that is cut: a message that ends with its last sound seems broken off.
LEFT_S = 0.5
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
#: More than a WAV file can say of itself: 37 hours.
MAX_BYTES = 2**32 - 1 - _HEADER.size


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What is in a WAV file: its SHA-256, size in bytes, length, and the share of it in which nobody is heard."""

    sha256: str
    size: int
    seconds: float
    silence: float


def make_wav(source: Path, target: Path, *, from_first_sound: bool, silent_s: float = 0.0) -> Measured:
    """Make the WAV file of raw samples; it is there whole, or not at all. `from_first_sound`: leave out the zeros that
    it begins with; `silent_s`: and the silence of at most so many seconds with which it ends, all but LEFT_S of it.
    Raises OSError, and ValueError for what is too long or empty.
    """
    with source.open("rb") as raw:
        begins = _first_sound(raw) if from_first_sound else 0
        size = (source.stat().st_size - begins) // _FRAME * _FRAME
        size -= _last_silence(raw, begins, size, silent_s)
        if not 0 < size <= MAX_BYTES:
            message = "nothing was recorded" if size <= 0 else "it is longer than a WAV file can be"
            raise ValueError(message)
        raw.seek(begins)
        fresh = target.with_suffix(".part")
        with open(fresh, "wb", opener=_for_the_owner) as wav:
            measured = _copy(raw, size, wav)
            wav.flush()
            os.fsync(wav.fileno())
        fresh.rename(target)
    return measured


def copy_of(source: Path) -> Path:
    """Where `make_mono` puts it: not under the same name, for Asterisk, which looks for endings itself, takes `.raw`
    for a sound, too.
    """
    return source.with_name(f"{source.stem}-copy.wav")


def make_mono(source: Path, *, silent_s: float = 0.0) -> Path:
    """The left channel of raw samples as a WAV file beside them, for the switch to play, without the silence at its end
    as in `make_wav`. Raises OSError.
    """
    with source.open("rb") as raw:
        size = source.stat().st_size // _FRAME * _FRAME
        size -= _last_silence(raw, 0, size, silent_s)
        raw.seek(0)
        left = array("h", raw.read(size))[::CHANNELS]
    target = copy_of(source)
    with wave.open(str(target), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(RATE)
        sound.writeframes(left.tobytes())
    target.chmod(0o640)  # the switch may be another user of the same group
    return target


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def measure(wav: Path) -> Measured:
    """What is in a WAV file that `make_wav` made. Raises OSError."""
    with wav.open("rb") as file:
        file.seek(_HEADER.size)
        return _copy(file, wav.stat().st_size - _HEADER.size, None)


def _copy(raw: BinaryIO, size: int, wav: BinaryIO | None) -> Measured:
    header = _header(size)
    digest, quiet, pieces, left = sha256(header), 0, 0, size
    if wav is not None:
        wav.write(header)
    while left and (samples := raw.read(min(left, _PIECE * _PIECES_AT_ONCE))):
        left -= len(samples)
        digest.update(samples)
        if wav is not None:
            wav.write(samples)
        loud = samples[1::SAMPLE_BYTES].translate(_LOUD)
        starts = range(0, len(loud), _PIECE // SAMPLE_BYTES)
        quiet += sum(loud.find(1, start, start + _PIECE // SAMPLE_BYTES) < 0 for start in starts)
        pieces += len(starts)
    if left:
        message = "it became shorter while it was read"
        raise OSError(message)
    return Measured(
        sha256=digest.hexdigest(),
        size=_HEADER.size + size,
        seconds=round(size / _SECOND, 3),
        silence=round(quiet / pieces, 3) if pieces else 0.0,
    )


def _first_sound(raw: BinaryIO) -> int:
    """Where the first sample that is not zero stands, less what belongs to its frame."""
    at = 0
    while samples := raw.read(_PIECE * _PIECES_AT_ONCE):
        rest = samples.lstrip(b"\0")
        if rest:
            return (at + len(samples) - len(rest)) // _FRAME * _FRAME
        at += len(samples)
    return at


def _last_silence(raw: BinaryIO, begins: int, size: int, silent_s: float) -> int:
    """How many bytes are to be left out at the end of those `size` that begin there, because the caller, who has
    been silent for `silent_s`, says nothing in them.
    """
    look = min(size, round(silent_s * RATE) * _FRAME) // _PIECE * _PIECE
    if look <= 0:
        return 0
    raw.seek(begins + size - look)
    left = array("h", raw.read(look))[::CHANNELS]
    piece = _PIECE // _FRAME
    quiet = 0
    for end in range(len(left), 0, -piece):
        if sum(map(abs, left[end - piece : end])) >= _QUIET * piece:
            break
        quiet += _PIECE
    return max(0, quiet - round(LEFT_S * RATE) * _FRAME)


def _header(size: int) -> bytes:
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        CHANNELS,
        RATE,
        _SECOND,
        _FRAME,
        8 * SAMPLE_BYTES,
        b"data",
        size,
    )
