"""`python -m vcc.cli`."""

from __future__ import annotations

import sys

from vcc.cli import main

if __name__ == "__main__":
    sys.exit(main())
