"""What is done about a leg at once, in every state, by the switch's own commands; and what the answer is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError
from telephony.freeswitch.esl_client import EslRefusedError, leg_of_command, said
from telephony.freeswitch.frames import command

if TYPE_CHECKING:
    from collections.abc import Callable

    from telephony.freeswitch.esl import Answer
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.legs import Leg
    from telephony.port import Command

#: What came of an order: what the switch printed, or why it was not carried out.
Result = str | SwitchError

_log = structlog.get_logger()


class Orders:
    """Gives orders to a node's switch."""

    def __init__(self, esl: EslClient) -> None:
        """By this wire."""
        self._esl = esl

    def give(self, words: list[str], done: Callable[[Result], None]) -> None:
        """Have one of the switch's commands carried out, after those before it; `done` is called once, now or later."""

        def answered(answer: Answer) -> None:
            done(answer if isinstance(answer, SwitchError) else _result(words[0], said(answer)))

        try:
            self._esl.send(command(["api", *words]), answered, about=leg_of_command(*words))
        except SwitchError as error:
            done(error)
        except ValueError as error:
            done(SwitchError(str(error)))

    def quietly(self, *words: str) -> None:
        """The same, where nobody waits for what comes of it: what is refused is of a leg that is gone."""
        self.give(list(words), lambda result: _note(words[0], result))

    def about(
        self,
        leg: Leg,
        of: Command,
        *words: str,
        then: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """The same for a command about a leg: what is refused is told, if the leg is still there; else `then`."""

        def done(result: Result) -> None:
            if not isinstance(result, SwitchError):
                then()
            elif leg.there:
                failed()
                leg.failed(of, str(result))

        self.give(list(words), done)


def _result(name: str, text: str) -> Result:
    return EslRefusedError(f"api {name}", text) if text.startswith(("-ERR", "-USAGE")) else text


def _note(name: str, result: Result) -> None:
    if isinstance(result, SwitchError) and not isinstance(result, EslRefusedError):
        _log.warning("an order to the switch was not answered", order=name, reason=str(result))
