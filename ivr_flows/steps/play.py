"""play: a sound file of the tenant's, then goes on."""

from collections.abc import Iterator
from typing import Any

from ivr_flows.prompt_reader import SoundFile
from ivr_flows.prompts import Location, Prompt
from ivr_flows.steps.say import Speaking


class Play(Speaking):
    """`play: welcome.wav`, `play: {zh-CN: zh/hi.wav, en: en/hi.wav}`, or with fields."""

    kind = "play"
    short = "file"
    file: SoundFile

    @classmethod
    def is_short(cls, value: Any) -> bool:  # noqa: ANN401 - plain data of any kind
        """Only `file` tells the form with fields from a file per language."""
        return not isinstance(value, dict) or ("file" not in value and "barge_in" not in value)

    @property
    def prompt(self) -> Prompt:
        """The file in the caller's language."""
        return self.file

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """The file."""
        yield ("file",), self.file
