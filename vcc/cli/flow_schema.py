"""`vcc flow schema`: the JSON Schema of a flow's file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vcc.cli.errors import DONE, CommandError


def schema(into: Path | None) -> int:
    """Write it to a file, or print it."""
    from ivr_flows import reference

    text = json.dumps(reference.schema(), ensure_ascii=False, indent=1) + "\n"
    if into is None:
        sys.stdout.write(text)
        return DONE
    try:
        into.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{into} cannot be written: {error.strerror}.") from None
    return DONE
