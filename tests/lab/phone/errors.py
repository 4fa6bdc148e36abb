"""What can go wrong with a test phone. An `ExpectationError` is an AssertionError too: the test has failed."""

from __future__ import annotations

from typing import ClassVar


class PhoneError(Exception):
    """Root of the phone's errors; `code` is stable."""

    code: ClassVar[str] = "phone"


class MalformedError(PhoneError, ValueError):
    """The bytes are no SIP message, SDP body or RTP packet; the text says which rule they break."""

    code = "malformed"


class MisuseError(PhoneError):
    """The test asked for something that the call cannot do in its state: the test is wrong, not the switch."""

    code = "misuse"


class ExpectationError(PhoneError, AssertionError):
    """What a test waited for did not happen. The text has the likely causes and the last SIP messages."""

    code = "expectation"

    def __init__(self, expected: str, found: str, evidence: str = "") -> None:
        """Say what was expected, what was found in its place, and what was seen on the wire lately."""
        self.expected = expected
        self.found = found
        super().__init__("\n".join(part for part in (f"expected {expected}, but {found}", evidence) if part))
