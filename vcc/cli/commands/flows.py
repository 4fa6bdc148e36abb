"""Flows, without a running vcc: test, try, check and draw them, and what an editor wants to know of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vcc.cli.base import Config, flow


@flow.command(name="test")
def play(
    *paths: Annotated[Path, Parameter(help="Folders, flows or files of scripts; none: the folder config.")],
    json: Annotated[bool, Parameter(help="Print the outcome as JSON.", negative="")] = False,
    junit: Annotated[Path | None, Parameter(help="Also write the outcome into this file, as JUnit does.")] = None,
    fail_under: Annotated[float, Parameter(help="Percent of steps and branches that must be gone.")] = 0.0,
) -> int:
    """Play the scripts beside flows: what is heard, chosen and come to; which steps and branches were gone."""
    from vcc.cli import flow_tests

    return flow_tests.test(paths or (Path("config"),), as_json=json, junit=junit, fail_under=fail_under)


@flow.command(name="try")
def call(
    number: Annotated[str, Parameter(help="What is dialled: a number of a tenant's, or a code such as *71.")],
    /,
    *,
    at: Annotated[str | None, Parameter(help="When: 2026-03-02 09:30, 'Sunday 03:00' (the next); none: now.")] = None,
    caller: Annotated[str, Parameter(help="Who calls; empty: no number is shown.")] = "01012345678",
    phone: Annotated[str | None, Parameter(help="The phone of the platform that calls; for a code, the first.")] = None,
    answer: Annotated[
        tuple[str, ...],
        Parameter(help="step=JSON: what is answered to a step, by its id or what it asks.", negative=""),
    ] = (),
    steps: Annotated[bool, Parameter(help="Also show each step and choice.", negative="")] = False,
    config: Config = Path("config"),
) -> int:
    """Be the caller: type digits, see what is heard, let time go by. Production sessions on a simulated switch."""
    from vcc.cli import flow_try

    return flow_try.call(number, config, at=at, caller=caller, phone=phone, answers=answer, steps=steps)


@flow.command(name="check")
def check(
    path: Annotated[Path, Parameter(help="A folder or a flow.")] = Path("config"),
    /,
    *,
    json: Annotated[bool, Parameter(help="Print the mistakes as JSON.", negative="")] = False,
) -> int:
    """Find every mistake of flows and their scripts, also with queues, agents and numbers, each with its place."""
    from vcc.cli import flow_check

    return flow_check.check(path, as_json=json)


@flow.command(name="draw")
def draw(
    name: Annotated[str, Parameter(help="A file, or a flow of the configuration: press/main.")],
    /,
    *,
    into: Annotated[Path | None, Parameter(name=["--into", "-o"], help="The file to write; none: printed.")] = None,
    mermaid: Annotated[bool, Parameter(help="In the words of Mermaid instead of SVG.", negative="")] = False,
    language: Annotated[str, Parameter(help="Of the texts in it; none: the flow's first.")] = "",
    config: Config = Path("config"),
) -> int:
    """Draw a flow as the tree that it is."""
    from vcc.cli import flow_draw

    return flow_draw.draw(name, config, into, as_mermaid=mermaid, language=language)


@flow.command(name="schema")
def schema(
    *,
    into: Annotated[Path | None, Parameter(name=["--into", "-o"], help="The file to write; none: printed.")] = None,
) -> int:
    """The JSON Schema of a flow's file, with which an editor completes and underlines."""
    from vcc.cli import flow_schema

    return flow_schema.schema(into)
