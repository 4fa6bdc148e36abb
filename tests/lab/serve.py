"""`./run serve`: the example platform stays up, with its accounts printed, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tenancy import names
from tests.lab.pbx import STATE
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.process import LabError


async def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="./run serve")
    parser.add_argument(
        "--config", type=Path, default=ROOT / "config", help="the configuration's folder (it is copied)"
    )
    parser.add_argument("--sip", type=int, help="port for softphones; else a free one, as for the others")
    parser.add_argument("--trunk", type=int, help="port on which a carrier (or SIPp) calls in")
    parser.add_argument("--http", type=int, help="port of the pages and the control API")
    given = parser.parse_args()
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    out.print("starting Asterisk and vcc (the first time, prompts are rendered)")
    ports = {"sip": given.sip, "trunk_sip": given.trunk, "http": given.http}
    async with LabPlatform(STATE / "serve", config=given.config, ports=ports) as platform:
        _show(platform, out)
        ended = asyncio.create_task(platform.supervisor.wait(), name="vcc ended")
        told = asyncio.create_task(stop.wait(), name="told to stop")
        await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not ended.done():
            ended.cancel()
            out.print("stopping: no new calls, the others may finish")
            return 0
        raise platform.supervisor.error("vcc has ended")


def _show(platform: LabPlatform, out: Console) -> None:
    settings, secrets = platform.check().platform, platform.secrets
    phones = Table(title=f"SIP accounts: register at 127.0.0.1:{platform.sip} (UDP or TCP)")
    for column in ("account", "password", "device"):
        phones.add_column(column)
    for name, phone in settings.phones.items():
        if phone.outside is not None:  # a mobile seat has no account
            continue
        phones.add_row(name, secrets.phones[name].get_secret_value(), phone.name)
    out.print(phones)
    people = Table(title="Agents: dial *71 on any of these phones, then number and PIN, each with #")
    for column in ("agent", "name", "number", "PIN", "serves"):
        people.add_column(column)
    for key, tenant, agent in names.agents(settings):
        pin = secrets.agents[key].get_secret_value()
        people.add_row(key, agent.name, agent.number, pin, ", ".join(names.serves(tenant, agent)))
    out.print(people)
    users = Table(title=f"Pages: {platform.url}")
    for column in ("user", "password", "role"):
        users.add_column(column)
    for name, user in secrets.users.items():
        users.add_row(name, user.password.get_secret_value(), str(user.role))
    out.print(users)
    out.print(
        f"Callers come in at 127.0.0.1:{platform.trunk_sip}; a phone above may also dial "
        f"{', '.join(number for number, _, _ in names.numbers(settings))}."
    )
    out.print(f"Configuration: {platform.config} (change it, then: VCC_STATE={platform.state} ./run vcc reload)")
    out.print("Ctrl-C ends it.")


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except LabError as error:
        sys.exit(str(error))
