"""A configuration that passed every check: what the program runs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_flows import agent_phrases, whisper
from ivr_flows.protocol import Text
from tenancy import codes, layout
from tenancy.layout import PROMPTS
from tenancy.names import agents, qualify, queues, text_in, treatments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ivr_flows.flow import Flow
    from tenancy.model import Platform, Treatment
    from tenancy.tables import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """A platform and its flows, by their platform-wide names (`press/main`; `sign_in` for the platform's
    own).

    `version` is the checksum of all files from which it was made. `tables` by (tenant, name). `sounds`: every sound
    file of the folder, by its path in it, with the file's real path. `root` is the folder (None: it was made from texts
    alone). `files`: its texts by path, as they were read; `sound_names`: the sound files that it was checked with.
    """

    platform: Platform
    flows: Mapping[str, Flow]
    version: str
    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict, repr=False)
    sounds: Mapping[str, Path] = field(default_factory=dict, repr=False)
    root: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    sound_names: frozenset[str] = field(default=frozenset(), repr=False)

    def prompts(self) -> dict[str, dict[str, str]]:
        """The sound files that flows and answers may play: by tenant (empty: the platform) and what is written, the
        absolute path.
        """
        found: dict[str, dict[str, str]] = {}
        for tenant in ("", *self.platform.tenants):
            start = layout.folder(tenant) + PROMPTS
            found[tenant] = {
                name.removeprefix(start): str(path) for name, path in self.sounds.items() if name.startswith(start)
            }
        return found

    def flows_with(self, sounds: Mapping[str, Mapping[str, str]]) -> dict[str, Flow]:
        """The flows, each bound to what `sounds` has for the files that it plays (see `prompts` for the form)."""
        return {key: flow.with_sounds(sounds[key.rpartition("/")[0]]) for key, flow in self.flows.items()}

    def music(self) -> dict[str, Path]:
        """The folder of each music class, by its platform-wide name."""
        if self.root is None:
            return {}
        return {
            qualify(tenant.id, name): self.root / layout.folder(tenant.id) / where
            for tenant in self.platform.tenants.values()
            for name, where in tenant.music.items()
        }

    def texts_of(self, flow: str, version: Flow) -> frozenset[Text]:
        """Everything that a version of one of the flows may say."""
        return version.speakables(self._languages(flow.rpartition("/")[0]))

    def texts(self) -> frozenset[Text]:
        """Everything that may have to be spoken, so that it can be rendered before the first call."""
        found: set[Text] = set()
        for key, flow in self.flows.items():
            found |= self.texts_of(key, flow)
        for tenant in self.platform.tenants.values():
            announcement = tenant.recording.announcement or {}
            found |= {Text(text=text, language=language) for language, text in announcement.items()}
        for treatment in self._treatments():
            found |= {Text(text=text, language=language) for language, text in (treatment.say or {}).items()}
        if any(phone.outside for phone in self.platform.phones.values()):
            found |= {Text(text=text, language=language) for language, text in self.platform.outside.accept.items()}
        for tenant in self.platform.tenants.values():
            found |= {Text(text=t, language=to) for texts in tenant.dispositions.values() for to, t in texts.items()}
        return frozenset(found | set(self._whispers()) | set(self._told_in_talks()))

    def _told_in_talks(self) -> Iterator[Text]:
        """What agents are told who key in codes, in each of their languages."""
        tables = [codes.table(self.platform, tenant) for tenant in (None, *self.platform.tenants.values())]
        if any(map(codes.in_talk, tables)):
            yield from agent_phrases.speakables(sorted({agent.language for _, _, agent in agents(self.platform)}))

    def _whispers(self) -> Iterator[Text]:
        """What agents are told, in each of their languages."""
        languages = sorted({agent.language for _, _, agent in agents(self.platform)})
        for _, tenant, queue in queues(self.platform):
            if queue.whisper is not None:
                names = {"tenant": tenant.name, "queue": queue.name}
                said = {to: {name: text_in(texts, to) for name, texts in names.items()} for to in languages}
                yield from whisper.speakables(whisper.read(queue.whisper)[0], said)

    def _languages(self, tenant: str) -> tuple[str, ...]:
        return self.platform.tenants[tenant].languages if tenant else self.platform.languages

    def _treatments(self) -> Iterator[Treatment]:
        yield self.platform.unknown_number
        for tenant in self.platform.tenants.values():
            yield from (treatment for _, treatment in treatments(tenant))
