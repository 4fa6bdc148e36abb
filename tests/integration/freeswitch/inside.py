"""A FreeSWITCH that has files of its own, with vcc's taken into them as `vcc pbx render` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.render import include_lines, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tenancy.model import FreeSwitchNode, Platform

#: What an engineer's own files are here: those that vcc would render for a switch of its own, without what is vcc's.
_OWN = ("switch.conf.xml", "modules.conf.xml", "event_socket.conf.xml")
_LISTS = {"acl": "network-lists", "sofia": "profiles", "conference": "profiles"}


def write_inside(folder: Path, platform: Platform, node: str, secrets: Mapping[str, str]) -> None:
    """Write the whole configuration; the node has `inside`."""
    settings: FreeSwitchNode = platform.nodes[node]  # type: ignore[assignment]
    alone = settings.model_copy(update={"inside": False})
    whole = platform.model_copy(update={"nodes": {**platform.nodes, node: alone}})
    lines: dict[tuple[str, str], str] = {(file, where): line for file, where, line in include_lines(folder)}
    own = render(whole, node, secrets=secrets, music={}, fallbacks={})
    files = {name: own[name] for name in _OWN} | {
        f"{name}.conf.xml": f'<include>\n<configuration name="{name}.conf">\n<{tag}>\n'
        f"{lines[f'autoload_configs/{name}.conf.xml', f'<{tag}>']}\n</{tag}>\n</configuration>\n</include>\n"
        for name, tag in _LISTS.items()
    }
    configured = "\n".join(f'<X-PRE-PROCESS cmd="include" data="{name}"/>' for name in files)
    sections = "\n".join(
        f'<section name="{name}">\n{lines["freeswitch.xml", where]}\n</section>'
        for name in ("dialplan", "directory")
        for where in (f'<section name="{name}">',)
    )
    files["freeswitch.xml"] = (
        '<document type="freeswitch/xml">\n'
        f"{lines['freeswitch.xml', 'before the first <section>']}\n"
        f'<section name="configuration">\n{configured}\n</section>\n{sections}\n</document>\n'
    )
    files |= render(platform, node, secrets=secrets, music={}, fallbacks={})
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
