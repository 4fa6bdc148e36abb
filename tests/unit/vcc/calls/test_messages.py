"""Messages that callers leave: kept as recordings, dropped, listened to; hung up, failed, and over a crash."""

from __future__ import annotations

import pytest

from core.facts import RecordingFinished, RecordingStarted
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.configuration import TEXTS

FLOW = """
steps:
  - record:
      say: {en: Talk.}
      box: ideas
      review: {say: {en: Sure.}}
      on_failure: {say: {en: Failed.}}
  - say: {en: Thanks.}
"""


VOICE_HZ = 700


@pytest.fixture
def centre() -> Centre:
    return Centre({**TEXTS, "tenants/press/flows/main.yaml": FLOW})


def talks(centre: Centre) -> str:
    """The leg of a caller who speaks."""
    leg = centre.call()
    centre.wait(2 * SECONDS + 0.1)
    assert centre.exchange.legs[leg].tape is not None
    centre.exchange.speak(leg, VOICE_HZ)
    return leg


def ends_it(centre: Centre) -> str:
    leg = talks(centre)
    centre.wait(3)
    centre.press(leg, "#")
    centre.wait(0.6)
    assert centre.heard(leg) == "Sure."
    return leg


def kept(centre: Centre) -> list[tuple[str, str]]:
    centre.wait(4)
    centre.shelf.make()
    assert len(centre.of(RecordingFinished)) == len(centre.of(RecordingStarted))
    return [(fact.why, fact.queue) for fact in centre.of(RecordingStarted)]


def test_accepted_it_is_kept(centre: Centre) -> None:
    leg = ends_it(centre)
    centre.press(leg, "1")
    assert centre.heard(leg) == "Thanks."
    assert kept(centre) == [("message", "press/ideas")]


def test_the_caller_listens_to_it(centre: Centre) -> None:
    leg = ends_it(centre)
    contact = centre.session(leg).contact
    centre.press(leg, "2")
    assert centre.heard(leg) == f"copy of {contact}-1"
    assert centre.of(RecordingStarted) == []


def test_spoken_anew_only_the_last_is_kept(centre: Centre) -> None:
    leg = ends_it(centre)
    contact = centre.session(leg).contact
    centre.press(leg, "3")
    centre.wait(2 * SECONDS + 0.1)
    assert centre.shelf.discarded == [f"{contact}-1"]
    centre.press(leg, "#")
    centre.wait(0.6)
    centre.press(leg, "1")
    assert kept(centre) == [("message", "press/ideas")]
    assert [fact.recording for fact in centre.of(RecordingStarted)] == [f"{contact}-2"]


def test_who_hangs_up_in_the_midst_has_left_a_message(centre: Centre) -> None:
    centre.leave(talks(centre))
    assert kept(centre) == [("message", "press/ideas")]


def test_or_before_it_was_decided(centre: Centre) -> None:
    centre.leave(ends_it(centre))
    assert kept(centre) == [("message", "press/ideas")]


def test_who_falls_silent_is_asked_what_to_do_with_it(centre: Centre) -> None:
    leg = talks(centre)
    centre.wait(10)
    centre.exchange.speak(leg, 0)
    centre.wait(4.9)
    assert centre.exchange.legs[leg].tape is not None
    centre.wait(0.7)
    assert centre.heard(leg) == "Sure."
    centre.press(leg, "2")
    assert centre.heard(leg) == f"copy of {centre.session(leg).contact}-1"
    centre.press(leg, "1")
    centre.wait(1)
    [(recording, _)] = centre.shelf.asked
    assert recording.silent_s == 5.0
    assert kept(centre) == [("message", "press/ideas")]


def test_who_falls_silent_and_hangs_up_has_left_it(centre: Centre) -> None:
    leg = talks(centre)
    centre.exchange.speak(leg, 0)
    centre.wait(5.6)
    assert centre.heard(leg) == "Sure."
    centre.leave(leg)
    assert kept(centre) == [("message", "press/ideas")]


def says_nothing(centre: Centre) -> str:
    leg = centre.call()
    centre.wait(2 * SECONDS + 0.1)
    return leg


def test_who_says_nothing_leaves_no_message(centre: Centre) -> None:
    leg = says_nothing(centre)
    contact = centre.session(leg).contact
    centre.wait(5)
    assert centre.heard(leg) == "Thanks."
    assert kept(centre) == []
    assert centre.shelf.discarded == [f"{contact}-1"]
    assert centre.stored("recording") == {}


def test_who_hangs_up_without_a_word_leaves_none(centre: Centre) -> None:
    leg = says_nothing(centre)
    contact = centre.session(leg).contact
    centre.wait(2)
    centre.leave(leg)
    assert kept(centre) == []
    assert centre.shelf.discarded == [f"{contact}-1"]


def test_one_in_which_nobody_is_heard_is_none(centre: Centre) -> None:
    leg = ends_it(centre)
    centre.press(leg, "1")
    centre.wait(4)
    centre.shelf.make(silent=True)
    assert centre.of(RecordingStarted) == []
    assert centre.shelf.discarded != []


def test_the_end_key_at_the_moment_of_the_silence(centre: Centre) -> None:
    leg = talks(centre)
    centre.exchange.speak(leg, 0)
    centre.wait(4.9999)
    centre.press(leg, "#")
    centre.wait(0.6)
    assert centre.heard(leg) == "Sure."
    centre.press(leg, "1")
    assert kept(centre) == [("message", "press/ideas")]


def test_a_crash_in_the_midst_asks_anew(centre: Centre) -> None:
    leg = talks(centre)
    centre.restart()
    assert centre.heard(leg) == "Talk."
    centre.leave(leg)
    assert kept(centre) == []
