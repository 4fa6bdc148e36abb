"""A whole platform on this machine: a configuration folder on ports of its own, a real Asterisk, and vcc.

    async with LabPlatform(folder) as platform:
        await platform.api("GET", "calls") ...

The same on a FreeSWITCH: `FreeSwitchPlatform`, in `freeswitch_platform.py`.
The configuration is a copy; only its addresses, and what the caller edits, differ from the original.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml

from telephony.asterisk.render import AsteriskPaths, render
from tenancy.secrets import Secrets
from tenancy.secrets_file import generate
from tests.lab.pbx import AsteriskBinary, AsteriskProcess, find_asterisk
from tests.lab.ports import PortBlock, reserve_ports
from tests.lab.process import LabError, LabProcess
from tests.lab.speech import rendered, share
from vcc.lint import Bundle, check_folder
from vcc.pbx import switch_secrets, write

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
Edit = Callable[[dict[str, Any]], None]


class LabPlatform:
    """Asterisk and vcc on a copy of a configuration; ends with everything that it started."""

    def __init__(
        self,
        folder: Path,
        *,
        config: Path = ROOT / "config",
        edit: Edit = lambda platform: None,
        binary: AsteriskBinary | None = None,
        rtp_ports: int = 400,
        ports: Mapping[str, int | None] | None = None,
        also_load: tuple[str, ...] = (),
    ) -> None:
        """Keep everything in `folder`; `edit` changes platform.yaml's data after the ports were set.

        `ports`: those of `sip`, `trunk_sip` and `http` that shall not be any free ones.
        """
        self.folder = folder
        self.config = folder / "config"
        self.state = folder / "state"
        self._original, self._edit, self._given_binary = config, edit, binary
        self._rtp_ports, self._also_load = rtp_ports, also_load
        self._wanted_ports = ports or {}
        self._stack = AsyncExitStack()
        self._vcc: LabProcess | None = None

    @cached_property
    def _binary(self) -> AsteriskBinary:
        if (found := self._given_binary or find_asterisk()) is None:
            message = "there is no Asterisk: run ./run test once, it gets one"
            raise LabError(message)
        return found

    async def __aenter__(self) -> Self:
        """Set up, start the switch, start vcc; ready for calls."""
        try:
            bundle = self._prepare()
            await self._share_speech(bundle)
            await self._start_switch(self._stack)
            self._http = await self._stack.enter_async_context(
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
            )
            self._stack.push_async_callback(self.stop_vcc)
            await self.start_vcc()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop vcc, then the switch. Raises LabError if vcc went on after an error that nobody expected: no test of
        what it does may notice.
        """
        await self._stack.aclose()
        if kind is None and (defects := self.defects()):
            message = f"{len(defects)} times vcc has met an error of its own:\n" + "\n".join(defects[:5])
            raise LabError(message)

    def defects(self) -> list[str]:
        """The lines with a traceback that vcc's log has since this platform was set up."""
        log = self.folder / "vcc.log"
        if not log.exists():
            return []
        lines = log.read_bytes()[self._log_begins :].decode(errors="replace").splitlines()
        return [line for line in lines if "Traceback (most recent call last)" in line]

    # --- set-up -----------------------------------------------------------------------------------------------

    def _prepare(self) -> Bundle:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "vcc.log"
        self._log_begins = log.stat().st_size if log.exists() else 0
        shutil.rmtree(self.config, ignore_errors=True)
        shutil.copytree(self._original, self.config)
        self.state.mkdir(exist_ok=True)
        ports = self._stack.enter_context(reserve_ports(self._rtp_ports + 50))
        wanted = self._wanted_ports.get
        self.sip, self.trunk_sip = wanted("sip") or ports.take(), wanted("trunk_sip") or ports.take()
        outside, api = ports.take(), wanted("http") or ports.take()
        rtp = ports.take_range(self._rtp_ports)
        self.url = f"http://{LOOPBACK}:{api}"
        self.etc = self.folder / "pbx" / "etc"
        self._write_addresses(ports, outside, rtp)
        bundle = self.check()
        platform = bundle.platform
        self.node = next(iter(platform.nodes))
        secrets = self.folder / "secrets.yaml"
        if not secrets.exists():
            secrets.touch(mode=0o600)
            secrets.write_text(generate(platform), encoding="utf-8")
        self.secrets = Secrets.model_validate(yaml.safe_load(secrets.read_text(encoding="utf-8")))
        self._render(bundle)
        return bundle

    async def _share_speech(self, bundle: Bundle) -> None:
        """What was rendered once need not be rendered again by the next platform of this checkout."""
        share(await rendered(bundle.texts()), self.state / "speech")

    def _write_addresses(self, ports: PortBlock, outside: int, rtp: range) -> None:
        file = self.config / "platform.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        node = next(iter(data["nodes"].values()))
        self._write_wires(node, ports)
        node |= {
            "sip": f"{LOOPBACK}:{self.sip}",
            "trunk_sip": f"{LOOPBACK}:{self.trunk_sip}",
            "rtp": [rtp[0], rtp[-1]],
            "configuration": str(self.etc),
        }
        data["api"] = {"listen": self.url.removeprefix("http://")}
        nobody = f"{LOOPBACK}:{outside}"  # nothing that is placed here leaves the machine
        for trunk in data["trunks"].values():
            if "outgoing" in trunk:
                trunk["outgoing"]["server"] = nobody
        self._edit(data)
        file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def check(self) -> Bundle:
        """The checked configuration as it is in the folder now. Raises ConfigurationError."""
        return check_folder(self.config).use()

    # --- what is particular to the kind of switch ------------------------------------------------------------------

    def _write_wires(self, node: dict[str, Any], ports: PortBlock) -> None:
        """Set in the node's data how vcc reaches the switch."""
        node |= {
            "ami": f"{LOOPBACK}:{ports.take()}",
            "agi": f"{LOOPBACK}:{ports.take()}",
            "reload": [*self._binary.argv, "-C", str(self.etc / "asterisk.conf"), "-rx"],
        }

    def switch_pid(self) -> int:
        """The process of the switch."""
        return self.asterisk.pid

    async def _start_switch(self, stack: AsyncExitStack) -> None:
        """Start it, until the stack ends it."""
        self.asterisk = await stack.enter_async_context(AsteriskProcess(self._binary, self.etc))

    def _render(self, bundle: Bundle) -> None:
        pbx = self.folder / "pbx"
        for name in ("lib", "spool", "run", "log", "keys", "db"):
            (pbx / name).mkdir(parents=True, exist_ok=True)
        files = render(
            bundle.platform,
            self.node,
            secrets=switch_secrets(self.secrets),
            music_dirs=bundle.music(),
            fallbacks={},
            base=self.paths(),
            version=self._binary.version,
            also_load=self._also_load,
        )
        write(files, self.etc)

    def paths(self) -> AsteriskPaths:
        """The folders of this Asterisk."""
        pbx = self.folder / "pbx"
        return AsteriskPaths(etc=self.etc, state=pbx, modules=self._binary.modules_dir, data=self._binary.data_dir)

    # --- vcc ----------------------------------------------------------------------------------------------------

    async def start_vcc(self) -> None:
        """Start vcc under its supervisor and wait until it takes calls."""
        argv: list[str | Path] = [sys.executable, "-m", "vcc.cli", "serve", "--config", self.config]
        argv += ["--state", self.state, "--secrets", self.folder / "secrets.yaml"]
        self._vcc = LabProcess.start("vcc", argv, log=self.folder / "vcc.log", cwd=ROOT)
        await self.until_ready()

    async def stop_vcc(self) -> None:
        """Have vcc drain and end."""
        if self._vcc is not None:
            await self._vcc.stop(grace_s=30)
            self._vcc = None

    async def check_switch(self, *, state: Path | None = None) -> tuple[int, list[dict[str, str]]]:
        """What `vcc pbx check` ends with and finds; `state`: another state folder."""
        argv = ["pbx", "check", "--config", str(self.config), "--state", str(state or self.state), "--json"]
        argv += ["--secrets", str(self.folder / "secrets.yaml")]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vcc.cli", *argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, json.loads(said)["findings"]

    @property
    def supervisor(self) -> LabProcess:
        """The supervisor's process."""
        if self._vcc is None:
            message = "vcc does not run"
            raise LabError(message)
        return self._vcc

    def vcc_pid(self) -> int:
        """The process that does the work: the supervisor's child."""
        children = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children").read_text().split()
        if not children:
            message = "vcc has no process now"
            raise LabError(message)
        return int(children[0])

    async def until_ready(self, within_s: float = 60.0) -> None:
        """Wait until /readyz says yes. Raises LabError with the end of vcc's log."""
        try:
            async with asyncio.timeout(within_s):
                while not await self._ready():
                    if self.supervisor.returncode is not None:
                        raise self.supervisor.error("vcc ended while it started")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise self.supervisor.error(f"vcc is not ready after {within_s:.0f} s") from None

    async def _ready(self) -> bool:
        try:
            async with self._http.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    # --- the control API ----------------------------------------------------------------------------------------

    def token(self, role: str = "platform") -> str:
        """A token of this role from the secrets."""
        return next(t.token.get_secret_value() for t in self.secrets.tokens.values() if t.role == role)

    async def api(self, method: str, path: str, *, role: str = "platform", **body: object) -> Any:
        """Ask the control API; the answer's JSON. Raises LabError for any status but 2xx."""
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        data = body or None
        async with self._http.request(method, f"{self.url}/api/v1/{path}", headers=headers, json=data) as answer:
            text = await answer.text()
            if answer.status >= 300:
                message = f"{method} {path}: {answer.status} {text}"
                raise LabError(message)
            return json.loads(text) if text else None

    async def until_up(self, trunk: str, within: float = 10.0) -> None:
        """Wait until calls can go out on a trunk. Raises TimeoutError."""
        await self.until_trunk(trunk, "up", within)

    async def until_trunk(self, trunk: str, state: str, within: float = 10.0) -> None:
        """Wait until a trunk is known to be up or down. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while True:
                trunks = (await self.api("GET", "trunks"))["trunks"]
                if next(found["state"] for found in trunks if found["trunk"] == trunk) == state:
                    return
                await asyncio.sleep(0.1)  # another process, which can only be asked

    async def fact_of(
        self, contact: str, name: str, *, since: float = 0.0, within: float = 10.0, **values: object
    ) -> dict[str, Any]:
        """The first fact of this name and values in a contact's timeline, at or after `since` (POSIX seconds); it may
        be about to come. Asked for, because facts may come while vcc begins anew and nobody listens.
        """
        async with asyncio.timeout(within):
            while True:
                with suppress(aiohttp.ClientError):
                    facts: list[dict[str, Any]] = (await self.api("GET", f"calls/{contact}"))["facts"]
                    for fact in facts:
                        if fact["fact"] == name and fact["at"] >= since and values.items() <= fact.items():
                            return fact
                await asyncio.sleep(0.05)

    def facts(self, role: str = "platform") -> AbstractAsyncContextManager["FactStream"]:
        """The live stream of facts from now on."""
        return _facts(self._http, f"{self.url}/api/v1/events", self.token(role))


class FactStream:
    """Facts as the control API streams them; each is kept until somebody waits for it."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.seen: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.on_fact: Callable[[dict[str, Any]], None] = lambda fact: None
        self._news = asyncio.Condition()

    async def put(self, fact: dict[str, Any]) -> None:
        """Take a fact."""
        async with self._news:
            self.seen.append(fact)
            self.on_fact(fact)
            self._news.notify_all()

    async def read_again(self) -> None:
        """Wait until facts come again, after vcc was away: what it tells before that is missed."""
        async with asyncio.timeout(10):
            await self.open.wait()

    async def until(self, name: str, *, within: float = 10.0, since: int = 0, **values: object) -> dict[str, Any]:
        """Wait for a fact of this name with these values; it may have come already, after the first `since` facts.

        Raises LabError, which shows what came lately.
        """

        def found() -> dict[str, Any] | None:
            wanted = {"fact": name, **values}
            return next((f for f in self.seen[since:] if all(f.get(k) == v for k, v in wanted.items())), None)

        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            lately = "\n".join(f"  {fact}" for fact in self.seen[-20:])
            message = f"no {name} with {values} within {within:g} s; the last facts were\n{lately}"
            raise LabError(message) from None
        fact = found()
        assert fact is not None
        return fact


@asynccontextmanager
async def _facts(http: aiohttp.ClientSession, url: str, token: str) -> AsyncIterator[FactStream]:
    stream = FactStream()
    reader = asyncio.create_task(_read(http, url, token, stream), name="read facts")
    try:
        async with asyncio.timeout(10):
            await stream.open.wait()
        yield stream
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader


async def _read(http: aiohttp.ClientSession, url: str, token: str, stream: FactStream) -> None:
    """Read until cancelled; vcc may go away meanwhile and come back."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    endless = aiohttp.ClientTimeout(total=None, sock_connect=5)
    while True:
        with suppress(aiohttp.ClientError):
            async with http.get(url, headers=headers, timeout=endless) as answer:
                answer.raise_for_status()
                async for raw in answer.content:
                    stream.open.set()  # the first line comes when the subscription is there
                    if raw.startswith(b"data: ") and "fact" in (data := json.loads(raw[6:])):
                        await stream.put(data)
        stream.open.clear()
        await asyncio.sleep(0.1)
