"""What may stand behind the `?`: where only certain words are valid, another one is refused with all of them named."""

from __future__ import annotations

from enum import Enum
from typing import get_args

import pytest
from aiohttp.test_utils import make_mocked_request

from core.facts import Outcome
from vcc.api.errors import ApiError
from vcc.api.routes import ROUTES
from vcc.api.routes.events import KINDS
from vcc.api.routing import Route, read_query
from vcc.calls.states import CallState

#: By parameter: every valid word.
CLOSED = {
    "state": frozenset(CallState),
    "outcome": frozenset(Outcome),
    "kinds": KINDS,
    "to_ring": frozenset({"true", "false"}),
    "download": frozenset({"true", "false"}),
    "messages": frozenset({"true", "false"}),
    "by": frozenset({"agent", "queue"}),
}
#: Parameters for which anything may be asked: names of a configuration, which another tenant's reader must not be able
#: to guess, callers' numbers, times, pages.
OPEN = frozenset({"tenant", "queue", "agent", "caller", "contact", "since", "until", "before", "limit", "old", "new"})
PARAMETERS = [
    pytest.param(route, name, id=f"{route.name}-{name}") for route in ROUTES for name in route.query.model_fields
]


def asked(route: Route, **query: str) -> ApiError | None:
    """The refusal of a query, if it is refused."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    try:
        read_query(route, make_mocked_request("GET", f"/?{text}"))
    except ApiError as error:
        return error
    return None


@pytest.mark.parametrize(("route", "name"), PARAMETERS)
def test_of_each_parameter_it_is_decided_which_words_are_valid(route: Route, name: str) -> None:
    assert (name in CLOSED) != (name in OPEN), f"{name} of {route.path}: put its valid words into CLOSED, or it in OPEN"
    kinds = get_args(route.query.model_fields[name].annotation) or (route.query.model_fields[name].annotation,)
    words = [kind for kind in kinds if kind is bool or (isinstance(kind, type) and issubclass(kind, Enum))]
    assert name in CLOSED or not words


@pytest.mark.parametrize(("route", "name"), [p for p in PARAMETERS if p.values[1] in CLOSED])
def test_a_word_that_is_not_valid_is_refused_with_those_that_are(route: Route, name: str) -> None:
    refused = asked(route, **{name: "foo"})
    assert refused is not None
    assert refused.status == 400
    (mistake,) = refused.answer.mistakes
    assert mistake.where == name
    assert "'foo'" in mistake.message or mistake.expected
    for word in CLOSED[name]:
        assert word in mistake.expected
        assert asked(route, **{name: word}) is None


def test_several_kinds_of_facts_are_named_at_once() -> None:
    (events,) = (route for route in ROUTES if route.path == "/events")
    assert asked(events, kinds="ContactQueued,ContactEnded") is None
    refused = asked(events, kinds="ContactQueued,Fact")
    assert refused is not None
    assert "'Fact'" in refused.answer.mistakes[0].message
