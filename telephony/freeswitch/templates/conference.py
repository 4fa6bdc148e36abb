"""conference.conf.xml: how three and more talk: without a sound of the switch's own, and without keys."""

from __future__ import annotations

from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.document import Element, child, configuration, params, written

_PROFILE = (
    ("rate", "8000"),
    ("interval", "20"),
    ("energy-level", "0"),
    ("comfort-noise", "false"),
    ("caller-controls", "none"),
    ("suppress-events", "start-talking,stop-talking,energy-level,volume-level,gain-level"),
)


def text() -> str:
    """The file."""
    root, found = configuration("conference.conf", "conversations of three and more")
    profile(child(found, "profiles"))
    return written(root)


def included() -> str:
    """The profile alone, for a switch that has others."""
    root = Element("include")
    profile(root)
    return written(root)


def profile(parent: Element) -> None:
    """Add the profile."""
    params(child(parent, "profile", name=words.CONFERENCE_PROFILE), _PROFILE)
