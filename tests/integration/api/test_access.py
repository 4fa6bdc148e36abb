"""Who may do what: tokens, roles, logins, sessions, CSRF."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from tests.integration.api.test_scope import BODIES
from tests.lab import standin
from tests.lab.standin import StandIn
from tests.lab.standin.configuration import TOKENS
from vcc.api.login import guard
from vcc.api.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import aiohttp

    from tests.integration.api.conftest import Site
    from vcc.api.routing import Route

NOTHING_SENT: dict[str, str] = {}
EVENTS = "text/event-stream"


# --- tokens and roles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        NOTHING_SENT,
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": f"Bearer {standin.token('press')}x"},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Cookie": "vcc_session=nonsense"},
        {"Cookie": f"vcc_session={standin.token('press')}"},
    ],
)
@pytest.mark.parametrize("path", ["/me", "/calls", "/events", "/tenants/press/board/events"])
async def test_nobody_gets_in(site: Site, headers: dict[str, str], path: str) -> None:
    status, answer = await site.ask("GET", path, who=None, headers=headers)
    assert status == 401
    assert answer["code"] == "unauthorized"
    assert "Bearer" in answer["advice"]


#: Commands for a caller who talks with an agent.
IN_CONVERSATION = {
    "controlRecording",
    "converse",
    "consult",
    "parkCall",
    "retrieveCall",
    "supervise",
    "transferCall",
    "giveDisposition",
}


@pytest.mark.parametrize("route", [r for r in ROUTES if r.answer is not None], ids=lambda route: route.name)
@pytest.mark.parametrize("who", ["platform", "press", "press-supervisor", "wang"])
async def test_each_role_at_each_door(site: Site, route: Route, who: str, tmp_path: Path) -> None:
    """The table of roles is what the server does; an own thing is asked for, so that only the role can refuse."""
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    call = platform.arrive("98668")
    platform.queue(call, "press/orders")
    talk, platform.recordings = platform.arrive("98668"), tmp_path
    platform.queue(talk, "press/orders")
    platform.talk(talk, "press/wang")
    contact = talk if route.name in IN_CONVERSATION else call
    recording = platform.recorded(talk)
    if route.name in {"retrieveCall", "extendWrapUp"}:  # a conversation that is parked leaves its agent in wrap-up
        platform.park(talk, who="test")
    platform.ask_callback(call, "press", "press/orders", "13800000001")
    platform.published("press/main", proposed=route.name == "approvePublication")
    names = {"tenant": "press", "agent": "press/wang", "contact": contact, "callback": call, "recording": recording}
    path = route.path.format(**names, flow="main", number="1")
    body = BODIES.get(route.name)
    status, answer = await site.ask(route.method, path, who=who, **({} if body is None else {"json": body}))
    allowed = TOKENS[who]["role"] in route.roles
    assert status == (200 if allowed else 403), answer
    if not allowed:
        assert (answer["code"], bool(answer["advice"])) == ("forbidden", True)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.media == EVENTS and r.answer is None], ids=lambda route: route.name
)
async def test_each_role_at_each_stream(site: Site, route: Route) -> None:
    path = route.path.format(tenant="press")
    for who in ("platform", "press", "press-supervisor", "wang"):
        if TOKENS[who]["role"] not in route.roles:
            assert (await site.ask("GET", path, who=who))[0] == 403
            continue
        async with site.events(path, who=who) as events:
            assert events.first["event"] in {"hello", "board", "desk"}


async def test_an_agents_own_state_is_all_it_has(site: Site) -> None:
    agents = await site.get("/agents", who="lin")
    assert [agent["agent"] for agent in agents["agents"]] == ["lin"]
    status, _ = await site.ask("POST", "/agents/zhao/state", who="lin", json={"wish": "ready", "phone": "p101"})
    assert status == 404
    status, agent = await site.ask("POST", "/agents/lin/state", who="lin", json={"wish": "ready", "phone": "p101"})
    assert (status, agent["wish"]) == (200, "ready")
    me = await site.get("/me", who="lin")
    assert me == {"name": "token:lin", "role": "agent", "tenants": [], "agent": "lin", "csrf": None}


async def test_who_gave_a_command_is_on_record(site: Site) -> None:
    await site.ask("POST", "/tenants/press/closure", who="press", json={"closed": True})
    given = site.platform.log.all[-1]
    assert (type(given).__name__, getattr(given, "who", "")) == ("CommandGiven", "token:press")


async def test_a_token_taken_out_of_the_secrets_is_out_at_once(site: Site) -> None:
    await site.get("/me", who="press")
    secrets = standin.secrets()
    site.directory.replace(secrets.model_copy(update={"tokens": {"platform": secrets.tokens["platform"]}}))
    assert (await site.ask("GET", "/me", who="press"))[0] == 401


async def test_a_token_that_stands_as_a_hash(site: Site) -> None:
    secrets = standin.secrets()
    digest = "sha256:" + hashlib.sha256(standin.token("press").encode()).hexdigest()
    hashed = secrets.tokens["press"].model_copy(update={"token": SecretStr(digest)})
    site.directory.replace(secrets.model_copy(update={"tokens": {"press": hashed}}))
    assert (await site.get("/me", who="press"))["name"] == "token:press"
    status, _ = await site.ask("GET", "/me", who=None, headers={"Authorization": f"Bearer {digest}"})
    assert status == 401, "the hash itself opens the door"


async def test_the_local_way_in(site: Site) -> None:
    file = site.state / "cli.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(file.read_text())
    assert found["url"] == site.url
    assert (found["config"], found["secrets"]) == (str(site.state / "config"), str(site.state / "secrets.yaml"))
    headers = {"Authorization": f"Bearer {found['token']}"}
    site.directory.replace(standin.secrets())
    status, me = await site.ask("GET", "/me", who=None, headers=headers)
    assert (status, me["name"], me["role"]) == (200, "local", "platform")


# --- logins -------------------------------------------------------------------------------------------------------


async def log_in(site: Site, name: str, password: str | None = None, **more: Any) -> aiohttp.ClientResponse:
    form = {"user": name, "password": standin.password(name) if password is None else password, "next": "/t/press"}
    form.update(more.pop("form", {}))
    return await site.http.post("/login", data=form, allow_redirects=False, **more)


async def test_a_login_opens_pages_and_api(site: Site) -> None:
    async with await log_in(site, "press") as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/t/press")
        cookie = answer.cookies["vcc_session"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert int(cookie["max-age"]) > 3_600
    me = await site.get("/me", who=None)
    assert (me["name"], me["role"], me["tenants"]) == ("user:press", "tenant", ["press"])
    assert len(me["csrf"]) > 30


async def test_a_command_of_a_session_needs_its_csrf_token(site: Site) -> None:
    async with await log_in(site, "press"):
        pass
    csrf = (await site.get("/me", who=None))["csrf"]
    path, body = "/tenants/press/closure", {"closed": True}
    for headers in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": csrf, "Origin": "https://evil.example"}):
        status, answer = await site.ask("POST", path, who=None, json=body, headers=headers)
        assert status == 403, headers
        assert answer["code"] in {"csrf", "origin"}
    assert site.platform.closed_tenants() == frozenset()
    own = {"X-CSRF-Token": csrf, "Origin": site.url}
    status, _ = await site.ask("POST", path, who=None, json=body, headers=own)
    assert (status, site.platform.closed_tenants()) == (200, frozenset({"press"}))


async def test_a_login_from_another_site_is_refused(site: Site) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        async with await log_in(site, "press", headers=headers) as answer:
            assert answer.status == 403
            assert "vcc_session" not in answer.cookies


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\r\nSet-Cookie: x=1", "javascript:x"]
)
async def test_a_login_leads_to_own_pages_only(site: Site, following: str) -> None:
    async with await log_in(site, "press", form={"next": following}) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize(
    ("name", "password"), [("press", "wrong"), ("press", ""), ("nobody", "x"), ("", ""), ("\x00", "\x00" * 1_000)]
)
async def test_a_wrong_login(site: Site, name: str, password: str) -> None:
    async with await log_in(site, name, password) as answer:
        assert answer.status == 403
        assert "vcc_session" not in answer.cookies
        assert "用户名或密码不正确" in await answer.text()


async def test_guessing_is_slowed_and_then_locked(site: Site) -> None:
    for _ in range(guard.FREE_USER):
        async with await log_in(site, "press", "wrong") as answer:
            assert answer.status == 403
    waits = []
    for _ in range(10):
        async with await log_in(site, "press") as answer:
            assert answer.status == 429, "the right password is not looked at while locked"
            waits.append(int(answer.headers["Retry-After"]))
            assert str(waits[-1]) in await answer.text()
        site.platform.now += waits[-1]
        async with await log_in(site, "press", "wrong") as answer:
            assert answer.status == 403
    assert waits == sorted(waits)
    assert waits[0] <= 3
    assert waits[-1] >= guard.LOCK_S
    async with await log_in(site, "chess") as answer:
        assert answer.status == 303, "one user's lock does not hold up others"
    site.platform.now += guard.LOCK_S + 1
    async with await log_in(site, "press") as answer:
        assert answer.status == 303


async def test_failed_logins_are_logged(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    async with await log_in(site, "press", "a wrong password"):
        pass
    said = capsys.readouterr()
    assert "login failed" in said.out + said.err
    assert "a wrong password" not in said.out + said.err


async def test_logging_out_ends_the_session_on_the_server(site: Site) -> None:
    async with await log_in(site, "press") as answer:
        cookie = answer.cookies["vcc_session"].value
    csrf = (await site.get("/me", who=None))["csrf"]
    async with site.http.post("/logout", data={"csrf": "wrong"}, allow_redirects=False) as answer:
        assert answer.status == 403
    await site.get("/me", who=None)
    async with site.http.post("/logout", data={"csrf": csrf}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
    status, _ = await site.ask("GET", "/me", who=None, headers={"Cookie": f"vcc_session={cookie}"})
    assert status == 401


async def test_a_session_outlives_a_restart_but_not_its_time(
    site: Site, another_site: Callable[[StandIn], Site]
) -> None:
    async with await log_in(site, "press") as answer:
        headers = {"Cookie": f"vcc_session={answer.cookies['vcc_session'].value}"}
    stored = (site.state / "logins.json").read_text()
    assert stat.S_IMODE((site.state / "logins.json").stat().st_mode) == 0o600
    assert answer.cookies["vcc_session"].value not in stored
    assert standin.password("press") not in stored
    later = StandIn(now=site.platform.now + 11 * 3_600)
    async with another_site(later) as again:
        assert (await again.get("/me", who=None, headers=headers))["name"] == "user:press"
        later.now += 2 * 3_600
        assert (await again.ask("GET", "/me", who=None, headers=headers))[0] == 401


async def test_a_changed_password_or_a_removed_user_ends_the_sessions(site: Site) -> None:
    async with await log_in(site, "press"):
        pass
    secrets = standin.secrets()
    users = dict(secrets.users)
    users["press"] = users["press"].model_copy(update={"password": SecretStr("another password")})
    site.directory.replace(secrets.model_copy(update={"users": users}))
    assert (await site.ask("GET", "/me", who=None))[0] == 401
    site.directory.replace(secrets)
    assert (await site.ask("GET", "/me", who=None))[0] == 200
    del users["press"]
    site.directory.replace(secrets.model_copy(update={"users": users}))
    assert (await site.ask("GET", "/me", who=None))[0] == 401


async def test_a_damaged_file_of_sessions_lets_everybody_log_in_again(
    site: Site, another_site: Callable[[StandIn], Site]
) -> None:
    for text in ("", "[]", '{"a": 1}', "\x00"):
        (site.state / "logins.json").write_text(text)
        async with another_site(StandIn()) as again, await log_in(again, "press") as answer:
            assert answer.status == 303


async def test_many_logins_at_once_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcc.api.login.passwords.WAITING", 0)
    async with await log_in(site, "press") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
