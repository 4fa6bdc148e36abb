"""The commands that need no running vcc: check a configuration, serve it, write a switch's files."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from vcc.cli.errors import DONE, WRONG, CommandError, UsageError
from vcc.cli.words import clean

if TYPE_CHECKING:
    from core.errors import Problem
    from vcc.lint import Bundle, Result


def check(folder: Path, *, as_json: bool) -> int:
    """Print every mistake and every warning; 1 if there is a mistake."""
    from vcc.lint import check_folder

    result = check_folder(folder)
    if as_json:
        _print_json(result)
    else:
        _print(result, folder)
    return WRONG if result.problems else DONE


def _print(result: Result, folder: Path) -> None:
    for problem in result.problems:
        _out(_line(problem))
    for warning in result.warnings:
        _out(f"{_line(warning)} (warning)")
    if result.problems:
        _out(f"{_count(len(result.problems), 'mistake')} in {folder}: vcc would not start on it.")
        return
    platform = result.use().platform
    what = f"{_count(len(platform.tenants), 'tenant')}, {_count(len(platform.nodes), 'node')}"
    _out(f"{folder} is in order: {what}; {_count(len(result.warnings), 'warning')}.")


def _print_json(result: Result) -> None:
    from vcc.cli.tables import print_json

    print_json(
        {
            "problems": [asdict(problem) for problem in result.problems],
            "warnings": [asdict(warning) for warning in result.warnings],
        }
    )


def _line(problem: Problem) -> str:
    return clean(problem)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def serve(config: Path, state: Path, secrets: Path | None) -> int:
    """Serve until told to end; the supervisor's exit code."""
    if not config.is_dir():
        raise UsageError(f"There is no folder {config}: name the configuration's folder with --config.")
    from vcc import supervisor

    return supervisor.main(config, state, secrets)


def secrets(config: Path, into: Path) -> int:
    """Write a new secrets file; the exit code for the shell."""
    from core.errors import ConfigurationError
    from tenancy.secrets_file import generate
    from vcc.lint import check_folder

    try:
        text = generate(check_folder(config).use().platform)
        into.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except ConfigurationError as error:
        for problem in error.problems:
            _out(_line(problem))
        return WRONG
    except FileExistsError:
        raise CommandError(f"{into} is there already; name another file with --into.") from None
    except OSError as error:
        raise CommandError(f"{into} cannot be written: {error}.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    _out(f"{into} is written, readable for its owner only.")
    return DONE


def render(into: Path, node: str | None, config: Path, state: Path, secrets: Path | None) -> int:
    """Write a switch's files; what each number's callers hear without vcc is rendered into the state folder."""
    import asyncio

    from core.errors import ConfigurationError
    from telephony.values import RenderError
    from vcc.lint import check_folder

    try:
        bundle = check_folder(config).use()
        name = switch_node(bundle, node)
        changed = asyncio.run(_render(bundle, name, into, state, secrets or state / "secrets.yaml"))
    except ConfigurationError as error:
        for problem in error.problems:
            _out(_line(problem))
        return WRONG
    except (OSError, RenderError) as error:
        raise CommandError(f"The files cannot be written: {error}.") from None
    _out(f"{_count(len(changed), 'file')} written into {into}" + (f": {', '.join(changed)}" if changed else "") + ".")
    settings = bundle.platform.nodes[name]
    if getattr(settings, "inside", False):
        (_print_asterisk if settings.kind == "asterisk" else _print_freeswitch)(into)
    return DONE


def _print_freeswitch(into: Path) -> None:
    """Which line goes where in the files of a FreeSWITCH that has its own."""
    from telephony.freeswitch.render import include_lines

    _out("In your files, once:")
    for file, where, line in include_lines(into.absolute()):
        _out(f"    {file}, {where}:")
        _out(f"        {line}")
    _out("Then restart FreeSWITCH; `vcc pbx check` says what does not fit.")


def _print_asterisk(into: Path) -> None:
    """Which line goes where in the files of an Asterisk that has its own."""
    from telephony.asterisk.render import include_lines
    from telephony.asterisk.templates.pjsip import IDENTIFIER_ORDER

    _out("At the end of your files, once:")
    for name, line in include_lines(into.absolute()).items():
        _out(f"    {name:<16}  {line}")
    _out(f"    {'pjsip.conf':<16}  endpoint_identifier_order = {','.join(IDENTIFIER_ORDER)}    (in [global])")
    _out("Then restart Asterisk; `vcc pbx check` says what does not fit.")


def switch_node(bundle: Bundle, wanted: str | None) -> str:
    """The node of this name, or the only one, that is a switch to be configured. Raises UsageError."""
    from tenancy.model import SwitchNode

    known = [name for name, node in bundle.platform.nodes.items() if isinstance(node, SwitchNode)]
    if wanted in known:
        return str(wanted)
    if wanted is None and len(known) == 1:
        return known[0]
    which = f"there is no switch '{clean(wanted)}' to be configured" if wanted else "say for which node"
    raise UsageError(f"{which}: --node {' or '.join(known) or '(the configuration has none)'}")


async def _render(bundle: Bundle, node: str, into: Path, state: Path, secrets_file: Path) -> list[str]:
    from vcc import pbx
    from vcc.secrets_file import read_secrets
    from vcc.speech.cache import SpeechCache
    from vcc.speech.prompts import Prompts
    from vcc.speech.voice import EspeakVoice
    from vcc.switch_files import render as render_files

    found = read_secrets(secrets_file, os.environ, bundle.platform)
    cache = SpeechCache(state / "speech", EspeakVoice())
    prompts = Prompts(cache)
    prompts.use_sounds(bundle.prompts())
    sounds = await pbx.fallbacks(bundle.platform, prompts, cache)
    files = render_files(bundle, node, into, secrets=pbx.switch_secrets(found), sounds=sounds)
    return pbx.write(files, into)
