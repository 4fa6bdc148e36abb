"""The reference page of the steps: what the models take, with the meanings of fields from docs/flow-language.md.

A step that is new is on the page without a line here; its meanings come from its section there, if it has one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ivr_flows import compiler
from ivr_flows.reference import kinds
from ivr_flows.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_flows.reference.kinds import Field, Kind

_HEAD = """\
# The steps

Made from the models of the steps; do not edit (`python -m tests.lab.reference` writes it anew). What the language is
for and how a flow is put together is told in [flow-language.md](../flow-language.md). *Takes* is what vcc says was
expected where something else stands.
"""
_SECTION = re.compile(r"\n### (\w+)\n(.*?)(?=\n### |\n## |\Z)", re.DOTALL)
_ROW = re.compile(r"^\| (`.+?`[^|]*?) \| (.+?) \|(?: [^|]*\|)?$", re.MULTILINE)
_EXAMPLE = re.compile(r"```yaml\n.*?```", re.DOTALL)
_FILE = "flow.yaml"


def page(language: str) -> str:
    """The page; `language` is the text of docs/flow-language.md."""
    sections = dict(_SECTION.findall(language))
    shared = _meanings(sections.get("menu", ""))
    parts = [_HEAD]
    parts += [_step(kinds.kind(step), sections.get(name, ""), shared) for name, step in STEPS.items()]
    return "\n".join(parts)


def _step(kind: Kind, section: str, shared: dict[str, str]) -> str:
    model = kind.model
    own = {name: meaning for name, meaning in _meanings(section).items() if not meaning.startswith("as in ")}
    meanings = {**(shared if model.asks else {}), **own}
    lines = [f"## {kind.name}", kind.summary, "", *_forms(kind), ""]
    if kind.whole is not None:
        lines += ["| field | meaning | takes | default |", "|---|---|---|---|"]
        lines += [_row(field, meanings.get(field.name, "")) for field in kinds.fields(model)]
        lines += [_branch(name, meanings.get(name, ""), in_map=name in model.branch_maps) for name in
                  kinds.branches(model)]  # fmt: skip
        if model.keyed:
            what = f"a value of `{model.key_field}`" if model.key_field else "steps"
            lines.append(f'| a key, such as `1` or `"#"` | {own.get("1", "")} | {what} | none |')
        lines.append("")
    if example := _EXAMPLE.search(section):
        lines += [example.group(), ""]
    lines += ["What is said of mistakes (from the column on):", "```", *_refused(kind), "```", ""]
    return "\n".join(lines)


def _forms(kind: Kind) -> Iterator[str]:
    """How it can be written."""
    forms = []
    if kind.bare:
        forms.append(f"`- {kind.name}` alone")
    if kind.brief is not None:
        field = next(field for field in kinds.fields(kind.brief) if field.name == kind.short)
        forms.append(f"`- {kind.name}: …` for `{kind.short}` alone ({field.takes})")
    if kind.whole is not None:
        forms.append("with its fields")
    yield f"Written {', or '.join(forms)}."


def _row(field: Field, meaning: str) -> str:
    default = "required" if field.required else f"`{field.default}`" if field.default else "none"
    return f"| `{field.name}` | {meaning} | {_cell(field.takes)} | {default} |"


def _branch(name: str, meaning: str, *, in_map: bool) -> str:
    return f"| `{name}` | {meaning} | {'`value: steps` lines' if in_map else 'steps'} | none |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _meanings(section: str) -> dict[str, str]:
    """What a section's table says of each field; several may share a row."""
    found: dict[str, str] = {}
    for names, meaning in _ROW.findall(section):
        for name in re.findall(r"`\"?([\w#*]+)\"?`", names):
            found.setdefault(name, _moved(meaning))
    return found


def _moved(text: str) -> str:
    """A text of docs/flow-language.md for a page of docs/reference/: its links lead where they led."""
    text = re.sub(r"\]\((?!https?:|#)", "](../", text)
    return text.replace("](#", "](../flow-language.md#")


def _refused(kind: Kind) -> list[str]:
    """What is said of it left empty, with a key that it does not know, and with a value that no field takes."""
    tried = [f"{kind.name}:", f"{kind.name}: {{nothing: 1}}"]
    if kind.whole is not None:
        tried += [f"{kind.name}: {{{field.name}: [[]]}}" for field in kinds.fields(kind.whole)[-1:]]
    lines: list[str] = []
    for written in tried:
        _, problems = compiler.read(f"steps:\n  - {written}\n", _FILE)
        lines += [f"- {written}", *(f"    {str(problem).removeprefix(f'{_FILE}:2:')}" for problem in problems[:1])]
    return lines
