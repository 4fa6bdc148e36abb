"""The pages: a login, those of each tenant, and each agent's own; plain HTML, CSS and JavaScript of ours.

    GET /            the tenants that the user may see
    GET /t/{tenant}  a frame without figures; `board.js` fills it from the stream /api/v1/tenants/{tenant}/board/events,
                     `calls.js` commands what may be done with a call
    GET /t/{tenant}/recordings    a frame and a search; `recordings.js` fills it from /api/v1/recordings
    GET /desk        an agent's own page; `desk.js` fills it from the stream /api/v1/desk/events, and commands
    GET, POST /login    POST /logout    GET /static/{file}

`common.js` is what they share: words, lists, commands with the session's token, streams that are followed.
`html.py` puts values into templates, escaped; `texts.py` holds every word in each language; `frame.py` gives each
answer its policy: only our own scripts and styles with this answer's nonce run, nothing is loaded from elsewhere.
"""

from __future__ import annotations

from vcc.api.pages.routes import add_pages

__all__ = ["add_pages"]
