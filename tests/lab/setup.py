"""The Python part of `./run`'s set-up: sees to it that there is an Asterisk. Says nothing when there is."""

import sys
import time

from tests.lab.pbx import ensure_asterisk
from tests.lab.process import LabError


class ProgressLine:
    """Shows what goes on and for how long: rewritten in place on a terminal, else a line now and then."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._terminal = sys.stderr.isatty()
        self._interval_s = 0.2 if self._terminal else 10.0
        self._shown = float("-inf")

    def __call__(self, text: str) -> None:
        """Show `text`, unless the last one was shown just now."""
        now = time.monotonic()
        if now - self._shown < self._interval_s:
            return
        self._shown = now
        end = "" if self._terminal else "\n"
        start = "\r\033[K" if self._terminal else ""
        print(f"{start}{now - self._started:5.0f} s  {text}", end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave what was shown last on its own line."""
        if self._terminal and self._shown > 0:
            print(file=sys.stderr)


def main() -> int:
    """Make what is missing; `argv[1]` is the seconds that `./run` has taken so far."""
    elapsed = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    progress = ProgressLine(time.monotonic() - elapsed)
    try:
        ensure_asterisk(progress)
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        progress.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
