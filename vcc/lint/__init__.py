"""Everything that can be known of a configuration before a call comes, and the bundle that the program runs
on.

    folder -> texts, sounds -> tenancy.load -> Platform ─┐
                            -> ivr_flows   -> flows    ─┴-> checks/ -> Result(problems, warnings, bundle)

`check_folder` is what `vcc check`, the start and a reload all call: there is one way from files to what runs,
so what passes the check is what runs. `checks/` holds one module for each kind of mistake that needs flows,
queues, agents, numbers and sound files together; each is a function from a `Scope` to problems. A *problem*
keeps the configuration from being used; a *warning* is shown and nothing else.

Start reading at `linting.py`; `bundle.py` is the outcome.
"""

from vcc.lint.bundle import Bundle
from vcc.lint.linting import Result, check_folder, check_texts

__all__ = ["Bundle", "Result", "check_folder", "check_texts"]
