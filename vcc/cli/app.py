"""What one may type: every command with its options, and what an error becomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter, validators

from vcc.cli.connection import Which
from vcc.cli.errors import DONE, USAGE, CommandError

_FLOOR = Group("The floor", sort_key=1)
_PLATFORM = Group("The platform", sort_key=2)
_HERE = Group("On this machine", sort_key=3)
_COUNT = Parameter(validator=validators.Number(gte=1, lte=100_000))


def _version() -> str:
    from importlib.metadata import version  # takes as long as all else together

    return version("vcc")


app = App(
    name="vcc",
    help="The control layer of a virtual call centre: see and command a running one, check a configuration, serve it.",
    help_epilogue="Exit codes: 0 done, 1 something is wrong, 2 not understood, 3 vcc cannot be reached.",
    help_format="plaintext",
    version=_version,
)
pbx = App(name="pbx", help="What the switches themselves are given.", group=_HERE)
app.command(pbx)
phone = App(name="phone", help="Phones of the configuration: add one, remove one.", group=_HERE)
app.command(phone)

Tenant = Annotated[str | None, Parameter(help="Only what belongs to this tenant.")]
Config = Annotated[Path, Parameter(help="The folder of the configuration.")]
Secrets = Annotated[Path | None, Parameter(help="The secrets file, if it is not secrets.yaml in the state folder.")]
_ANY = Which()
_STATE = Path(os.environ.get("VCC_STATE", ".state"))


@app.command(group=_FLOOR)
def calls(*, tenant: Tenant = None, which: Which = _ANY) -> None:
    """List the calls that are going on, oldest first."""
    from vcc.cli.remote import show_list

    show_list(which, "calls", tenant)


@app.command(group=_FLOOR)
def call(contact: Annotated[str, Parameter(help="The call's id.")], /, *, which: Which = _ANY) -> None:
    """Show one call, going on or over: its record and everything that happened."""
    from vcc.cli.remote import show_call

    show_call(which, contact)


@app.command(name="hang-up", group=_FLOOR)
def hang_up(contact: Annotated[str, Parameter(help="The call's id.")], /, *, which: Which = _ANY) -> None:
    """End a call."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "hang-up"), {}, "The call is being ended.")


@app.command(group=_FLOOR)
def move(
    contact: Annotated[str, Parameter(help="The call's id.")],
    /,
    *,
    queue: Annotated[str | None, Parameter(help="Another queue of its tenant, as tenant/queue.")] = None,
    priority: Annotated[int | None, Parameter(help="From 0 to 100; higher is answered first.")] = None,
    which: Which = _ANY,
) -> None:
    """Put a waiting call into another queue, or give it another priority; it keeps its waiting time."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    body: dict[str, object] = {"queue": queue} if queue is not None else {}
    body |= {"priority": priority} if priority is not None else {}
    command(which, path_of("calls", contact, "move"), body, "The call was moved.")


@app.command(group=_FLOOR)
def agents(*, tenant: Tenant = None, which: Which = _ANY) -> None:
    """List the agents and what each is doing."""
    from vcc.cli.remote import show_list

    show_list(which, "agents", tenant)


@app.command(group=_FLOOR)
def agent(
    name: Annotated[str, Parameter(help="The agent; a tenant's own one is tenant/agent.")],
    wish: Annotated[
        Literal["ready", "not-ready", "sign-out"] | None, Parameter(help="What the agent shall be from now on.")
    ] = None,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why not ready, such as meal.")] = "",
    phone: Annotated[str | None, Parameter(help="The phone to sign in on, for an agent who is signed out.")] = None,
    which: Which = _ANY,
) -> None:
    """Show an agent, or make it ready or not ready (signing it in), or sign it out."""
    from vcc.cli import remote

    remote.agent(which, name, wish, reason, phone)


@app.command(group=_FLOOR)
def phones(*, tenant: Tenant = None, which: Which = _ANY) -> None:
    """List the phones: where, whether each can be reached, who is signed in there."""
    from vcc.cli.remote import show_list

    show_list(which, "phones", tenant)


@app.command(group=_FLOOR)
def queues(*, tenant: Tenant = None, which: Which = _ANY) -> None:
    """List the queues: who waits, who could answer."""
    from vcc.cli.remote import show_list

    show_list(which, "queues", tenant)


@app.command(group=_FLOOR)
def records(
    *,
    tenant: Tenant = None,
    since: Annotated[str | None, Parameter(help="Arrived from then on: 2h (ago), 2026-03-01T09:00.")] = None,
    until: Annotated[str | None, Parameter(help="Arrived before then.")] = None,
    caller: Annotated[str | None, Parameter(help="The caller's number.")] = None,
    agent: Annotated[str | None, Parameter(help="An agent who talked.")] = None,
    outcome: Annotated[str | None, Parameter(help="How it ended, such as answered or abandoned.")] = None,
    before: Annotated[str | None, Parameter(help="Go on after this call.")] = None,
    limit: Annotated[int, _COUNT] = 50,
    which: Which = _ANY,
) -> None:
    """Look up the records of calls, newest first."""
    from vcc.cli import remote

    remote.records(
        which,
        limit,
        tenant=tenant,
        since=since,
        until=until,
        caller=caller,
        agent=agent,
        outcome=outcome,
        before=before,
    )


@app.command(group=_FLOOR)
def recordings(
    *,
    tenant: Tenant = None,
    since: Annotated[str | None, Parameter(help="Of calls from then on: 2h (ago), 2026-03-01T09:00.")] = None,
    until: Annotated[str | None, Parameter(help="Of calls before then.")] = None,
    caller: Annotated[str | None, Parameter(help="The caller's number.")] = None,
    agent: Annotated[str | None, Parameter(help="An agent who talked.")] = None,
    before: Annotated[str | None, Parameter(help="Go on after this call.")] = None,
    limit: Annotated[int, _COUNT] = 50,
    which: Which = _ANY,
) -> None:
    """List the recordings of calls that are over, newest calls first."""
    from vcc.cli.recordings import show_recordings

    show_recordings(which, limit, tenant=tenant, since=since, until=until, caller=caller, agent=agent, before=before)


@app.command(group=_FLOOR)
def recording(
    name: Annotated[str, Parameter(help="The recording's id.")],
    /,
    *,
    into: Annotated[Path | None, Parameter(help="Save its sound as this file, which must not be there yet.")] = None,
    which: Which = _ANY,
) -> None:
    """Show a recording, or save it: a WAV file, the caller left, the agent right."""
    from vcc.cli.recordings import show_recording

    show_recording(which, name, into)


@app.command(group=_FLOOR)
def talk(
    contact: Annotated[str, Parameter(help="The call's id.")],
    action: Annotated[
        Literal["hold", "resume", "mute", "unmute", "complete", "cancel", "alternate", "conference"],
        Parameter(help="The caller, the agent's voice, or a consultation."),
    ],
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Put the caller of a conversation on hold or back, mute the agent, go on with a consultation."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "conversation"), {"action": action}, "The switch was told.")


@app.command(group=_FLOOR)
def consult(
    contact: Annotated[str, Parameter(help="The call's id.")],
    kind: Annotated[Literal["agent", "outside"], Parameter(help="Who is rung.")],
    name: Annotated[str, Parameter(help="The agent, or the number.")],
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Ring a colleague, or a number outside, for the agent of a conversation; the caller is on hold."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "consult"), {kind: name}, "The phone rings.")


@app.command(group=_FLOOR)
def park(contact: Annotated[str, Parameter(help="The call's id.")], /, *, which: Which = _ANY) -> None:
    """Take the caller of a conversation out of the agent's hands, with music; `vcc retrieve` gives it to one."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "park"), {}, "The caller is parked.")


@app.command(group=_FLOOR)
def retrieve(
    contact: Annotated[str, Parameter(help="The call's id.")],
    agent: Annotated[str, Parameter(help="Who shall have the caller.")],
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Offer a parked caller to an agent."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "retrieve"), {"agent": agent}, "The agent's phone rings.")


@app.command(group=_FLOOR)
def supervise(
    contact: Annotated[str, Parameter(help="The call's id.")],
    phone: Annotated[str, Parameter(help="The phone that is rung.")],
    mode: Annotated[
        Literal["listen", "whisper", "barge"], Parameter(help="Heard by nobody, the agent, both.")
    ] = "listen",
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Ring a phone, which hears the conversation then; or change how it does."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "supervise"), {"phone": phone, "mode": mode}, "The switch was told.")


@app.command(group=_FLOOR)
def transfer(
    contact: Annotated[str, Parameter(help="The call's id.")],
    kind: Annotated[Literal["agent", "queue", "number", "outside"], Parameter(help="What it goes to.")],
    name: Annotated[str, Parameter(help="The agent, the queue as tenant/queue, or the number.")],
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Send the caller of a conversation on, without a word before; the agent wraps up."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "transfer"), {kind: name}, "The caller is on the way.")


@app.command(group=_FLOOR)
def record(
    contact: Annotated[str, Parameter(help="The call's id.")],
    action: Annotated[
        Literal["start", "pause", "resume", "stop"], Parameter(help="start, stop: where it is on demand.")
    ],
    /,
    *,
    which: Which = _ANY,
) -> None:
    """Start, pause or resume the recording of a conversation."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "recording"), {"action": action}, "The switch was told.")


@app.command(group=_FLOOR)
def watch(
    *,
    tenant: Tenant = None,
    kinds: Annotated[str | None, Parameter(help="Only these facts, separated by commas.")] = None,
    contact: Annotated[str | None, Parameter(help="Only facts of this call.")] = None,
    count: Annotated[int | None, _COUNT] = None,
    which: Which = _ANY,
) -> None:
    """Show what happens, as it happens, until Ctrl-C or --count facts; with --json one line of JSON each."""
    from urllib.parse import urlencode

    from vcc.cli.watching import watch as run

    wanted = {"tenant": tenant, "kinds": kinds, "contact": contact}
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    run(which, f"/events?{query}", count)


@app.command(group=_PLATFORM)
def tenants(*, which: Which = _ANY) -> None:
    """List the tenants and how much of their quotas they use."""
    from vcc.cli.remote import show_list

    show_list(which, "tenants")


@app.command(group=_PLATFORM)
def nodes(*, which: Which = _ANY) -> None:
    """List the switches and whether their wires are up."""
    from vcc.cli.remote import show_list

    show_list(which, "nodes")


@app.command(group=_PLATFORM)
def trunks(*, which: Which = _ANY) -> None:
    """List the trunks, whether calls can go out on them, and how many go on."""
    from vcc.cli.remote import show_list

    show_list(which, "trunks")


@app.command(group=_PLATFORM)
def reload(*, which: Which = _ANY) -> None:
    """Have vcc read its configuration again; with any mistake in it the present one stays in force."""
    from vcc.cli.remote import command

    command(which, "/reload", {}, "The configuration {version} is in force.")


@app.command(group=_PLATFORM)
def drain(*, which: Which = _ANY) -> None:
    """Have vcc take no new calls; those that are going on finish, or go to the fallback after the limit."""
    from vcc.cli.remote import command

    command(which, "/drain", {}, "No new calls are taken from now on.")


@app.command(group=_PLATFORM)
def close(tenant: Annotated[str, Parameter(help="The tenant.")], /, *, which: Which = _ANY) -> None:
    """Close a tenant at once, whatever its hours say, until it is opened again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("tenants", tenant, "closure"), {"closed": True}, "{tenant} is closed now.")


@app.command(name="open", group=_PLATFORM)
def open_(tenant: Annotated[str, Parameter(help="The tenant.")], /, *, which: Which = _ANY) -> None:
    """End a tenant's closure: its hours decide again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("tenants", tenant, "closure"), {"closed": False}, "{tenant} follows its hours again.")


@app.command(group=_HERE)
def check(
    folder: Config = Path("config"),
    /,
    *,
    json: Annotated[bool, Parameter(help="Print the mistakes as JSON.", negative="")] = False,
) -> int:
    """Find every mistake of a configuration: each with file, line, column and what was expected."""
    from vcc.cli import local

    return local.check(folder, as_json=json)


@app.command(group=_HERE)
def serve(
    *,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The folder in which vcc keeps everything.")] = Path(".state"),
    secrets: Secrets = None,
) -> int:
    """Serve a configuration until Ctrl-C or SIGTERM; SIGHUP reloads it."""
    from vcc.cli import local

    return local.serve(config, state, secrets)


@app.command(group=_HERE)
def secrets(
    *,
    config: Config = Path("config"),
    into: Annotated[Path, Parameter(help="The file to write; one that is there is left alone.")] = Path(
        ".state/secrets.yaml"
    ),
) -> int:
    """Write a secrets file with random ones for every phone, agent, node, program and person of a configuration."""
    from vcc.cli import local

    return local.secrets(config, into)


@pbx.command(name="render")
def render(
    *,
    into: Annotated[Path, Parameter(help="The folder to write the files into.")],
    node: Annotated[str | None, Parameter(help="The node; needed where there are several.")] = None,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder, for secrets and rendered speech.")] = Path(".state"),
    secrets: Secrets = None,
) -> int:
    """Write the configuration of a switch, for a switch that vcc does not keep up to date itself."""
    from vcc.cli import local

    return local.render(into, node, config, state, secrets)


@pbx.command(name="check")
def check_switch(
    *,
    node: Annotated[str | None, Parameter(help="The node; needed where there are several.")] = None,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder, for secrets and rendered speech.")] = Path(".state"),
    secrets: Secrets = None,
    json: Annotated[bool, Parameter(help="Print what was found as JSON.", negative="")] = False,
) -> int:
    """Look at a running switch: what does not fit, why it matters, what to do. Nobody's call is touched."""
    from vcc.cli.switch_check import check as run_check

    return run_check(node, config, state, secrets, as_json=json)


@phone.command(name="add")
def add_phone(
    name: Annotated[str, Parameter(help="The account: small letters and digits, a letter first.")],
    /,
    *,
    node: Annotated[str, Parameter(help="Where it registers; needed where there are several nodes.")] = "",
    label: Annotated[str, Parameter(name="--name", help="What people call it.")] = "",
    tenant: Annotated[str, Parameter(help="Whose phone it is.")] = "",
    tls: Annotated[bool, Parameter(help="It may come in over TLS only.", negative="")] = False,
    websocket: Annotated[bool, Parameter(help="It is a browser.", negative="")] = False,
    srtp: Annotated[bool, Parameter(help="Its media are encrypted; with --tls.", negative="")] = False,
    auto_answer: Annotated[bool, Parameter(help="It picks offered calls up by itself.", negative="")] = False,
    server: Annotated[str, Parameter(help="What the device shall call, if it is not the node's address.")] = "",
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder of the vcc that is told.")] = _STATE,
    secrets: Secrets = None,
    json: Annotated[bool, Parameter(help="Print the account as JSON.", negative="")] = False,
) -> int:
    """Add a phone with a random password, which is shown once, as text and as a QR code."""
    from vcc.cli import phones

    transport = "tls" if tls else "websocket" if websocket else "any"
    new = phones.NewPhone(
        name=name,
        node=node,
        label=label,
        tenant=tenant,
        transport=transport,
        srtp=srtp,
        auto_answer=auto_answer,
        server=server,
    )
    return phones.add(
        new, phones.Place(config=config, state=state, secrets=secrets or state / "secrets.yaml"), as_json=json
    )


@phone.command(name="remove")
def remove_phone(
    name: Annotated[str, Parameter(help="The account.")],
    /,
    *,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder of the vcc that is told.")] = _STATE,
    secrets: Secrets = None,
) -> int:
    """Remove a phone and its password."""
    from vcc.cli import phones

    return phones.remove(name, phones.Place(config=config, state=state, secrets=secrets or state / "secrets.yaml"))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        _say(f"{error} See 'vcc --help'.")
        return USAGE
    except CommandError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return DONE
    except KeyboardInterrupt:
        return DONE
    return code if isinstance(code, int) else DONE


def _say(text: str) -> None:
    sys.stderr.write(f"vcc: {text}\n")
