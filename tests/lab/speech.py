"""The speech of a checkout's laboratory: rendered once for all its platforms, before any of them starts.

Each platform has a folder of its own, with links to these words: what one renders besides, and deletes when it starts
or a call is over, is no other's. Tests run in several processes. Where nothing is rendered yet all would render every
word, each at a part of the pace, and vcc, which does that before it is ready, would seem not to start.
"""

from __future__ import annotations

import asyncio
import fcntl
from typing import TYPE_CHECKING

from tests.lab.pbx import STATE
from tests.lab.process import LabError
from vcc.speech.cache import SpeechCache
from vcc.speech.voice import EspeakVoice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ivr_flows.protocol import Text
    from vcc.speech.voice import Voice

SPEECH = STATE / "cache" / "speech"
#: Some 400 prompts, of which a machine with ten other things to do renders three a second.
_WITHIN_S = 300.0


async def rendered(
    texts: Iterable[Text], folder: Path = SPEECH, *, voice: Voice | None = None, within_s: float = _WITHIN_S
) -> Path:
    """The folder, once these words are there; who comes while another renders waits, and finds them.

    Raises LabError when that takes too long, SpeechError when they cannot be rendered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with folder.with_suffix(".lock").open("ab") as lock:
            async with asyncio.timeout(within_s):
                await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
                cache = SpeechCache(folder, voice or EspeakVoice())
                await cache.render_all((text.text, text.language) for text in texts)
    except TimeoutError:
        message = f"the speech of the configuration is not rendered in {folder} after {within_s:g} s"
        raise LabError(message) from None
    return folder


def share(folder: Path, mine: Path) -> None:
    """Let a platform, whose own folder of speech this is, have the words that are in the one for all."""
    mine.mkdir(parents=True, exist_ok=True)
    for sound in folder.glob("*.wav"):
        if not (mine / sound.name).exists():
            (mine / sound.name).symlink_to(sound)
