"""The pages as they leave the server: who gets which, in which language, under which policy."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.lab import standin
from vcc.api.pages.frame import STATIC
from vcc.api.pages.html import Html, data, fill
from vcc.api.pages.texts import LANGUAGES, TEXTS, choose, pick

if TYPE_CHECKING:
    import aiohttp

    from tests.integration.api.conftest import Site


async def log_in(site: Site, name: str) -> None:
    form = {"user": name, "password": standin.password(name)}
    async with site.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


async def get(site: Site, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, str]:
    async with site.http.get(path, headers=headers, allow_redirects=False) as answer:
        return answer, await answer.text()


async def test_strangers_are_led_to_the_login_and_back(site: Site) -> None:
    for path, login in (
        ("/", "/login"),
        ("/t/press", "/login?next=/t/press"),
        ("/t/nobody?lang=en", "/login?next=/t/nobody&lang=en"),
        ("/t/press/recordings", "/login?next=/t/press/recordings"),
        ("/t/press/attendance", "/login?next=/t/press/attendance"),
        ("/desk", "/login?next=/desk"),
        ("/t/press?lang=xx", "/login?next=/t/press"),
    ):
        answer, _ = await get(site, path)
        assert (answer.status, answer.headers["Location"]) == (303, login)
    _, text = await get(site, "/login?next=/t/press&lang=en")
    assert 'href="/login?next=/t/press&amp;lang=zh-CN"' in text


@pytest.mark.parametrize(
    ("who", "there", "not_there"),
    [("platform", ["press", "chess", "sunshine"], []), ("press", ["press"], ["chess", "sunshine"])],
)
async def test_each_sees_its_own_tenants(site: Site, who: str, there: list[str], not_there: list[str]) -> None:
    await log_in(site, who)
    _, text = await get(site, "/")
    assert set(re.findall(r'href="/t/(\w+)"', text)) == set(there)
    for page in ("", "/recordings", "/attendance"):
        for tenant in there:
            answer, _ = await get(site, f"/t/{tenant}{page}")
            assert answer.status == 200
        texts = set()
        for tenant in [*not_there, "nobody"]:
            answer, text = await get(site, f"/t/{tenant}{page}")
            assert answer.status == 404
            texts.add(re.sub(r"nonce=\S+|" + tenant, "", text))
        assert len(texts) == 1, "what belongs to others looks different from what is not there"
    answer, _ = await get(site, "/desk")
    assert answer.status == 404


async def test_the_policy_lets_only_our_own_run(site: Site) -> None:
    await log_in(site, "press")
    nonces = set()
    for path in ("/", "/t/press", "/t/press/recordings", "/t/press/attendance", "/login", "/t/nobody"):
        answer, text = await get(site, path)
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        nonce = policy["script-src"].removeprefix("'nonce-").rstrip("'")
        nonces.add(nonce)
        assert policy == {
            "default-src": "'none'", "script-src": f"'nonce-{nonce}'", "style-src": f"'nonce-{nonce}'",
            "connect-src": "'self'", "img-src": "'self'", "media-src": "'self'", "form-action": "'self'",
            "base-uri": "'none'", "frame-ancestors": "'none'",
        }  # fmt: skip
        assert answer.headers["Cache-Control"] == "no-store"
        for tag in re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", text):
            assert f'nonce="{nonce}"' in tag
        assert not re.findall(r"\son\w+=|style=|https?://", text), "something inline, or from elsewhere"
    assert len(nonces) == 6


async def test_static_files_are_ours_alone_and_may_be_kept(site: Site) -> None:
    _, page = await get(site, "/login")
    for name, kind in STATIC.items():
        address = next(iter(re.findall(rf'"(/static/{name}\?v=\w+)"', page)), f"/static/{name}")
        answer, text = await get(site, address)
        assert answer.content_type == kind
        assert "immutable" in answer.headers["Cache-Control"]
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize(
    ("path", "headers", "language"),
    [
        ("/login", {}, "zh-CN"),
        ("/login", {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.8"}, "en"),
        ("/login", {"Accept-Language": "de,zh-TW;q=0.5"}, "zh-CN"),
        ("/login", {"Accept-Language": "de"}, "zh-CN"),
        ("/login?lang=en", {}, "en"),
        ("/login?lang=xx", {"Accept-Language": "en"}, "en"),
        ("/login", {"Cookie": "vcc_language=en"}, "en"),
    ],
)
async def test_the_language(site: Site, path: str, headers: dict[str, str], language: str) -> None:
    answer, text = await get(site, path, **headers)
    assert f'<html lang="{language}">' in text
    assert TEXTS[language]["password"] in text
    assert ("vcc_language" in answer.cookies) == ("lang=en" in path)


async def test_what_was_typed_comes_back_as_text(site: Site) -> None:
    hostile = "\"><script>alert(1)</script>'{{csrf}}"
    form = {"user": hostile, "password": "x", "next": '/t/"><script>'}
    async with site.http.post("/login", data=form) as answer:
        text = await answer.text()
    assert "<script>alert" not in text
    assert hostile in unescape(text)
    assert '/t/"><script>' not in text


async def test_other_forms_are_refused(site: Site) -> None:
    for body, kind in ((b"{}", "application/json"), (b"a=1&" * 500, "application/x-www-form-urlencoded")):
        async with site.http.post("/login", data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status in {400, 415}
    async with site.http.post("/login", data={"user": "x" * 5_000}) as answer:
        assert answer.status == 413


def test_all_languages_have_the_same_words() -> None:
    for language in LANGUAGES:
        assert TEXTS[language].keys() == TEXTS[LANGUAGES[0]].keys()
        for key, text in TEXTS[language].items():
            names = set(re.findall(r"{(\w+)}", text))
            assert names == set(re.findall(r"{(\w+)}", TEXTS[LANGUAGES[0]][key])), key


def test_choosing_texts() -> None:
    assert choose("en", "zh") == "en"
    assert choose(None, "en;q=0, zh;q=x, *;q=0.1") == "zh-CN"
    assert pick({"zh-TW": "甲", "de": "B"}, "zh-CN") == "甲"
    assert pick({"de": "B"}, "en") == "B"
    assert pick({}, "en") == ""


def test_values_are_escaped_but_for_our_own_html() -> None:
    assert fill("problem.html", text="<b>&'\"") == '<p class="problem" role="alert">&lt;b&gt;&amp;&#x27;&quot;</p>\n'
    assert "<b>" in fill("problem.html", text=Html("<b>"))
    assert "{{other}}" in fill("problem.html", text="{{other}}"), "a value is filled again"
    with pytest.raises(KeyError):
        fill("problem.html")
    text = data({"a": "</script><!--&"})
    assert not set(text) & set("<>&")
    assert json.loads(text) == {"a": "</script><!--&"}
