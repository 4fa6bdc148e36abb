"""Secrets: from a file and the environment, checked against the platform, never shown."""

import base64

import pytest
import yaml
from pydantic import SecretStr

from core.errors import ConfigurationError
from tenancy.load import load as load_platform
from tenancy.model import Platform
from tenancy.secrets import Role, password_hash, token_hash, verify
from tenancy.secrets_file import generate, load

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
TOKEN = "vcc_" + "t" * 40
FILE = f"""
phones: {{p101: secret-one, p-102: secret-two}}
agents: {{lin: "482913", press/wang: "917364"}}
ami: {{n1: ami-secret}}
tokens:
  ops: {{token: {TOKEN}, role: platform}}
  press: {{token: "{token_hash(TOKEN + "x")}", role: supervisor, tenants: [press]}}
  wang: {{token: {TOKEN}y, role: agent, agent: press/wang}}
users:
  boss: {{password: correct horse, role: tenant, tenants: [press]}}
encryption_keys: ["{KEY}"]
"""


@pytest.fixture(scope="module")
def platform() -> Platform:
    return load_platform(
        {
            "platform.yaml": "name: {zh-CN: 平台, en: P}\nnodes: {n1: {kind: asterisk}, n2: {kind: simulated}}\n",
            "phones.yaml": "p101: {node: n1}\np-102: {node: n1}\n",
            "agents.yaml": "lin: {name: 林, number: 1001}\n",
            "tenants/press/tenant.yaml": "name: {zh-CN: 出版社, en: Press}\nprojects: {}\n",
            "tenants/press/agents.yaml": "wang: {name: 王, number: 2001}\n",
        }
    )


def messages(text: str | None, platform: Platform, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(text, "secrets.yaml", environment, platform)
    return [str(problem).removeprefix("secrets.yaml:") for problem in caught.value.problems]


def test_a_complete_file(platform: Platform) -> None:
    secrets = load(FILE, "secrets.yaml", {}, platform)
    assert secrets.phones["p101"].get_secret_value() == "secret-one"
    assert secrets.tokens["press"].role is Role.SUPERVISOR
    assert secrets.tokens["wang"].agent == "press/wang"
    assert secrets.users["boss"].tenants == ("press",)


def test_nothing_shows_a_secret(platform: Platform) -> None:
    shown = repr(load(FILE, "secrets.yaml", {}, platform))
    for secret in ("secret-one", "482913", "ami-secret", TOKEN, "correct horse", KEY):
        assert secret not in shown


def test_the_environment_comes_before_the_file(platform: Platform) -> None:
    secrets = load(
        FILE,
        "secrets.yaml",
        {
            "VCC_SECRET_PHONES_P_102": "from-outside",
            "VCC_SECRET_AGENTS_PRESS_WANG": "000111",
            "VCC_SECRET_TOKENS_OPS": "z" * 40,
            "VCC_SECRET_ENCRYPTION_KEYS": f"{KEY} {KEY}",
            "HOME": "/root",
        },
        platform,
    )
    assert secrets.phones["p-102"].get_secret_value() == "from-outside"
    assert secrets.agents["press/wang"].get_secret_value() == "000111"
    assert secrets.tokens["ops"].token.get_secret_value() == "z" * 40
    assert len(secrets.encryption_keys) == 2


def test_the_environment_alone_is_enough(platform: Platform) -> None:
    environment = {
        "VCC_SECRET_PHONES_P101": "secret-one",
        "VCC_SECRET_PHONES_P_102": "secret-two",
        "VCC_SECRET_AGENTS_LIN": "1234",
        "VCC_SECRET_AGENTS_PRESS_WANG": "0123",
        "VCC_SECRET_AMI_N1": "ami-secret",
        "VCC_SECRET_ENCRYPTION_KEYS": KEY,
    }
    assert load(None, "secrets.yaml", environment, platform).agents["press/wang"].get_secret_value() == "0123"


def test_a_variable_that_names_nothing_is_a_mistake(platform: Platform) -> None:
    assert messages(FILE, platform, VCC_SECRET_PHONES_P102="from-outside") == [
        "VCC_SECRET_PHONES_P102:1:1: this variable is no secret of the platform; "
        "did you mean 'VCC_SECRET_PHONES_P_102'?"
    ]


def test_nobody_is_without_a_secret(platform: Platform) -> None:
    assert messages(f'encryption_keys: ["{KEY}"]', platform) == [
        "1:1: there is no secret for the phone 'p101'; expected phones: {p101: …}, or VCC_SECRET_PHONES_P101",
        "1:1: there is no secret for the phone 'p-102'; expected phones: {p-102: …}, or VCC_SECRET_PHONES_P_102",
        "1:1: there is no secret for the agent 'lin'; expected agents: {lin: …}, or VCC_SECRET_AGENTS_LIN",
        "1:1: there is no secret for the agent 'press/wang'; expected agents: {press/wang: …}, or "
        "VCC_SECRET_AGENTS_PRESS_WANG",
        "1:1: there is no secret for the Asterisk node 'n1'; expected ami: {n1: …}, or VCC_SECRET_AMI_N1",
    ]


SIP = "expected 8 to 64 letters, digits or any of . _ ~ + = -"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("secret-one", "short", f"2:16: p101 is not right; {SIP}"),
        ("secret-one", '"with;semicolon"', f"2:16: p101 is not right; {SIP}"),
        ('"482913"', "482913", "3:15: lin is not right; expected text; put it in quotes"),
        ('"482913"', '"12a"', "3:15: lin is not right; expected 4 to 12 digits in quotes, or an argon2 hash"),
        (
            f"token: {TOKEN},",
            "token: weak,",
            "6:16: token is not right; expected at least 32 characters, or sha256: and 64 digits",
        ),
        (
            "correct horse",
            "short",
            "10:20: password is not right; expected at least 10 characters, or an argon2 hash",
        ),
        (
            "role: platform",
            "role: root",
            f"6:{24 + len(TOKEN)}: role is not right; expected one of agent, platform, supervisor, tenant",
        ),
        (", agent: press/wang}", "}", "8:9: this does not fit the role agent; expected the key agent"),
        (
            "role: platform",
            "role: platform, tenants: [press]",
            "6:8: this does not fit the role platform; expected no key tenants",
        ),
        (
            "supervisor, tenants: [press]",
            "supervisor, tenants: [pres]",
            "7:121: there is no tenant 'pres'; expected press; did you mean 'press'?",
        ),
        (
            "agent: press/wang}",
            "agent: wang}",
            f"8:{40 + len(TOKEN)}: there is no agent 'wang'; expected one of lin, press/wang",
        ),
        (
            f'"{KEY}"',
            "abc",
            "11:19: encryption_keys[0] is not right; expected 32 bytes in URL-safe base 64, ending in =",
        ),
        (f'["{KEY}"]', "[]", "11:18: encryption_keys is not right; expected at least one item"),
        (
            "p-102: secret-two",
            "p-102: secret-two, p103: secret-three",
            "2:47: there is no phone 'p103'; expected one of p-102, p101; did you mean 'p101'?",
        ),
    ],
)
def test_each_mistake_has_its_place_and_shows_no_secret(platform: Platform, old: str, new: str, message: str) -> None:
    assert old in FILE
    (said,) = messages(FILE.replace(old, new, 1), platform)
    assert said == message


def test_what_is_generated_is_complete_and_different_each_time(platform: Platform) -> None:
    text = generate(platform)
    secrets = load(text, "secrets.yaml", {}, platform)
    assert set(secrets.phones) == {"p101", "p-102"}
    assert set(secrets.ami) == {"n1"}
    assert {name: token.role for name, token in secrets.tokens.items()} == {
        "platform": Role.PLATFORM,
        "press": Role.TENANT,
    }
    agents = {name: user.agent for name, user in secrets.users.items() if user.role is Role.AGENT}
    assert agents == {name: name for name in secrets.agents}, "an agent has no page of its own"
    values = list(yaml.safe_load(text)["phones"].values())
    assert len(set(values)) == 2
    assert generate(platform) != text


def test_an_agent_named_like_a_tenant_is_another_user(platform: Platform) -> None:
    agents = {**platform.agents, "press": next(iter(platform.agents.values())).model_copy(update={"number": "1999"})}
    secrets = load(generate(found := platform.model_copy(update={"agents": agents})), "secrets.yaml", {}, found)
    assert (secrets.users["press"].role, secrets.users["agent/press"].agent) == (Role.SUPERVISOR, "press")


def test_what_is_generated_for_an_empty_platform_is_complete() -> None:
    platform = load_platform({"platform.yaml": "name: {zh-CN: 平台, en: P}\nnodes: {}\n"})
    assert load(generate(platform), "secrets.yaml", {}, platform).encryption_keys


@pytest.mark.parametrize(
    ("stored", "given", "right"), [("482913", "482913", True), ("482913", "482914", False), ("482913", "", False)]
)
def test_a_pin_as_it_is_and_as_a_hash(stored: str, given: str, right: bool) -> None:
    assert verify(SecretStr(stored), given) is right
    hashed = password_hash(SecretStr(stored))
    assert hashed.startswith("$argon2id$")
    assert verify(SecretStr(hashed), given) is right
    assert password_hash(SecretStr(hashed)) == hashed


def test_a_token_as_a_hash() -> None:
    stored = SecretStr(token_hash(TOKEN))
    assert verify(stored, TOKEN)
    assert not verify(stored, TOKEN + "x")
    assert not verify(stored, stored.get_secret_value()), "the hash itself opens nothing"


def test_without_a_file_the_mistake_is_that_there_is_none(platform: Platform) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(None, "secrets.yaml", {}, platform)
    (problem,) = caught.value.problems
    assert "vcc secrets" in problem.hint
