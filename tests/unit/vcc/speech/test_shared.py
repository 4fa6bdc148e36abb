"""One folder of speech that two processes use: whoever is first, nobody falls over the other's files."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from tests.unit.vcc.speech.test_cache import frames, write

if TYPE_CHECKING:
    from pathlib import Path

_NEEDS = """
import sys
from pathlib import Path
from vcc.speech.bound import replace_needed
for _ in range(300):
    replace_needed(Path(sys.argv[1]), ("a.wav", "b.wav"))
"""
_TAKES_IN = """
import sys
from pathlib import Path
from vcc.speech.cache import SpeechCache
from vcc.speech.voice import EspeakVoice
cache = SpeechCache(Path(sys.argv[1]), EspeakVoice())
for sound in sorted(Path(sys.argv[2]).iterdir()):
    cache.join([cache.take_in(sound), cache.take_in(sound)])
"""


async def both(script: str, *arguments: Path) -> None:
    """Run a script in two processes at once."""
    words = [sys.executable, "-c", script, *map(str, arguments)]
    processes = [await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE) for _ in range(2)]
    said = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0], b"".join(error for _, error in said).decode()


async def test_what_is_needed_is_written_down_by_both_at_once(tmp_path: Path) -> None:
    await both(_NEEDS, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [".needed"]


async def test_the_same_sounds_are_taken_in_and_joined_by_both_at_once(tmp_path: Path) -> None:
    folder, own = tmp_path / "cache", tmp_path / "own"
    own.mkdir()
    lengths = range(1, 201)
    for length in lengths:
        write(own / f"{length}.wav", length)
    await both(_TAKES_IN, folder, own)
    assert sorted(frames(str(file)) for file in folder.iterdir()) == sorted([*lengths, *(2 * n for n in lengths)])
