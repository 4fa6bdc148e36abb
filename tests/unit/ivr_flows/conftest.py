"""What the tests of flows share: every call is made twice, the second time with a restart before each event."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import ivr_flows
from tests.unit.ivr_flows.caller import Caller


@pytest.fixture(params=[False, True], ids=["running", "reloading"])
def call(request: pytest.FixtureRequest) -> Callable[..., Caller]:
    """Calls a flow that is given as text."""

    def begin(text: str, **how: Any) -> Caller:
        flow = ivr_flows.compile(text, "main.yaml")
        return partial(Caller, reloading=request.param)(flow, **how)

    return begin
