"""docker/compose.yaml with the example configuration, on ports of its own."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.docker.bases import ASTERISK_BASE, VCC_BASE, apt_options
from tests.lab.docker.engine import compose_program
from tests.lab.platform import LOOPBACK, ROOT
from tests.lab.process import LabError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.docker.engine import Engine
    from tests.lab.ports import PortBlock

SERVICES = ("redis", "asterisk", "vcc")
_RTP_PORTS = 100
_HEALTHY_S = 120.0


class Stack:
    """The services; nothing is started before `up`."""

    def __init__(self, engine: Engine, folder: Path, ports: PortBlock) -> None:
        self._engine, self._config = engine, folder / "config"
        self.sip, self.trunk_sip, self.http, self._redis = (ports.take() for _ in range(4))
        self._ami, self._agi, self._outside = ports.take(), ports.take(), ports.take()
        self._rtp = ports.take_range(_RTP_PORTS)
        self._compose = [*compose_program(), "-f", str(ROOT / "docker" / "compose.yaml"), "-p", "vcc-proof"]
        engine.environment |= {
            "VCC_CONFIG": str(self._config),
            "VCC_PORT": str(self.http),
            "REDIS_PORT": str(self._redis),
            "PIP_NO_INDEX": "1",
            "APT_OPTIONS": apt_options(),
            "VCC_BASE": VCC_BASE,
            "ASTERISK_BASE": ASTERISK_BASE,
        }

    def configure(self) -> None:
        """Copy the example; its addresses are this stack's, its switch's files are where the containers share them."""
        shutil.rmtree(self._config, ignore_errors=True)
        shutil.copytree(ROOT / "config", self._config)
        file = self._config / "platform.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        data["nodes"]["bj1"] |= {
            "ami": f"{LOOPBACK}:{self._ami}",
            "agi": f"{LOOPBACK}:{self._agi}",
            "sip": f"{LOOPBACK}:{self.sip}",
            "trunk_sip": f"{LOOPBACK}:{self.trunk_sip}",
            "rtp": [self._rtp[0], self._rtp[-1]],
            "configuration": "/etc/asterisk/vcc",
            "reload": ["asterisk-rx"],
        }
        data["trunks"]["carrier"]["outgoing"]["server"] = f"{LOOPBACK}:{self._outside}"  # nobody is there
        data["api"] = {"listen": f"{LOOPBACK}:{self.http}"}
        data["storage"] = {"redis": f"redis://{LOOPBACK}:{self._redis}/0"}
        file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def compose(self, *arguments: str, log: Path | None = None) -> str:
        """Run compose; what it prints. Raises LabError."""
        return self._engine.run(*self._compose, *arguments, log=log)

    def add_number(self, number: str) -> None:
        """Give the press one more number, which leads where its first does."""
        file = self._config / "tenants" / "press" / "tenant.yaml"
        line = f"numbers:\n  {number}: {{project: book_orders, flow: main}}\n"
        file.write_text(file.read_text(encoding="utf-8").replace("numbers:\n", line, 1), encoding="utf-8")

    def logs(self) -> str:
        """The ends of all logs."""
        return self.compose("logs", "--tail", "30")

    def vcc(self, *arguments: str) -> Any:
        """Run a command of vcc in its container; its JSON."""
        return json.loads(self.compose("exec", "-T", "vcc", "vcc", *arguments, "--json"))

    def in_service(self, service: str, *argv: str) -> str:
        """Run a program in a service's container."""
        return self.compose("exec", "-T", service, *argv).strip()

    def phone_password(self, phone: str) -> str:
        """From the secrets file in the state volume."""
        secrets = yaml.safe_load(self.in_service("vcc", "cat", "/var/lib/vcc/secrets.yaml"))
        return str(secrets["phones"][phone])

    async def until_healthy(self) -> None:
        """Wait until each service's own check says so. Raises LabError, with their logs, if one does not."""
        try:
            async with asyncio.timeout(_HEALTHY_S):
                while {self._health(service) for service in SERVICES} != {"healthy"}:  # noqa: ASYNC110 - can only be asked
                    await asyncio.sleep(0.5)
        except TimeoutError:
            health = {service: self._health(service) for service in SERVICES}
            message = f"not healthy after {_HEALTHY_S:.0f} s: {health}"
            raise LabError(message) from None

    def _health(self, service: str) -> str:
        container = self.compose("ps", "-q", service).strip()
        if not container:
            return "not there"
        return self._engine.run("docker", "inspect", "-f", "{{.State.Health.Status}}", container).strip()
