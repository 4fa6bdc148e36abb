"""`vcc flow draw`: a flow as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

from vcc.cli.errors import DONE, CommandError, UsageError
from vcc.cli.words import clean


def draw(flow: str, config: Path, into: Path | None, *, as_mermaid: bool, language: str) -> int:
    """Write the picture to a file, or print it."""
    from core.errors import ConfigurationError
    from ivr_flows.drawing import mermaid, svg
    from vcc.flows.finding import find

    path = Path(flow)
    try:
        subjects = find([path if path.is_file() else config])
    except ConfigurationError as error:
        raise CommandError("\n".join(["These mistakes come first:", *map(clean, error.problems)])) from None
    known = {subject.name: subject.flow for subject in subjects}
    found = next(iter(known.values()), None) if path.is_file() else known.get(flow)
    if found is None:
        raise UsageError(f"There is no flow '{clean(flow)}'; name a file, or one of {', '.join(sorted(known))}.")
    picture = (mermaid if as_mermaid else svg)(found, language)
    if into is None:
        sys.stdout.write(picture)
        return DONE
    try:
        into.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{into} cannot be written: {error.strerror}.") from None
    return DONE
