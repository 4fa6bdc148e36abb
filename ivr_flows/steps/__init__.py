"""The step types, one module each: its model (what one writes), its own check, what it does.

To add one: a module with a subclass of `base.Step`, and a line here; or, in a distribution of one's own, an entry point
(`custom.py`). `asking.py` is what menu, collect and language
share.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ivr_flows.steps import custom
from ivr_flows.steps.action import Action
from ivr_flows.steps.assign import Set
from ivr_flows.steps.call import Call
from ivr_flows.steps.callback import Callback
from ivr_flows.steps.collect import Collect
from ivr_flows.steps.goto import Goto
from ivr_flows.steps.hang_up import HangUp
from ivr_flows.steps.hours import Hours
from ivr_flows.steps.http import Http
from ivr_flows.steps.if_ import If
from ivr_flows.steps.language import Language
from ivr_flows.steps.lookup import Lookup
from ivr_flows.steps.menu import Menu
from ivr_flows.steps.number import Number
from ivr_flows.steps.play import Play
from ivr_flows.steps.queue import Queue
from ivr_flows.steps.record import Record, Voicemail
from ivr_flows.steps.resolved import Resolved
from ivr_flows.steps.return_ import Return
from ivr_flows.steps.say import Say
from ivr_flows.steps.survey import Survey
from ivr_flows.steps.switch import Switch
from ivr_flows.steps.transfer import Transfer
from ivr_flows.steps.wait import Wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_flows.steps.base import Step

#: vcc's own step types by the word under which each is written.
BUILT_IN: Mapping[str, type[Step]] = MappingProxyType(
    {
        step.kind: step
        for step in (
            Say, Play, Wait, Menu, Collect, Language, Hours, If, Switch, Lookup, Queue, Survey, Record, Voicemail,
            Number, Transfer, Callback, Action, Http, Call, Set, Resolved, Goto, HangUp, Return,
        )
    }
)  # fmt: skip
_custom, _broken = custom.find(BUILT_IN)
#: Every step type, those of other distributions too.
STEPS: Mapping[str, type[Step]] = MappingProxyType({**BUILT_IN, **_custom})
#: Why a step type that is installed cannot be used, by its word.
BROKEN: Mapping[str, str] = MappingProxyType(_broken)
