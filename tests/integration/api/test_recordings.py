"""Recordings over the API: who may hear them, parts of them, what has become of them, and that it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.facts import CommandGiven, RecordingErased, RecordingFinished, RecordingPlayed, RecordingStarted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site

SOUND = bytes(range(256)) * 40


class Recorded:
    """A call of the press that was recorded and is over."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, platform = site, site.platform
        platform.recordings = folder
        platform.sign_in("press/wang", "p104")
        self.contact = platform.arrive("98668", caller="13800000001")
        platform.queue(self.contact, "press/orders")
        platform.talk(self.contact, "press/wang")
        self.recording = platform.recorded(self.contact, SOUND)
        platform.end(self.contact)

    async def hear(self, who: str, query: str = "", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of the sound."""
        headers = {**self.site.bearer(who), **headers}
        address = f"/api/v1/recordings/{self.recording}/audio{query}"
        async with self.site.http.get(address, headers=headers) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    def played(self) -> list[tuple[str, str, int]]:
        """Who got it, how, and from which byte on."""
        return [(f.who, f.how, f.offset) for f in self.site.platform.log.all if isinstance(f, RecordingPlayed)]


@pytest.fixture
def recorded(site: Site, tmp_path: Path) -> Recorded:
    return Recorded(site, tmp_path)


async def test_the_sound(recorded: Recorded) -> None:
    status, body, headers = await recorded.hear("press-listener")
    assert (status, body, headers["Content-Type"]) == (200, SOUND, "audio/wav")
    assert headers["Content-Disposition"] == f'inline; filename="{recorded.recording}.wav"'
    assert (headers["Accept-Ranges"], headers["Cache-Control"]) == ("bytes", "no-store")
    assert recorded.played() == [("token:press-listener", "play", 0)]


async def test_a_part_of_it(recorded: Recorded) -> None:
    status, body, headers = await recorded.hear("press-listener", Range="bytes=1000-1999")
    assert (status, body) == (206, SOUND[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(SOUND)}"
    assert (await recorded.hear("press-listener", Range="bytes=9999999-"))[0] == 416
    assert [offset for _, _, offset in recorded.played()] == [1000, 9999999]


@pytest.mark.parametrize("none", ["bytes=-0", "bytes=-000"])
async def test_the_last_0_bytes_are_no_part(recorded: Recorded, none: str) -> None:
    status, body, headers = await recorded.hear("press-listener", Range=none)
    assert (status, b"range_not_satisfiable" in body) == (416, True)
    assert headers["Content-Range"].startswith("bytes */")
    assert (await recorded.hear("press", Range=none))[0] == 403
    assert recorded.played() == []
    status, body, _ = await recorded.hear("press-listener", Range="bytes=-10")
    assert (status, body) == (206, SOUND[-10:])


async def test_as_a_file(recorded: Recorded) -> None:
    _, _, headers = await recorded.hear("platform", "?download=true")
    assert headers["Content-Disposition"] == f'attachment; filename="{recorded.recording}.wav"'
    assert recorded.played() == [("token:platform", "download", 0)]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("platform", 200),
        ("press-listener", 200),
        ("press", 403),
        ("press-supervisor", 403),
        ("chess", 404),
        ("chess-listener", 404),
        ("wang", 403),
    ],
)
async def test_who_may_hear_it(recorded: Recorded, who: str, status: int) -> None:
    assert (await recorded.hear(who))[0] == status
    assert len(recorded.played()) == (status == 200)


async def test_everybody_in_reach_sees_that_it_is_there(recorded: Recorded, site: Site) -> None:
    for who, number in (
        ("platform", "13800000001"),
        ("press-listener", "13800000001"),
        ("press", "*********01"),
        ("press-supervisor", "*********01"),
    ):
        (found,) = (await site.get("/recordings", who=who))["recordings"]
        assert found["recording"] == recorded.recording
        assert (found["contact"], found["caller"], found["seconds"]) == (recorded.contact, number, 1.5)
        assert await site.get(f"/recordings/{recorded.recording}", who=who) == {**found, "plays": []}
        call = await site.get(f"/calls/{recorded.contact}", who=who)
        assert [one["sha256"] for one in call["record"]["recordings"]] == ["0" * 64]
    assert (await site.get("/recordings", who="chess-listener"))["recordings"] == []


async def test_those_of_a_queue(recorded: Recorded, site: Site) -> None:
    for queue, count in (("press/orders", 1), ("press/authors", 0), ("chess/lessons", 0)):
        assert len((await site.get(f"/recordings?queue={queue}", who="press"))["recordings"]) == count
    for caller, count in (("13800000001", 1), ("13800000002", 0)):
        assert len((await site.get(f"/recordings?caller={caller}", who="press"))["recordings"]) == count


async def test_who_has_heard_it(recorded: Recorded, site: Site) -> None:
    await recorded.hear("press-listener")
    site.platform.now += 5
    await recorded.hear("platform", "?download=true")
    await recorded.hear("press", "?download=true")
    plays = (await site.get(f"/recordings/{recorded.recording}", who="press"))["plays"]
    assert [(play["who"], play["how"], play["offset"]) for play in plays] == [
        ("token:press-listener", "play", 0),
        ("token:platform", "download", 0),
    ]
    assert plays[1]["at"] - plays[0]["at"] == 5


async def test_one_whose_time_was_over(recorded: Recorded, site: Site) -> None:
    name = recorded.recording
    erased = RecordingErased(
        at=site.platform.now, tenant="press", contact=recorded.contact, recording=name, why="retention"
    )
    site.platform.tell(erased)
    status, answer = await site.ask("GET", f"/recordings/{name}/audio", who="press-listener")
    assert (status, answer["code"]) == (410, "gone")
    assert (await site.ask("GET", f"/recordings/{name}/audio", who="press"))[0] == 403
    found = await site.get(f"/recordings/{name}", who="press")
    assert (found["erased_at"], found["seconds"]) == (site.platform.now, 1.5)
    assert recorded.played() == []


async def test_one_that_goes_on_and_one_that_became_nothing(recorded: Recorded, site: Site) -> None:
    about: dict[str, Any] = {"at": site.platform.now, "tenant": "press", "contact": recorded.contact}
    name = recorded.recording = f"{recorded.contact}-2"
    site.platform.tell(
        RecordingStarted(**about, recording=name, queue="press/orders", agent="press/wang", why="always")
    )
    assert (await recorded.hear("press-listener"))[0] == 409
    site.platform.tell(RecordingFinished(**about, recording=name, problem="nothing was recorded"))
    assert (await recorded.hear("press-listener"))[0] == 410


async def test_pauses_are_commanded_by_the_tenant_and_by_the_agent_who_talks(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    call = platform.arrive("98668")
    path, body = f"/calls/{call}/recording", {"action": "pause"}
    assert (await site.ask("POST", path, who="press", json=body))[0] == 409
    platform.queue(call, "press/orders")
    platform.offer(call, "press/wang")
    assert (await site.ask("POST", path, who="wang", json=body))[0] == 404, "it only rings"
    platform.talk(call, "press/wang")
    for who, status in (("press", 200), ("press-supervisor", 200), ("wang", 200), ("platform", 200), ("lin", 404)):
        assert (await site.ask("POST", path, who=who, json=body))[0] == status, who
    given = [fact.who for fact in platform.log.all if isinstance(fact, CommandGiven)]
    assert given == ["token:press", "token:press-supervisor", "token:wang", "token:platform"]
    assert (await site.ask("POST", path, who="press", json={"action": "erase"}))[0] == 400
