"""modules.conf.xml: just what calls need, so that nothing else can be reached or go wrong."""

from __future__ import annotations

from telephony.freeswitch.templates.document import child, configuration, written

MODULES = (
    "mod_commands",
    "mod_dptools",
    "mod_dialplan_xml",
    "mod_event_socket",
    "mod_sofia",
    "mod_conference",  # three and more in one conversation
    "mod_db",  # the notes of calls that vcc missed
    "mod_sndfile",
    "mod_native_file",
    "mod_tone_stream",  # that it rings elsewhere
)
#: Where a trunk speaks G.722.
G722_MODULE = "mod_spandsp"


def text(also: tuple[str, ...] = ()) -> str:
    """The file; `also` are modules that somebody needs besides ours."""
    root, found = configuration("modules.conf", "modules")
    modules = child(found, "modules")
    for name in dict.fromkeys((*MODULES, *also)):
        child(modules, "load", module=name)
    return written(root)
