"""The demo's option: which switch carries the calls, and what is said where there is no such switch."""

from pathlib import Path

import pytest
import yaml

from tests.lab.bench import __main__ as bench
from tests.lab.demo import __main__ as demo
from tests.lab.freeswitch_platform import FreeSwitchPlatform
from tests.lab.platform import ROOT
from tests.lab.process import LabError


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """On which switches a demo would have been played; each ends with 7."""
    switches = []

    async def play(make_platform: object, switch: str) -> int:
        switches.append(switch)
        return 7

    monkeypatch.setattr(demo, "demo", play)
    monkeypatch.setattr(demo, "STATE", tmp_path)
    return switches


@pytest.fixture
def last_time(tmp_path: Path) -> Path:
    """What the last demo has left."""
    (tmp_path / "demo").mkdir()
    return tmp_path / "demo"


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """FREESWITCH_PREFIX, with nothing in it."""
    monkeypatch.setenv("FREESWITCH_PREFIX", str(tmp_path / "fs"))
    return tmp_path / "fs"


def install(prefix: Path) -> Path:
    program = prefix / "bin" / "freeswitch"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    return program


def test_without_the_option_it_is_asterisk(prefix: Path, played: list[str]) -> None:
    install(prefix)
    assert demo.main([]) == 7
    assert played == ["Asterisk"]


def test_freeswitch_where_it_is(prefix: Path, played: list[str], last_time: Path) -> None:
    install(prefix)
    assert demo.main(["--switch", "freeswitch"]) == 7
    assert played == ["FreeSWITCH"]
    assert not last_time.exists()


def test_a_prefix_without_the_program_is_named(
    prefix: Path, last_time: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["--switch", "freeswitch"]) == 2
    said = capsys.readouterr()
    assert said.err == (
        f"there is no program {prefix}/bin/freeswitch: FREESWITCH_PREFIX has to name FreeSWITCH's own folder\n"
    )
    assert said.out == ""
    assert last_time.exists()


def test_where_there_is_none_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FREESWITCH_PREFIX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo.main(["--switch", "freeswitch"]) == 2
    assert capsys.readouterr().err == (
        "there is no FreeSWITCH on this machine: put `freeswitch` on the PATH, or set FREESWITCH_PREFIX\n"
    )
    install(tmp_path).rename(tmp_path / "freeswitch")
    assert demo.main(["--switch", "freeswitch"]) == 7


def test_a_switch_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(["--switch", "kamailio"])
    assert ended.value.code == 2
    assert "freeswitch" in capsys.readouterr().err


async def test_only_the_kind_of_the_node_is_another_one(tmp_path: Path, prefix: Path) -> None:
    class Platform(FreeSwitchPlatform):
        async def _start_switch(self, stack: object) -> None:
            raise LabError("all is written")

        async def _share_speech(self, bundle: object) -> None:
            """Nobody speaks here."""

    platform = Platform(tmp_path / "lab", install(prefix))
    with pytest.raises(LabError, match="all is written"):
        await platform.__aenter__()
    original = yaml.safe_load((ROOT / "config" / "platform.yaml").read_text())
    mine = yaml.safe_load((platform.config / "platform.yaml").read_text())
    node, before = mine["nodes"]["bj1"], original["nodes"]["bj1"]
    assert node["kind"] == "freeswitch"
    assert set(before) - set(node) == {"ami", "agi"}
    assert node["esl"].rpartition(":")[2] in (platform.etc / "event_socket.conf.xml").read_text()
    assert {**mine["trunks"]["carrier"], "outgoing": None} == {**original["trunks"]["carrier"], "outgoing": None}


def test_the_bench_says_the_same_where_there_is_none(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--switch", "freeswitch"]) == 2
    assert capsys.readouterr().err.startswith(f"there is no program {prefix}/bin/freeswitch: ")
