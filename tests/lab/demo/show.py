"""What the demo shows: facts as they happen, and the table at the end."""

import sys
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_SHOWN = {
    "ContactArrived": lambda f: f"{f['caller'] or 'phone'} calls {f['number']}",
    "ContactRefused": lambda f: f"not let in: {f['reason']} ({f['treatment']})",
    "NumberEntered": lambda f: f"led into {f['number']}",
    "ChoiceMade": lambda f: f"chose {f['choice']} at {f['step']}",
    "DigitsCollected": lambda f: f"keyed in {f['name']}: {f['digits'] or '(secret)'}",
    "ContactQueued": lambda f: f"waits in {f['queue']}, position {f['position']}",
    "OfferMade": lambda f: f"rings {f['agent']} on {f['phone']}",
    "OfferEnded": lambda f: f"{f['agent']}: {f['outcome']}",
    "AgentConnected": lambda f: f"talks with {f['agent']} after {f['waited_s']:.2f} s",
    "AgentLeft": lambda f: f"conversation of {f['talked_s']:.1f} s with {f['agent']} ended by {f['by']}",
    "ContactRecovered": lambda f: f"taken over again, was {f['state']}, vcc was away {f['gap_s']:.1f} s",
    "ContactEnded": lambda f: f"over: {f['outcome']}",
    "LegHealed": lambda f: f"leg {f['leg']} mended: {f['why']}",
}


class Show:
    """Prints to the terminal; plain lines where there is none."""

    def __init__(self) -> None:
        """Begin with an empty table."""
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
        self._table = Table(title="What was shown", show_lines=False)
        for column in ("", "act", "expected", "seen", "s"):
            self._table.add_column(column, overflow="fold")

    def step(self, text: str) -> None:
        """Say what is being done."""
        self.console.print(f"[bold]{escape(text)}[/bold]")

    def fact(self, fact: dict[str, Any]) -> None:
        """Show a fact of a call as it happens."""
        words = _SHOWN.get(fact["fact"])
        if words is None:
            return
        at = datetime.fromtimestamp(fact["at"]).astimezone().strftime("%H:%M:%S.%f")[:-4]
        who = f"{fact['tenant'] or 'platform':9}{fact['contact'][-6:]:7}"
        self.console.print(f"  [dim]{at}[/dim] {escape(who)} {escape(words(fact))}")

    def done(self, title: str, expected: str, seen: str, *, good: bool, seconds: float) -> None:
        """Note how an act went."""
        mark = "[green]ok[/green]" if good else "[red]FAILED[/red]"
        self._table.add_row(mark, escape(title), escape(expected), escape(seen), f"{seconds:.1f}")
        self.console.print(f"{mark} {escape(title)}: {escape(seen)}")

    def table(self) -> None:
        """Print the table."""
        self.console.print(self._table)
