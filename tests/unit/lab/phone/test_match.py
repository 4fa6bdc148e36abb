"""The comparison of heard audio with a reference: it fails on what it must not take, and passes over a telephone."""

from pathlib import Path

import pytest

from tests.lab.phone import g711, heard_score
from tests.lab.phone.audio import RATE, SAMPLE_BYTES, read_wav, samples_of, tone
from tests.lab.phone.errors import MisuseError
from tests.lab.phone.match import GOOD_SCORE, Match
from tests.unit.lab.phone.support import speech

PRESS = "Welcome to Beijing Starry Sky Press. Press one for orders, press two for the editors."
ACADEMY = "Welcome to Sichuan Chess Academy. Press one for lessons, press two for tournaments."
SECOND = RATE * SAMPLE_BYTES
PACKET = 160 * SAMPLE_BYTES


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("speech")
    texts = {
        "press": ("en", PRESS),
        "academy": ("en", ACADEMY),
        "two": ("en", "You are number two in the queue"),
        "three": ("en", "You are number three in the queue"),
        "authors": ("en", PRESS.replace("editors", "authors")),
        "北京": ("cmn", "北京星空出版社欢迎您。订书请按一，投稿请按二，人工服务请按零。"),
        "四川": ("cmn", "四川棋院欢迎您。报名请按一，比赛请按二，人工服务请按零。"),
    }
    return {name: read_wav(speech(folder, text, voice)) for name, (voice, text) in texts.items()}


def quieter(sound: bytes) -> bytes:
    return b"".join((sample // 2).to_bytes(2, "little", signed=True) for sample in samples_of(sound))


def over(codec: str, sound: bytes) -> bytes:
    return g711.decode(codec, g711.encode(codec, sound))


def middle(sound: bytes) -> int:
    return len(sound) // 2 // PACKET * PACKET


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("name", ["press", "academy", "two", "北京", "四川"])
def test_a_greeting_is_heard_over_a_telephone(voices: dict[str, bytes], name: str, codec: str) -> None:
    greeting = voices[name]
    heard = over(codec, bytes(2 * SECOND) + quieter(greeting) + bytes(SECOND))
    match = heard_score(heard, greeting)
    assert match.score > 0.99
    assert match.offset_s == pytest.approx(2.0, abs=0.001)
    assert match.end_s == pytest.approx(2.0 + len(greeting) / SECOND, abs=0.001)


@pytest.mark.parametrize("name", ["press", "academy", "北京", "四川"])
def test_a_lost_packet_is_forgiven(voices: dict[str, bytes], name: str) -> None:
    greeting = voices[name]
    at = middle(greeting)
    lost = greeting[:at] + bytes(PACKET) + greeting[at + PACKET :]
    assert heard_score(bytes(SECOND) + over("PCMU", lost), greeting).good


@pytest.mark.parametrize("name", ["press", "academy", "北京", "四川"])
def test_a_shift_in_the_middle_is_forgiven(voices: dict[str, bytes], name: str) -> None:
    greeting = voices[name]
    at = middle(greeting)
    assert heard_score(greeting[:at] + bytes(PACKET) + greeting[at:], greeting).good
    assert heard_score(greeting[:at] + greeting[at + PACKET // 2 :] + bytes(SECOND), greeting).good


@pytest.mark.parametrize("packets", [0.25, 1, 2])
def test_a_beginning_cut_by_a_packet_is_forgiven(voices: dict[str, bytes], packets: float) -> None:
    cut = int(packets * PACKET)
    assert heard_score(voices["press"][cut:], voices["press"]).good


@pytest.mark.parametrize("name", ["press", "academy", "北京", "四川"])
def test_what_was_not_heard_whole_is_not_heard(voices: dict[str, bytes], name: str) -> None:
    greeting = voices[name]
    half = len(greeting) // 4 * SAMPLE_BYTES
    silence = bytes(len(greeting))
    backwards = samples_of(greeting)[::-1].tobytes()
    for heard in (b"", silence, greeting[:half], greeting[:half] + silence, silence + greeting[half:], backwards):
        assert heard_score(heard, greeting).score < 0.2
    most = int(len(greeting) * 0.8) // 2 * 2
    assert heard_score(greeting[:most] + silence, greeting).score < GOOD_SCORE / 2


def test_another_sentence_of_the_same_voice_is_not_it(voices: dict[str, bytes]) -> None:
    for name, reference in voices.items():
        for other, heard in voices.items():
            if other != name and {name, other} != {"two", "three"}:
                assert heard_score(heard + bytes(SECOND), reference).score < 0.5, (name, other)


def test_one_other_word_is_not_it(voices: dict[str, bytes]) -> None:
    assert heard_score(voices["two"] + bytes(SECOND), voices["three"]).score < GOOD_SCORE - 0.1
    assert heard_score(voices["three"] + bytes(SECOND), voices["two"]).score < GOOD_SCORE - 0.1


def test_pauses_at_the_reference_s_ends_need_not_be_heard(voices: dict[str, bytes]) -> None:
    greeting = voices["press"]
    match = heard_score(greeting, bytes(SECOND) + greeting + bytes(SECOND))
    assert match.good
    assert match.offset_s == pytest.approx(-1.0, abs=0.001)


def test_the_best_of_two_is_found(voices: dict[str, bytes]) -> None:
    broken = voices["press"][: len(voices["press"]) // 4 * 2]
    match = heard_score(broken + bytes(SECOND) + voices["press"], voices["press"])
    assert match.good
    assert match.offset_s == pytest.approx((len(broken) + SECOND) / SECOND, abs=0.001)


def test_a_tone_is_told_from_another_and_from_a_shorter_one() -> None:
    reference = tone(600, 0.4)
    assert heard_score(over("PCMA", bytes(SECOND) + tone(600, 2)), reference).good
    for heard in (tone(620, 2), tone(440, 2), bytes(SECOND), tone(600, 0.2) + bytes(SECOND)):
        assert not heard_score(heard, reference).good


def test_a_reference_must_have_sound() -> None:
    for reference in (b"", bytes(SECOND), tone(440, 0.1)):
        with pytest.raises(MisuseError, match="at least"):
            heard_score(tone(440, 1), reference)


def test_a_file_can_be_compared(tmp_path: Path) -> None:
    path = speech(tmp_path, "One two three")
    assert isinstance(heard_score(path, path), Match)
    assert heard_score(str(path), path).good
