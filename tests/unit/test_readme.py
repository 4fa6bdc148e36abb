"""What README and docs name is there: linked files and headings, paths, commands with their options, the example."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from cyclopts import CycloptsError

from vcc.cli.app import app
from vcc.lint import check_folder

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
PAGE = pytest.mark.parametrize("page", TEXTS)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OURS = ("core", "tenancy", "telephony", "ivr_flows", "acd", "reporting", "vcc", "tests", "docs")
_PATH = re.compile(rf"(?:{'|'.join(_OURS)})/[\w./-]*")
#: Blocks without a language, too, hold commands in our pages; what programs print is `text`.
_SHELL = {"", "sh"}


def blocks(text: str, languages: set[str]) -> list[str]:
    """The bodies of the blocks in one of these languages."""
    return [body for language, body in _BLOCK.findall(text) if language in languages]


def inline(text: str) -> list[str]:
    """Everything that stands as code in a sentence or table."""
    return _INLINE.findall(_BLOCK.sub("", text))


def command_lines(text: str) -> list[list[str]]:
    """The words of each command of ours, beginning with `vcc` or `./run`; what is in here-documents is none."""
    found = []
    for block in blocks(text, _SHELL):
        for line in re.sub(r"<<'(\w+)'\n.*?^\1$", "", block, flags=re.DOTALL | re.MULTILINE).splitlines():
            for part in re.split(r"\s{2,}(?=vcc )", line):  # two columns
                found += _command(part)
    for code in inline(text):
        found += _command(code)
    return found


def _command(line: str) -> list[list[str]]:
    if not re.match(r"(\./run|vcc) ", line):
        return []
    words = shlex.split(re.split(r"\s{4,}", line)[0], comments=True)
    words = words[: next((i for i, word in enumerate(words) if set(word) & set("…([")), len(words))]
    return [words] if len(words) > 1 else []


def run_commands() -> set[str]:
    """What `./run` knows, by its own `case`."""
    text = (ROOT / "run").read_text(encoding="utf-8")
    labels = re.findall(r"^([\w |-]+)\)$", text.split("case $command in")[1], re.MULTILINE)
    return {name for label in labels for name in label.split(" | ")}


def links(text: str) -> list[str]:
    """Where the page's links lead within the repository."""
    return [link for link in _LINK.findall(_INLINE.sub("", _BLOCK.sub("", text))) if "://" not in link]


def anchors(text: str) -> set[str]:
    """The headings' names in links."""
    headings = re.findall(r"^#+ (.*)$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@PAGE
def test_links_lead_somewhere(page: str) -> None:
    for link in links(TEXTS[page]):
        file, _, anchor = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        assert target.exists(), f"{page} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page} links to {link}"


@PAGE
def test_paths_that_are_named_exist(page: str) -> None:
    named = [code for code in inline(TEXTS[page]) if _PATH.fullmatch(code)]
    missing = [path for path in named if not (ROOT / path).exists()]
    assert missing == []


@PAGE
def test_commands_that_are_named_exist(page: str) -> None:
    for words in command_lines(TEXTS[page]):
        if words[0] == "./run" and words[1] != "vcc":
            assert words[1] in run_commands(), f"{page}: {shlex.join(words)}"
            continue
        arguments = words[2:] if words[0] == "./run" else words[1:]
        if arguments:
            _parse(page, arguments)


def _parse(page: str, arguments: list[str]) -> None:
    """The command line takes these words; where a command is only named, what it needs may be missing."""
    command, _, further = app.parse_commands(arguments)
    assert command, f"{page}: there is no vcc {shlex.join(arguments)}"
    if further:
        try:
            app.parse_args(arguments, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            pytest.fail(f"{page}: vcc {shlex.join(arguments)}: {error}")


def test_there_are_commands_to_look_at() -> None:
    lines = command_lines(TEXTS["README.md"])
    assert ["./run", "demo"] in lines
    assert ["./run", "vcc", "watch", "--tenant", "press"] in lines
    assert len(lines) > 15


@PAGE
def test_serve_has_the_options_that_are_named(page: str) -> None:
    serve = (ROOT / "tests" / "lab" / "serve.py").read_text(encoding="utf-8")
    for words in command_lines(TEXTS[page]):
        for option in (word for word in words[2:] if words[1] == "serve" and words[0] == "./run"):
            if option.startswith("--"):
                assert f'"{option}"' in serve


def test_the_tenant_of_the_readme_is_a_tenant(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    files = re.findall(r"cat > \$C/(\S+) <<'YAML'\n(.*?)^YAML$", TEXTS["README.md"], re.DOTALL | re.MULTILINE)
    assert len(files) == 2
    for name, text in files:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    result = check_folder(folder)
    assert (result.problems, result.warnings) == ((), ())
    assert "garden" in result.use().platform.tenants


def test_every_decision_is_in_the_index() -> None:
    index = TEXTS["docs/adr/README.md"]
    pages = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md") if path.name != "README.md")
    missing = [name for name in pages if f"({name})" not in index]
    assert missing == [], "add a line to docs/adr/README.md"


def test_the_picture_is_well_formed_and_has_both_themes() -> None:
    text = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    root = Xml.fromstring(text)  # noqa: S314 - our own file
    assert root.get("viewBox")
    assert "prefers-color-scheme: dark" in text
