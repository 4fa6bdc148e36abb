"""Adding and removing phones: their line in phones.yaml, their secret, and what to type into the device."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcc.cli.errors import DONE, WRONG, CommandError, UnreachableError
from vcc.cli.words import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenancy.model import Platform
    from vcc.cli.client import Client

_PHONES, _PLATFORM = "phones.yaml", "platform.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The files that a phone stands in, and the state folder of the vcc that is told."""

    config: Path
    state: Path
    secrets: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPhone:
    """What was typed. `server`: what the device shall call, empty: as the node's settings say (servers.py)."""

    name: str
    node: str = ""
    label: str = ""
    tenant: str = ""
    transport: str = "any"
    srtp: bool = False
    auto_answer: bool = False
    server: str = ""


def place(config: Path | None, state: Path, secrets: Path | None) -> Place:
    """What was typed; for what was not, what the vcc on the state folder reads, else `config` and its secrets.yaml."""
    from vcc.cli.connection import files_of

    known = files_of(state) or (Path("config"), state / "secrets.yaml")
    if config is not None and config.resolve() != known[0].resolve():  # another configuration has secrets of its own
        known = (config, state / "secrets.yaml")
    return Place(config=config or known[0], state=state, secrets=secrets or known[1])


def add(phone: NewPhone, place: Place, *, as_json: bool) -> int:
    """Write the phone and a random secret, have vcc reload, show the secret. The exit code for the shell."""
    from core import yaml_edit
    from core.errors import ConfigurationError
    from tenancy.secrets_file import new_password

    password = new_password()
    try:
        platform = _checked(place.config, {})
        node = phone.node or _only_node(platform)
        texts = _texts(place.config)
        phones = yaml_edit.add(texts.get(_PHONES, ""), _PHONES, "", phone.name, _line(phone, node))
        platform = _checked(place.config, {_PHONES: phones})
        secrets = yaml_edit.add(_read(place.secrets), place.secrets.name, "phones", phone.name, password)
    except ConfigurationError as error:
        return _mistakes(error)
    _write_both(place, phones, secrets)
    account, why = _account(phone, platform, node, password)
    said = _reload(place)
    if as_json:
        from vcc.cli.tables import print_json

        print_json({**account, "reloaded": said == ""})
    else:
        _show(account, why, said or "vcc has read it: the phone may register now.")
    return DONE


def remove(name: str, place: Place, *, force: bool = False) -> int:
    """Take a phone and its secret out, have vcc reload; not from under an agent who is signed in there: with `force`
    that one is signed out before. The exit code for the shell.
    """
    from core import yaml_edit
    from core.errors import ConfigurationError

    try:
        known = _checked(place.config, {}).phones.get(name)
        phones = yaml_edit.remove(_texts(place.config).get(_PHONES, ""), _PHONES, "", name)
        secrets = _read(place.secrets)
        if known is None or known.outside is None:  # a mobile seat has no secret
            secrets = yaml_edit.remove(secrets, place.secrets.name, "phones", name)
        _checked(place.config, {_PHONES: phones})
    except ConfigurationError as error:
        return _mistakes(error)
    if agent := _signed_in(name, place):
        if not force:
            _out(f"{agent} is signed in on {name}: `vcc agent {agent} sign-out` first, or --force, which does so.")
            _out("Nothing was changed.")
            return WRONG
        from vcc.cli.client import path_of

        _client(place).post(path_of("agents", agent, "state"), {"wish": "signed_out"})
        _out(f"{agent} is signed out.")
    _write_both(place, phones, secrets)
    _out(f"{name} is removed. " + (_reload(place) or "vcc has read it: the phone cannot register any more."))
    return DONE


# --- the files ----------------------------------------------------------------------------------------------------


def _checked(config: Path, instead: Mapping[str, str]) -> Platform:
    """The platform in the folder, with these texts in place of what is there. Raises ConfigurationError."""
    import time

    from vcc.folder import read_folder
    from vcc.lint import check_texts

    folder = read_folder(config)
    return check_texts({**folder.texts, **instead}, folder.sounds, folder=folder, now=time.time()).use().platform


def _texts(config: Path) -> dict[str, str]:
    """The texts in which phones may stand. Raises ConfigurationError where they stand in platform.yaml."""
    from core import yaml_text
    from core.errors import ConfigurationError

    texts = {name: _read(config / name) for name in (_PHONES, _PLATFORM) if (config / name).exists()}
    document = yaml_text.load(texts[_PLATFORM], _PLATFORM)
    if "phones" in (document.data or {}):
        expected = f"them in a file of their own, {_PHONES}"
        raise ConfigurationError([document.problem(("phones",), "phones stand here", expected=expected, key=True)])
    return texts


def _line(phone: NewPhone, node: str) -> str:
    """The phone as one line of YAML."""
    import json

    keys = [f"node: {node}"]
    keys += [f"name: {json.dumps(phone.label, ensure_ascii=False)}"] if phone.label else []
    keys += [f"tenant: {phone.tenant}"] if phone.tenant else []
    keys += [f"transport: {phone.transport}"] if phone.transport != "any" else []
    keys += ["srtp: true"] if phone.srtp else []
    keys += ["auto_answer: true"] if phone.auto_answer else []
    return "{" + ", ".join(keys) + "}"


def _only_node(platform: Platform) -> str:
    if len(platform.nodes) == 1:
        return next(iter(platform.nodes))
    raise CommandError(f"Say at which node the phone registers: --node {' or '.join(platform.nodes)}.")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None


def _write_both(place: Place, phones: str, secrets: str) -> None:
    """Both files or none: a phone without a secret, or a secret without a phone, would keep vcc from starting."""
    before = _read(place.secrets) if place.secrets.exists() else None
    _write(place.secrets, secrets, mode=0o600)
    try:
        _write(place.config / _PHONES, phones, mode=0o644)
    except CommandError:
        if before is None:
            place.secrets.unlink()
        else:
            _write(place.secrets, before, mode=0o600)
        raise


def _write(file: Path, text: str, *, mode: int) -> None:
    """A file is there whole, or as it was before; it keeps its owner and rights."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            if file.exists():
                there = file.stat()
                os.fchown(opened.fileno(), there.st_uid, there.st_gid)
                mode = there.st_mode & 0o777
            os.fchmod(opened.fileno(), mode)
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.rename(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise CommandError(f"{file} cannot be written: {error}.") from None


def _mistakes(error: Any) -> int:  # noqa: ANN401 - a ConfigurationError, which is imported late
    for problem in error.problems:
        _out(clean(problem))
    _out("Nothing was changed.")
    return WRONG


# --- what is shown ------------------------------------------------------------------------------------------------


def _account(phone: NewPhone, platform: Platform, node: str, password: str) -> tuple[dict[str, str], str]:
    """What is typed into the device, and all of it as one SIP URI; and where the server is from, if nobody wrote it."""
    from tenancy.model import SwitchNode
    from vcc.cli.servers import Server, server

    settings = platform.nodes[node]
    found = Server(address=phone.server or "localhost", transport="udp")
    if isinstance(settings, SwitchNode):
        found = server(settings, phone.transport, phone.server)
    transport = found.transport
    media = "encrypted (SRTP, SDES)" if phone.srtp else "DTLS-SRTP" if transport == "wss" else "not encrypted"
    uri = f"sip:{phone.name}:{password}@{found.address};transport={transport}"
    account = {"account": phone.name, "password": password, "server": found.address, "transport": transport}
    return account | {"media": media, "uri": uri}, found.why


def _show(account: Mapping[str, str], why: str, said: str) -> None:
    from vcc.cli.tables import print_pairs

    print_pairs((name, account[name]) for name in ("account", "password", "server", "transport", "media"))
    _out("")
    if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8":
        import segno

        segno.make(account["uri"], error="m").terminal(out=sys.stdout, compact=True)
    _out(account["uri"])
    if why:
        _out(f"The server is {why}; if phones are to call another, name it: --server, or `server` at the node.")
    _out(f"The password is shown this once. {said}")


# --- the vcc on the state folder --------------------------------------------------------------------------------------


def _client(place: Place) -> Client:
    from vcc.cli.client import Client
    from vcc.cli.connection import Which, connection

    return Client(connection(Which(state=place.state), {}))


def _others(place: Place) -> tuple[Path, Path] | None:
    """A file that the vcc on this state folder reads, and the one changed in its place; None: it reads these."""
    from vcc.cli.connection import files_of

    pairs = zip((place.config, place.secrets), files_of(place.state) or (), strict=False)
    return next(((its, mine) for mine, its in pairs if mine.resolve() != its.resolve()), None)


def _signed_in(name: str, place: Place) -> str:
    """Who is signed in on a phone, as far as a vcc runs that knows. Raises CommandError."""
    if _others(place):
        return ""
    try:
        phones = _client(place).get("/phones")["phones"]
    except UnreachableError:
        return ""
    return next((str(phone["agent"]) for phone in phones if phone["phone"] == name), "")


def _reload(place: Place) -> str:
    """Have it read what was changed; empty if it has, else what is to be known."""
    if others := _others(place):
        return f"The vcc on {place.state} reads {others[0]}, not {others[1]}: it knows nothing of this."
    try:
        _client(place).post("/reload")
    except UnreachableError:
        return f"No vcc runs on {place.state}: it holds from the next start or `vcc reload` on."
    except CommandError as error:
        return f"vcc has not taken it: {error}"
    return ""


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
