"""G.711: u-law (PCMU) and A-law (PCMA) to and from 16 bit samples, by tables made on first use (ITU-T G.711)."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BIAS = 0x84
SILENCE = {"PCMU": 0xFF, "PCMA": 0xD5}  # the code of the smallest positive sample


def decode(codec: str, payload: bytes) -> bytes:
    """Samples as 16 bit little-endian bytes, one for each byte of `payload`."""
    return b"".join(map(_decoding(codec).__getitem__, payload))


def encode(codec: str, samples: bytes) -> bytes:
    """G.711 codes of 16 bit little-endian samples; `samples` must have an even length."""
    values = array("H", samples)
    if sys.byteorder == "big":
        values.byteswap()
    return bytes(map(_encoding(codec).__getitem__, values))


def ulaw_sample(code: int) -> int:
    """The sample that a u-law code stands for."""
    code = ~code & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS
    return -magnitude if code & 0x80 else magnitude


def alaw_sample(code: int) -> int:
    """The sample that an A-law code stands for."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


_SAMPLE_OF: dict[str, Callable[[int], int]] = {"PCMU": ulaw_sample, "PCMA": alaw_sample}


@cache
def _decoding(codec: str) -> tuple[bytes, ...]:
    return tuple(_SAMPLE_OF[codec](code).to_bytes(2, "little", signed=True) for code in range(256))


@cache
def _encoding(codec: str) -> bytes:
    """The nearest code of each 16 bit sample, indexed by the sample as unsigned number."""
    levels = sorted((_SAMPLE_OF[codec](code), code) for code in range(256) if _is_preferred(codec, code))
    values = [level for level, _ in levels]
    table = bytearray(65_536)
    for sample in range(-32_768, 32_768):
        right = bisect_left(values, sample)
        nearest = min(
            (i for i in (right - 1, right) if 0 <= i < len(values)), key=lambda i: (abs(values[i] - sample), -i)
        )
        table[sample & 0xFFFF] = levels[nearest][1]
    return bytes(table)


def _is_preferred(codec: str, code: int) -> bool:
    return not (codec == "PCMU" and code == 0x7F)  # u-law has two zeros; this one would be "negative zero"
