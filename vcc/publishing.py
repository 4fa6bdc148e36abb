"""What comes before a publication is in force: checks over the whole configuration, its scripts, its speech.

A text is looked at as if it stood in the configuration folder in place of the flow's file, and the flow's scripts are
played, or those that come with it. What passes is bound to its sounds and kept; what does not leaves everything as it
was. At each reload every publication that is not over is looked
at again with the new configuration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog

from core.errors import ConfigurationError, ConflictError, NotFoundError, Problem
from core.facts import FlowApproved, FlowPublished, FlowWithdrawn
from ivr_flows.differences import differences, lines
from tenancy import layout
from vcc.calls.publications import WHOLE, Publication, Standing
from vcc.lint import check_texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.clock import Clock
    from core.facts import Fact
    from ivr_flows import Flow
    from ivr_flows.protocol import Text
    from ivr_flows.scripts import Played
    from vcc.calls.publications import Publications
    from vcc.calls.versions import FlowVersions
    from vcc.lint import Bundle

_log = structlog.get_logger()

#: The sound files of flows, by tenant and what is written.
Sounds = Mapping[str, Mapping[str, str]]
Published = dict[tuple[str, int], "Flow"]
#: A publication can be made for a moment that is this much past: clocks differ (s).
_LATE_S = 300.0
_GONE = (Standing.OVER, Standing.WITHDRAWN)


class Publishing:
    """Publications of one running vcc."""

    def __init__(
        self,
        publications: Publications,
        versions: FlowVersions,
        *,
        render: Callable[[Bundle, frozenset[Text]], Awaitable[Sounds]],
        tell: Callable[[Fact], None],
        clock: Clock,
        changing: asyncio.Lock,
    ) -> None:
        """`render` has a configuration's words and some more spoken, and gives its sounds; `tell` records a fact.
        `changing` is held by whoever changes which flows are in force: here, and at a reload.
        """
        self._publications = publications
        self._versions = versions
        self._render = render
        self._tell = tell
        self._clock = clock
        self._changing = changing
        self._bundle: Bundle | None = None
        self._published: Published = {}

    # --- with a configuration ---

    def fit(self, bundle: Bundle) -> tuple[Published, list[Problem]]:
        """The flows of all publications that are not over, with a new configuration, and what is wrong with those that
        do not go with it. Nothing takes effect. It reckons for a while: call it outside of the event loop.
        """
        now, found, problems = self._clock.now(), Published(), list[Problem]()
        for one in self._publications.all():
            if one.standing(now) in _GONE:
                continue
            try:
                found[one.flow, one.number] = self._compiled(bundle, one.flow, one.text)
            except ConfigurationError as error:
                problems += [_of_publication(problem, one) for problem in error.problems]
            except NotFoundError as error:
                problems.append(_of_publication(Problem(file="", line=1, column=1, message=str(error)), one))
        return found, problems

    def use(self, bundle: Bundle, published: Published, sounds: Sounds) -> None:
        """From now on: this configuration, with what `fit` found for it, and the sounds of both."""
        published = {key: _bound(key[0], flow, sounds) for key, flow in published.items()}
        self._bundle, self._published = bundle, published
        self._versions.publish(dict(published))
        now = self._clock.now()
        for flow in {flow for flow, _ in published}:
            if any(one.share == WHOLE for one in self._publications.in_force(flow, now)):
                _log.warning("a publication is in force instead of the folder's flow", flow=flow)

    def _tried(self, bundle: Bundle, flow: str, text: str, scripts: Mapping[str, str]) -> Flow:
        """The flow, checked, if each of its scripts holds. Raises ConfigurationError with each that does not."""
        # what plays scripts is loaded only where something is published
        from ivr_flows.scripts import play, read  # noqa: PLC0415
        from vcc.flows.finding import surroundings  # noqa: PLC0415

        compiled, tenant = self._compiled(bundle, flow, text), flow.rpartition("/")[0]
        around = surroundings(bundle, tenant, flow.rpartition("/")[2])
        problems: list[Problem] = []
        for file, written in (scripts or _scripts_of(bundle, flow)).items():
            found, mistakes = read(written, file)
            problems += mistakes
            problems += [_not_held(one) for script in found if (one := play(compiled, script, around)).problem]
        if problems:
            raise ConfigurationError(problems)
        return compiled

    def _compiled(self, bundle: Bundle, flow: str, text: str) -> Flow:
        tenant, _, name = flow.rpartition("/")
        path = layout.flow_file(tenant, name)
        if flow not in bundle.flows or path not in bundle.files:
            raise NotFoundError(f"There is no flow '{flow}' in the configuration: only one that is there is published.")
        return check_texts({**bundle.files, path: text}, bundle.sound_names, now=self._clock.now()).use().flows[flow]

    # --- commands ---

    async def publish(
        self,
        flow: str,
        text: str,
        *,
        who: str,
        begins: float | None,
        ends: float | None,
        share: int = WHOLE,
        note: str = "",
        scripts: Mapping[str, str] = MappingProxyType({}),
    ) -> Publication:
        """Publish a text: at `begins` (None: now), until `ends` (None: until another is in force), for `share` percent
        of the calls. Where the tenant asks for a review it is only proposed. `scripts` by file: what it is tried with,
        in place of the configuration's.

        Raises ConfigurationError with every mistake in it, NotFoundError for an unknown flow, ConflictError for times
        that cannot be.
        """
        async with self._changing:  # or a reload puts in force what it has looked at before this was there
            bundle, now = self._in_use(), self._clock.now()
            begins = _begins(begins, ends, now)
            compiled = await asyncio.to_thread(self._tried, bundle, flow, text, scripts)
            compiled = _bound(flow, compiled, await self._render(bundle, bundle.texts_of(flow, compiled)))
            tenant = flow.rpartition("/")[0]
            made = Publication(
                flow=flow,
                number=self._publications.next_number(flow),
                text=text,
                version=compiled.version,
                author=who,
                made=now,
                begins=begins,
                ends=ends,
                share=share,
                note=note,
                reviewed=bundle.platform.tenants[tenant].review if tenant else False,
            )
            self._publications.put(made, now)
            self._published[flow, made.number] = compiled
            self._versions.publish(dict(self._published))
            self._tell(_told(made))
            return made

    def approve(self, flow: str, number: int, *, who: str) -> Publication:
        """Let a proposal take effect. Raises NotFoundError, ConflictError, for its author too."""
        now = self._clock.now()
        found = self._publications.approve(flow, number, who, now)
        self._tell(FlowApproved(at=now, tenant=flow.rpartition("/")[0], flow=flow, number=number, who=who))
        return found

    def withdraw(self, flow: str, number: int | None, *, who: str) -> Publication:
        """Take a publication back; None: the one in force. What was in force before it is again, or what the
        configuration folder has. Raises NotFoundError, ConflictError.
        """
        now = self._clock.now()
        if number is None:
            in_force = self._publications.in_force(flow, now)
            if not in_force:
                raise ConflictError(f"No publication of {flow} is in force: the configuration folder's flow is.")
            number = in_force[0].number
        found = self._publications.withdraw(flow, number, who, now)
        self._tell(FlowWithdrawn(at=now, tenant=flow.rpartition("/")[0], flow=flow, number=number, who=who))
        return found

    # --- looking ---

    def now(self) -> float:
        """The time by which publications stand where they stand."""
        return self._clock.now()

    def history(self, flow: str) -> tuple[Publication, ...]:
        """A flow's publications that are kept, newest first. Raises NotFoundError for an unknown flow."""
        self._configured(flow)
        return self._publications.of(flow)

    def configured(self, flow: str) -> str:
        """The version of the configuration folder's flow. Raises NotFoundError."""
        return self._configured(flow).version

    def differences(self, flow: str, before: int, after: int) -> list[str]:
        """What is different between two publications, line by line; 0: the configuration folder's flow.

        Raises NotFoundError for one that there is not, ConflictError for one that cannot be read any more.
        """
        return list(lines(differences(self._version(flow, before), self._version(flow, after))))

    def _version(self, flow: str, number: int) -> Flow:
        if number == 0:
            return self._configured(flow)
        if (found := self._published.get((flow, number))) is not None:
            return found
        from ivr_flows.compiler import compile as compile_flow  # noqa: PLC0415 - one that is over is read again

        one = self._publications.one(flow, number)
        try:
            return compile_flow(one.text, f"{flow.rpartition('/')[2]}.yaml")
        except ConfigurationError as error:
            raise ConflictError(f"Publication {number} of {flow} cannot be read by this version of vcc.") from error

    def _configured(self, flow: str) -> Flow:
        found = self._in_use().flows.get(flow)
        if found is None:
            raise NotFoundError(f"There is no flow '{flow}'.")
        return found

    def _in_use(self) -> Bundle:
        if self._bundle is None:
            raise ConflictError("vcc is starting: try again in a moment.")
        return self._bundle


def words(bundle: Bundle, published: Published) -> frozenset[Text]:
    """Everything that publications may say."""
    return frozenset(text for (flow, _), version in published.items() for text in bundle.texts_of(flow, version))


def _bound(flow: str, version: Flow, sounds: Sounds) -> Flow:
    return version.with_sounds(sounds[flow.rpartition("/")[0]])


def _begins(begins: float | None, ends: float | None, now: float) -> float:
    """From when it is in force. Raises ConflictError for times that cannot be."""
    if begins is not None and begins < now - _LATE_S:
        raise ConflictError("It would begin in the past: leave the time out for now.")
    begins = max(begins or now, now)
    if ends is not None and ends <= begins:
        raise ConflictError("It would end before it begins.")
    return begins


def _told(made: Publication) -> FlowPublished:
    return FlowPublished(
        at=made.made,
        tenant=made.flow.rpartition("/")[0],
        flow=made.flow,
        number=made.number,
        version=made.version,
        who=made.author,
        begins=made.begins,
        ends=made.ends,
        share=made.share,
        note=made.note,
        proposed=made.reviewed,
    )


def _scripts_of(bundle: Bundle, flow: str) -> dict[str, str]:
    """The scripts that the configuration has for a flow, by file."""
    tenant, _, name = flow.rpartition("/")
    wanted = layout.Place(role=layout.Role.TESTS, tenant=tenant, name=name)
    return {path: text for path, text in bundle.files.items() if layout.place(path) == wanted}


def _not_held(played: Played) -> Problem:
    file, line, column = played.place.rsplit(":", 2)
    message = f"{played.script.name}: {played.problem}"
    expected = "a script that holds (vcc flow test shows the call)"
    return Problem(file=file, line=int(line), column=int(column), message=message, expected=expected)


def _of_publication(problem: Problem, one: Publication) -> Problem:
    return replace(
        problem,
        file=f"publication {one.number} of {one.flow}",
        hint=problem.hint or "withdraw it, or publish one that fits",
    )
