"""The port to text-to-speech, and its offline default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from core.errors import VccError
from vcc.programs import ProgramError, run_program

if TYPE_CHECKING:
    from pathlib import Path


class SpeechError(VccError):
    """A text could not be made into sound."""

    code = "speech"
    retryable = True


class Voice(Protocol):
    """A text-to-speech engine."""

    @property
    def name(self) -> str:
        """Engine and settings: another name means other sound, and so another cache entry."""
        ...

    async def speak(self, text: str, language: str, into: Path) -> None:
        """Write 8 kHz mono 16-bit WAV. Raises SpeechError."""
        ...


#: espeak-ng's voice and its words a minute for each language; what is not here gets its own name and 160.
_VOICES = {"zh-CN": ("cmn", 240), "en": ("en-gb", 160)}
#: The silence around the words is cut to what lets pieces follow each other as in speech; the level is the telephone's.
_TRIM = ("silence", "1", "0.02", "0.5%", "reverse")
_EFFECTS = (*_TRIM, *_TRIM, "pad", "0.02", "0.08", "gain", "-n", "-6")
_TIMEOUT_S = 20.0


class EspeakVoice:
    """espeak-ng, brought down to telephone bandwidth and level by sox."""

    name = "espeak-ng v3"

    async def speak(self, text: str, language: str, into: Path) -> None:
        """Write 8 kHz mono 16-bit WAV. Raises SpeechError when a program is missing, fails or takes too long."""
        voice, speed = _VOICES.get(language, (language.split("-", maxsplit=1)[0], 160))
        raw, words = into.with_suffix(".raw.wav"), into.with_suffix(".txt")
        try:
            # the words go through a file: nothing in them is ever an option or a shell's word
            words.write_text(text, encoding="utf-8")
            await _run(("espeak-ng", "-v", voice, "-s", str(speed), "-b", "1", "-f", str(words), "-w", str(raw)))
            await _run(("sox", str(raw), "-r", "8000", "-c", "1", "-b", "16", str(into), *_EFFECTS))
        finally:
            raw.unlink(missing_ok=True)
            words.unlink(missing_ok=True)


async def _run(argv: tuple[str, ...]) -> None:
    try:
        await run_program(argv, timeout_s=_TIMEOUT_S)
    except ProgramError as error:
        raise SpeechError(str(error)) from error
