"""The platform itself: its switches, its configuration, its end."""

from __future__ import annotations

from vcc.api.models import Done, Node, Nodes, Reloaded, Trunk, Trunks
from vcc.api.routing import PLATFORM, Ask, NoBody, Route


async def nodes(ask: Ask) -> Nodes:
    """List the switches."""
    return Nodes(nodes=tuple(Node.model_validate(node) for node in ask.scope.nodes()), version=ask.scope.version())


async def trunks(ask: Ask) -> Trunks:
    """List the trunks."""
    spent, currency = ask.scope.spent()
    found = tuple(Trunk.model_validate(trunk) for trunk in ask.scope.trunks())
    return Trunks(trunks=found, spent=spent, currency=currency)


async def reload(ask: Ask) -> Reloaded:
    """Read the configuration again."""
    return Reloaded(version=await ask.commands.reload())


async def drain(ask: Ask) -> Done:
    """Begin to take no new calls."""
    ask.commands.drain()
    return Done()


ROUTES = (
    Route(
        method="GET",
        path="/nodes",
        name="listNodes",
        summary="The switches: whether their wires are up, since when, how many legs are known there.",
        roles=PLATFORM,
        handler=nodes,
        answer=Nodes,
    ),
    Route(
        method="GET",
        path="/trunks",
        name="listTrunks",
        summary="The trunks: whether calls can go out, how many go on; and what calls outside have cost today.",
        roles=PLATFORM,
        handler=trunks,
        answer=Trunks,
    ),
    Route(
        method="POST",
        path="/reload",
        name="reload",
        summary="Read the configuration again; on any mistake the one in force stays, and all mistakes are told.",
        roles=PLATFORM,
        handler=reload,
        body=NoBody,
        answer=Reloaded,
    ),
    Route(
        method="POST",
        path="/drain",
        name="drain",
        summary="Take no new calls from now on; the others finish or go to the fallback after the limit.",
        roles=PLATFORM,
        handler=drain,
        body=NoBody,
        answer=Done,
    ),
)
