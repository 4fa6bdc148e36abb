"""`vcc pbx check`: what in a running switch does not fit, in words or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from vcc.cli.errors import DONE, WRONG, CommandError
from vcc.cli.words import clean

if TYPE_CHECKING:
    from telephony.findings import Finding
    from tenancy.secrets import Secrets
    from vcc.lint import Bundle


def check(node: str | None, config: Path, state: Path, secrets: Path | None, *, as_json: bool) -> int:
    """Look at the switch and print what does not fit; 1 if there is an error, or something that could not be seen."""
    import asyncio

    from core.errors import ConfigurationError
    from telephony.values import RenderError
    from vcc.cli.local import switch_node
    from vcc.lint import check_folder

    try:
        bundle = check_folder(config).use()
        name = switch_node(bundle, node)
        findings = asyncio.run(_findings(bundle, name, state, secrets or state / "secrets.yaml"))
    except ConfigurationError as error:
        raise CommandError("\n".join(clean(problem) for problem in error.problems)) from None
    except (OSError, RenderError) as error:
        raise CommandError(f"The switch cannot be looked at: {error}.") from None
    if as_json:
        from vcc.cli.tables import print_json

        print_json({"node": name, "findings": [asdict(finding) for finding in findings]})
    else:
        _print(name, findings)
    return WRONG if any(finding.level != "warning" for finding in findings) else DONE


async def _findings(bundle: Bundle, node: str, state: Path, secrets_file: Path) -> list[Finding]:
    from tenancy.model import FreeSwitchNode
    from vcc.secrets_file import read_secrets

    settings = bundle.platform.nodes[node]
    configured = getattr(settings, "configuration", None)
    folder = bundle.root / configured if configured and bundle.root else None
    secrets = read_secrets(secrets_file, os.environ, bundle.platform)
    if isinstance(settings, FreeSwitchNode):
        return await _freeswitch(bundle, node, folder, secrets)
    return await _asterisk(bundle, node, folder, secrets, _a_sound(state))


async def _asterisk(bundle: Bundle, node: str, folder: Path | None, secrets: Secrets, sound: str) -> list[Finding]:
    from telephony.asterisk.check.checking import check as look
    from telephony.asterisk.check.expected import expected

    wanted = expected(bundle.platform, node, folder=folder, music=bundle.music())
    return await look(wanted, secret=secrets.ami[node].get_secret_value(), sound=sound)


async def _freeswitch(bundle: Bundle, node: str, folder: Path | None, secrets: Secrets) -> list[Finding]:
    from telephony.freeswitch.check.checking import check as look
    from telephony.freeswitch.check.expected import expected
    from telephony.freeswitch.render import password_digest
    from vcc.switch_files import played

    music = [name for name, where in bundle.music().items() if played(where)]
    digests = {name: password_digest(name, value.get_secret_value()) for name, value in secrets.phones.items()}
    wanted = expected(bundle.platform, node, folder=folder, music=music, digests=digests)
    return await look(wanted, password=secrets.esl[node].get_secret_value())


def _a_sound(state: Path) -> str:
    """A sound that vcc has rendered, the shortest; empty where there is none yet."""
    found = [(file.stat().st_size, str(file)) for file in (state.absolute() / "speech").rglob("*.wav")]
    return min(found)[1] if found else ""


def _print(node: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        sys.stdout.write(
            f"{finding.level}: {clean(finding.where)}: {clean(finding.what)} [{finding.code}]\n"
            f"    why: {clean(finding.why)}\n"
            f"    do:  {clean(finding.do)}\n"
        )
    number = len(findings)
    things = "1 thing does" if number == 1 else f"{number} things do"
    sys.stdout.write(f"{things} not fit on node {node}.\n" if number else f"The switch of node {node} fits.\n")
