"""An agent's own page, to be filled by its script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.api.pages.html import fill

if TYPE_CHECKING:
    from aiohttp import web

    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session
    from vcc.api.pages.frame import Frame
    from vcc.api.scope import Scope


async def desk(frame: Frame, login: tuple[Principal, Session], scope: Scope) -> web.Response:
    """State, call, what came of it, whom the agent has parked. Raises NotFoundError for who is no agent."""
    own = scope.own.agent()
    body = fill(
        "desk.html",
        **frame.words(
            agent=own.agent,
            name=own.name,
            platform=frame.platform,
            bar=frame.bar(login),
            scripts=frame.scripts("common.js", "desk.js"),
        ),
    )
    return frame.answer(body, own.name)
