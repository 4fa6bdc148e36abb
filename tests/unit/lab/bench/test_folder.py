"""The configurations of both sides: vcc takes its own, and app_queue has the same phones, codecs and music."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tenancy.secrets import Secrets
from tests.lab.bench.callcenter import peers_files
from tests.lab.bench.folder import NUMBERS, PASSWORD, USER, agent_of, write_folder, write_secrets
from tests.lab.bench.peer import extensions_conf, queues_conf
from tests.lab.bench.settings import FEW_AGENTS, MANY_AGENTS
from vcc.lint import check_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "config")
    return tmp_path / "config"


def test_vcc_takes_the_folder_without_a_word(folder: Path) -> None:
    result = check_folder(folder)
    assert not result.warnings
    platform = result.use().platform
    assert len(platform.phones) == MANY_AGENTS
    assert {number for tenant in platform.tenants.values() for number in tenant.numbers} == set(NUMBERS.values())
    few = [name for name, agent in platform.tenants["hotline"].agents.items() if "few" in agent.skills]
    assert len(few) == FEW_AGENTS
    assert all(queue.wrap_up_s == 0 for tenant in platform.tenants.values() for queue in tenant.queues.values())


def test_only_the_silent_callers_have_no_music(folder: Path) -> None:
    tenants = check_folder(folder).use().platform.tenants
    assert [name for name, tenant in tenants.items() if not tenant.music] == ["quiet"]
    assert list(tenants["quiet"].numbers) == [NUMBERS["silent"]]


def test_every_phone_has_the_banks_password(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "secrets.yaml"
    write_secrets(folder, file)
    assert file.stat().st_mode & 0o077 == 0
    secrets = Secrets.model_validate(yaml.safe_load(file.read_text()))
    assert {phone.get_secret_value() for phone in secrets.phones.values()} == {PASSWORD}
    assert len(secrets.phones) == MANY_AGENTS


def test_an_agent_sits_at_each_phone(folder: Path) -> None:
    tenant = check_folder(folder).use().platform.tenants["hotline"]
    for number in (0, MANY_AGENTS - 1):
        assert agent_of(USER.format(number)).removeprefix("hotline/") in tenant.agents


def test_app_queue_has_the_same_agents_and_no_pauses() -> None:
    text = queues_conf()
    few, many = text.split("[few]")[1].split("[many]")
    assert few.count("member => PJSIP/") == FEW_AGENTS
    assert many.count("member => PJSIP/") == MANY_AGENTS
    for line in ("wrapuptime = 0", "retry = 1", "autofill = yes", "ringinuse = no", "announce-frequency = 0"):
        assert few.splitlines().count(line) == many.splitlines().count(line) == 1
    for queue in ("few", "many"):
        assert f"exten => {NUMBERS[queue]},1,Answer()\n same => n,Queue({queue})" in extensions_conf()


def test_mod_callcenter_has_the_same_agents_and_no_pauses() -> None:
    ours = {
        "freeswitch.xml": '<document><section name="configuration"></section></document>',
        "modules.conf.xml": "<include><modules></modules></include>",
        "sofia.conf.xml": "<include/>",
        "dialplan.xml": "<include>vcc's</include>",
    }
    files = peers_files(ours, "/music/loop.wav")
    assert files["sofia.conf.xml"] == ours["sofia.conf.xml"]
    assert "callcenter.conf.xml" in files["freeswitch.xml"]
    assert _xml(files, "modules.conf.xml").find(".//load[@module='mod_callcenter']") is not None
    queues = _xml(files, "callcenter.conf.xml")
    for queue, members in (("few", FEW_AGENTS), ("many", MANY_AGENTS)):
        assert len(queues.findall(f".//tier[@queue='{queue}@hotline']")) == members
        music = queues.find(f".//queue[@name='{queue}@hotline']/param[@name='moh-sound']")
        assert music is not None
        assert music.get("value") == "/music/loop.wav"
        number = _xml(files, "dialplan.xml").find(f".//condition[@expression='^{NUMBERS[queue]}$']")
        assert number is not None
        assert [action.get("application") for action in number] == ["answer", "callcenter", "hangup"]
    agents = queues.findall(".//agent")
    assert len(agents) == MANY_AGENTS
    assert {agent.get("wrap-up-time") for agent in agents} == {"-1"}


def _xml(files: dict[str, str], name: str) -> ElementTree.Element:
    return ElementTree.fromstring(files[name])  # noqa: S314 - just written
