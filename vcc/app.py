"""The wiring: everything is made and joined here, and nowhere else.

Resources open one after the other and close in reverse, also when a later one fails to open:

    configuration -> speech rendered -> stores -> floor restored -> API -> switches: from here calls come
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from acd.router import Router
from core.errors import AddressError, ConfigurationError, Problem, StoreError, SwitchError
from core.facts import ConfigurationLoaded, ContactEnded, Outcome, Party
from core.ids import new_contact_id
from reporting.live_days import LiveDays
from vcc.api.app import make_app
from vcc.api.identity import Directory as People
from vcc.api.local import local_access
from vcc.api.metrics import Metrics
from vcc.api.serving import serving
from vcc.broadcast import Broadcast
from vcc.calls.arrivals import fall_back
from vcc.calls.directory import Directory
from vcc.calls.floor import Floor
from vcc.calls.hub import Hub
from vcc.calls.overview import Overview
from vcc.calls.publications import Publications
from vcc.calls.session import LEAVING
from vcc.calls.versions import FlowVersions
from vcc.lint import check_folder
from vcc.pbx import SwitchFiles, fallbacks, switch_secrets
from vcc.pins import SecretPins
from vcc.publishing import Publishing, words
from vcc.recordings.archive import Archive
from vcc.recordings.retention import Retention
from vcc.secrets_file import read_secrets
from vcc.shell import LoopTimers, WallClock
from vcc.speech.cache import SpeechCache
from vcc.speech.prompts import Prompts
from vcc.speech.voice import EspeakVoice
from vcc.storage.crypt import Seal
from vcc.stores import open_event_log, open_live_store
from vcc.switches import make_switches
from vcc.systems.client import HttpSystems
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from core.facts import Fact
    from ivr_flows import Flow
    from ivr_flows.protocol import Text
    from telephony.port import Switch
    from tenancy.model import Tenant
    from tenancy.secrets import Secrets
    from vcc.lint import Bundle

_log = structlog.get_logger()

#: Sound files as `Bundle.prompts` gives them: by tenant and what is written, the absolute path.
Sounds = dict[str, dict[str, str]]
#: How often the time is written down from which the next process tells how long vcc was away.
_ALIVE_S = 1.0
#: After a drain's limit: how long the fallback may speak while vcc stays for the end of the calls.
_FALLBACK_S = 15.0


class Program:
    """One running vcc."""

    def __init__(self, config: Path, state: Path, secrets: Path) -> None:
        """Not open yet; see `open`."""
        self._config, self._state, self._secrets_file = config, state, secrets
        self._clock = WallClock()
        self._stack = AsyncExitStack()
        self._reloading = asyncio.Lock()
        self.version = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, config: Path, state: Path, secrets: Path | None) -> AsyncIterator[Self]:
        """Set everything up and take calls. Raises ConfigurationError when the configuration has mistakes."""
        program = cls(config, state, secrets or state / "secrets.yaml")
        async with program._stack:
            await program._start()
            yield program

    async def _start(self) -> None:
        bundle, secrets = await self._read()
        sounds = await self._open_speech(bundle)
        await self._open_floor(bundle, secrets, bundle.flows_with(sounds))
        await self._open_api(secrets)
        await self._open_switches(bundle, secrets)
        _log.info("ready", version=self.version, nodes=sorted(bundle.platform.nodes), api=bundle.platform.api.listen)

    async def _read(self) -> tuple[Bundle, Secrets]:
        result = await asyncio.to_thread(check_folder, self._config)
        for warning in result.warnings:
            _log.warning("configuration", warning=str(warning))
        bundle = result.use()
        return bundle, await asyncio.to_thread(read_secrets, self._secrets_file, os.environ, bundle.platform)

    async def _open_speech(self, bundle: Bundle) -> Sounds:
        self._speech = SpeechCache(self._state / "speech", EspeakVoice())
        await asyncio.to_thread(self._speech.forget_all)
        self._prompts = Prompts(self._speech)
        self._prompts.use_sounds(sounds := await self._render(bundle, frozenset()))
        return sounds

    async def _render(self, bundle: Bundle, also: frozenset[Text]) -> Sounds:
        """Render every word of a configuration and `also` these, take its sound files in; nothing takes effect yet."""
        texts = [(text.text, text.language) for text in bundle.texts() | also]
        await self._speech.render_all(texts, _progress)
        return await asyncio.to_thread(self._take_in, bundle.prompts())

    def _take_in(self, prompts: Sounds) -> Sounds:
        return {
            tenant: {file: self._speech.take_in(Path(path)) for file, path in files.items()}
            for tenant, files in prompts.items()
        }

    async def _open_floor(self, bundle: Bundle, secrets: Secrets, flows: Mapping[str, Flow]) -> None:
        platform, stack = bundle.platform, self._stack
        self._store = await open_live_store(platform.storage, self._state)
        stack.push_async_callback(self._store.close)
        self._log = await open_event_log(platform.storage, self._state)
        stack.push_async_callback(self._log.close)
        self._broadcast = Broadcast(self._log)
        stack.callback(self._broadcast.close)
        self._pins = SecretPins(secrets)
        stack.callback(self._pins.close)
        self._systems = HttpSystems(secrets, self._clock)
        stack.push_async_callback(self._systems.close)
        directory = Directory(platform, bundle.tables, bundle.version)
        archive = Archive(platform, self._state)
        await asyncio.to_thread(archive.open)
        stack.push_async_callback(asyncio.to_thread, archive.close)
        self._switches: dict[str, Switch] = {}
        publications = Publications(self._store)
        await publications.restore()
        versions = FlowVersions(flows, self._store, publications)
        self.publishing = Publishing(
            publications,
            versions,
            render=self._render,
            tell=self._broadcast.append,
            clock=self._clock,
            changing=self._reloading,
        )
        self.floor = Floor(
            directory=directory,
            flows=versions,
            router=Router(directory.rules),
            switches=self._switches,
            store=self._store,
            log=self._broadcast,
            clock=self._clock,
            timers=LoopTimers(asyncio.get_running_loop(), self._clock),
            speech=self._prompts,
            secrecy=_seal(secrets),
            archive=archive,
            systems=self._systems,
        )
        self.hub = Hub(self.floor, self._pins)
        await self._use_publications(bundle)
        await self.hub.restore()
        self._days = LiveDays(platform, self._clock.now())
        for fact in self.hub.offers.duty():
            self._days.apply(fact)
        self._broadcast.listen(self._days.apply)
        catching_up = spawn(self._catch_up(), name="catch up with the log")
        stack.callback(catching_up.cancel)
        retention = Retention(
            archive.folder,
            archive.spools,
            tenants=self._tenants,
            tell=self._broadcast.append,
            flush=self._log.flush,
            clock=self._clock,
        )
        clearing = spawn(retention.run(), name="clear recordings")
        stack.callback(clearing.cancel)
        self._loaded(bundle)

    async def _use_publications(self, bundle: Bundle) -> None:
        """At the start: one that does not go with the configuration is left out, as calls come all the same."""
        published, problems = await asyncio.to_thread(self.publishing.fit, bundle)
        for problem in problems:
            _log.error("publication left out", problem=str(problem))
        self.publishing.use(bundle, published, await self._render(bundle, words(bundle, published)))

    def _tenants(self) -> Mapping[str, Tenant]:
        return self.floor.directory.platform.tenants

    async def _catch_up(self) -> None:
        """What may take seconds after a long day, and no call has to wait for: the day's figures, contacts of which the
        end was never told (a crash between their last state and their last fact), and then calls that were missed.
        """
        try:
            await self._read_the_log()
            await self.floor.last_agents.read(self._log, self._clock.now())
        except StoreError as error:
            _log.error("the log of the day cannot be read: figures begin with now", error=str(error))
        self.hub.missed.begin(self._log, partial(spawn, name="missed calls"))

    async def _read_the_log(self) -> None:
        restored, began = frozenset(self.floor.sessions), new_contact_id(self._clock.now())
        await self._days.rebuild(self._log, self._clock.now())
        for contact in await self._log.repair():
            if contact not in restored and contact < began:  # ids sort by time: what came since is this life's
                self._broadcast.append(
                    ContactEnded(
                        at=self._clock.now(),
                        contact=contact,
                        outcome=Outcome.FAILED,
                        by=Party.SYSTEM,
                        detail="its end was lost when vcc was",
                    )
                )

    def _loaded(self, bundle: Bundle) -> None:
        self.version = bundle.version
        self._broadcast.append(ConfigurationLoaded(at=self._clock.now(), version=bundle.version))

    async def _open_api(self, secrets: Secrets) -> None:
        control = Overview(self.hub, self)
        self._people = People(secrets)
        settings = control.platform.api
        lengths = {"live state": lambda: self._store.pending, "event log": lambda: self._log.pending}
        self._metrics = Metrics(control, queues=lengths)
        app = make_app(
            control,
            self._log,
            self._days,
            self._people,
            metrics=self._metrics,
            sessions_file=self._state / "logins.json",
            public_url=settings.public_url,
            clock=self._clock.now,
        )
        host, _, port = settings.listen.rpartition(":")
        try:
            await self._stack.enter_async_context(serving(app, host.strip("[]"), int(port)))
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise AddressError(
                f"api.listen: {settings.listen} cannot be listened on: {why}; "
                "end whoever has that port, or write another address of this machine into platform.yaml"
            ) from error
        url, reads = f"http://{settings.listen}", {"config": self._config, "secrets_file": self._secrets_file}
        self._stack.enter_context(local_access(self._people, self._state, url, **reads))

    async def _open_switches(self, bundle: Bundle, secrets: Secrets) -> None:
        self._switch_files = SwitchFiles()
        self._stack.push_async_callback(self._switch_files.close)
        self._broadcast.listen(self._switch_files.note)
        await self._refresh_switches(bundle, secrets)
        round_trip = self._metrics.observe_round_trip
        self._switches.update(make_switches(bundle.platform, secrets, self._clock, round_trip))
        for switch in self._switches.values():
            self._stack.push_async_callback(switch.close)
            await switch.start(self.hub.handle)
        self._beat()
        self._stack.callback(self._stop_beating)

    async def _refresh_switches(self, bundle: Bundle, secrets: Secrets) -> None:
        """Bring the switches' own files up to date; one whose files cannot be written goes on with what it has."""
        sounds, limits = await fallbacks(bundle.platform, self._prompts, self._speech), bundle.platform.limits
        kept = self._speech.keep(limit=limits.speech_mb * 1_000_000, longest_call_s=limits.call_s)
        spawn(kept, name="keep the speech that is needed")
        for node in bundle.platform.nodes:
            try:
                await self._switch_files.refresh(bundle, node, secrets=switch_secrets(secrets), sounds=sounds)
            except SwitchError as error:
                _log.error("switch keeps its configuration", node=node, error=str(error))

    def _beat(self) -> None:
        self.hub.recovery.alive()
        self._next_beat = asyncio.get_running_loop().call_later(_ALIVE_S, self._beat)

    def _stop_beating(self) -> None:
        self._next_beat.cancel()

    # --- while it runs ---

    @property
    def healthy(self) -> bool:
        """Whether what has to be kept is being kept."""
        return self._store.healthy and self._log.healthy

    async def reload(self) -> str:
        """Read the configuration again: all of it takes effect, or nothing. Raises ConfigurationError, StoreError."""
        async with self._reloading:
            bundle, secrets = await self._read()
            self._check_same_nodes(bundle)
            published, problems = await asyncio.to_thread(self.publishing.fit, bundle)
            if problems:
                raise ConfigurationError(problems)
            sounds = await self._render(bundle, words(bundle, published))
            flows = bundle.flows_with(sounds)
            directory = Directory(bundle.platform, bundle.tables, bundle.version)
            secrecy = _seal(secrets)
            # from here on nothing can fail
            self._prompts.use_sounds(sounds)
            self.floor.secrecy = secrecy
            self.hub.configure(directory, flows)
            self.publishing.use(bundle, published, sounds)
            self._pins.replace(secrets)
            self._systems.replace(secrets)
            self._people.replace(secrets)
            self._days.configure(bundle.platform, self._clock.now())
            self._loaded(bundle)
            await self._refresh_switches(bundle, secrets)
            _log.info("configuration reloaded", version=bundle.version)
            return bundle.version

    def _check_same_nodes(self, bundle: Bundle) -> None:
        """Nodes, and where things are kept and listen, are what this process was built from."""
        old, new = self.floor.directory.platform, bundle.platform
        for part in ("nodes", "storage", "api"):
            if getattr(old, part) != getattr(new, part):
                message = f"{part} cannot change while vcc runs"
                problem = Problem(
                    file="platform.yaml", line=1, column=1, message=message, hint="restart vcc: calls go on meanwhile"
                )
                raise ConfigurationError([problem])

    async def drain(self) -> None:
        """Take no new calls; return when the others are over, or when the limit is reached: they go to the fallback."""
        self.floor.draining = True
        limit = self.floor.directory.platform.limits.drain_s
        _log.info("draining", calls=len(self.floor.sessions), limit_s=limit)
        try:
            async with asyncio.timeout(limit), self._broadcast.subscribe(10_000) as facts:
                if self.floor.sessions:
                    async for _ in facts:
                        if not self.floor.sessions:
                            break
        except TimeoutError:
            await self._fall_back()
        await self._store.flush()
        await self._log.flush()

    async def _fall_back(self) -> None:
        """Give everybody who does not talk to the fallback, and stay for the end of their calls, for the record."""
        sessions = self.floor.sessions
        with suppress(TimeoutError):
            async with asyncio.timeout(_FALLBACK_S), self._broadcast.subscribe(10_000) as facts:
                for session in list(sessions.values()):
                    fall_back(self.floor, session)
                self.floor.settle()
                if any(session.stage in LEAVING for session in sessions.values()):
                    async for _ in facts:
                        if not any(session.stage in LEAVING for session in sessions.values()):
                            break

    def subscribe(self, bound: int = 1_000) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts from now on."""
        return self._broadcast.subscribe(bound)


def _seal(secrets: Secrets) -> Seal:
    return Seal([key.get_secret_value() for key in secrets.encryption_keys])


def _progress(done: int, of: int) -> None:
    if done == of or done % 50 == 0:
        _log.info("speech rendered", done=done, of=of)
