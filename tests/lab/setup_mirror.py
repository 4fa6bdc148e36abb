"""Which Debian mirror this machine uses, read from its own apt sources: no mirror is written down here.

Both forms are read: one-line `.list` files and deb822 `.sources` files. Other archives stand in the same files, so
only those count that serve Debian's own suites with the component `main`; one signed by Debian's key comes first.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SOURCES = Path("/etc/apt")
OVERRIDE = "VCC_DEBIAN_MIRROR"
_SUITES = {"stable", "testing", "unstable", "sid"}
_SCHEMES = {"http", "https", "file", "ftp"}
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One archive that apt reads packages from."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


def mirrors(sources: Iterable[Source], codename: str) -> list[str]:
    """The URIs of Debian's own archive among the sources, the likeliest first; empty if there is none.

    `codename` is the release that this machine runs, such as bookworm; an archive of its suite, or of stable, testing
    or sid, holds sid too.
    """
    suites = _SUITES | ({codename} if codename else set())
    found = [source for source in sources if suites.intersection(source.suites) and _is_debian(source)]
    found.sort(key=lambda source: "debian-archive-keyring" not in source.signed_by)
    return list(dict.fromkeys(source.uri.rstrip("/") for source in found))


def _is_debian(source: Source) -> bool:
    return "main" in source.components and urlsplit(source.uri).scheme in _SCHEMES


def machine_mirrors(root: Path = SOURCES, environment: Mapping[str, str] = os.environ) -> list[str]:
    """As `mirrors`, for this machine; the environment variable VCC_DEBIAN_MIRROR goes before what apt has."""
    if override := environment.get(OVERRIDE):
        return [override.rstrip("/")]
    files = [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]
    sources: list[Source] = []
    for file in files:
        if file.suffix == ".list" and file.is_file():
            sources += parse_list(file.read_text(errors="replace"))
        elif file.suffix == ".sources" and file.is_file():
            sources += parse_deb822(file.read_text(errors="replace"))
    return mirrors(sources, _codename())


def _codename() -> str:
    release = Path("/etc/os-release").read_text(errors="replace")
    match = re.search(r"^VERSION_CODENAME=\"?([\w-]+)", release, re.MULTILINE)
    return match[1] if match and re.search(r"^ID=\"?debian\b", release, re.MULTILINE) else ""


def parse_list(text: str) -> Iterator[Source]:
    """Read the one-line form: `deb [signed-by=KEY] URI SUITE COMPONENT...`."""
    for line in text.splitlines():
        if match := _ONE_LINE.match(line.partition("#")[0].strip()):
            options = dict(option.partition("=")[::2] for option in (match["options"] or "").lower().split())
            yield Source(
                uri=match["uri"],
                suites=(match["suite"],),
                components=tuple(match["components"].split()),
                signed_by=options.get("signed-by", ""),
            )


def parse_deb822(text: str) -> Iterator[Source]:
    """Read the deb822 form: paragraphs of `Field: value`, with continuation lines."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in {
            "no",
            "false",
        }:
            continue
        for uri in fields.get("uris", "").split():
            yield Source(
                uri=uri,
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                signed_by=fields.get("signed-by", ""),
            )


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
