"""The real Asterisk of the laboratory: which one will do, and one that really runs."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lab.pbx import AsteriskBinary, AsteriskProcess, new_enough, parse_version, read_directories, root_asterisk
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError
from tests.unit.lab.small_pbx import SmallPbx, render


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5", (20, 6, 0)),
        ("Asterisk certified/20.7-cert3", ()),
        ("Asterisk GIT-master-3a1b2c", ()),
        ("", ()),
    ],
)
def test_version(said: str, version: tuple[int, ...]) -> None:
    assert parse_version(said) == version


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ((18, 26, 4), False),
        ((20, 11, 0), False),
        ((20, 12, 0), True),
        ((21, 6, 9), False),
        ((21, 7, 0), True),
        ((22, 1, 9), False),
        ((22, 2, 0), True),
        ((23, 0, 0), True),
    ],
)
def test_new_enough(version: tuple[int, ...], enough: bool) -> None:
    assert new_enough(version) is enough


def test_a_folder_without_an_asterisk_is_none(tmp_path: Path) -> None:
    assert root_asterisk(tmp_path) is None


def test_the_directories_of_an_asterisk_conf(tmp_path: Path) -> None:
    config = tmp_path / "asterisk.conf"
    config.write_text("[directories](!)\nastrundir => /a b/run ; why\n;astlogdir => /no\nastdbdir=/db\n")
    assert read_directories(config) == {"astrundir": Path("/a b/run"), "astdbdir": Path("/db")}


@pytest.fixture
async def small_pbx(asterisk_binary: AsteriskBinary, tmp_path: Path) -> AsyncIterator[tuple[SmallPbx, AsteriskProcess]]:
    with reserve_ports() as ports:
        pbx = render(asterisk_binary, tmp_path / "a pbx", ports)
        async with AsteriskProcess(asterisk_binary, pbx.config_dir) as process:
            yield pbx, process


@pytest.mark.asterisk
async def test_it_answers_sip_and_manager_and_commands(small_pbx: tuple[SmallPbx, AsteriskProcess]) -> None:
    pbx, process = small_pbx
    assert (await process.rx("core show version")).startswith("Asterisk ")
    assert "Objects found: 2" in await process.rx("pjsip show endpoints")
    assert options(pbx.sip_port).startswith("SIP/2.0 ")
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ami_port)
    assert (await reader.readline()).startswith(b"Asterisk Call Manager/")
    writer.write(b"Action: Login\r\nUsername: test\r\nSecret: test-secret\r\n\r\n")
    assert b"Authentication accepted" in await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert process.cpu_seconds() > 0
    assert Path(f"/proc/{process.pid}/exe").exists()


@pytest.mark.asterisk
async def test_a_command_that_it_does_not_know_is_answered(small_pbx: tuple[SmallPbx, AsteriskProcess]) -> None:
    assert "No such command" in await small_pbx[1].rx("no such command at all")


@pytest.mark.asterisk
async def test_after_its_end_it_is_gone(small_pbx: tuple[SmallPbx, AsteriskProcess]) -> None:
    pbx, process = small_pbx
    await process.stop()
    assert process.process.returncode == 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", pbx.sip_port))
    with pytest.raises(LabError, match="core show version"):
        await process.rx("core show version")


@pytest.mark.asterisk
async def test_one_that_cannot_start_says_why(asterisk_binary: AsteriskBinary, tmp_path: Path) -> None:
    with reserve_ports() as ports:
        pbx = render(asterisk_binary, tmp_path, ports)
        (pbx.config_dir / "modules.conf").write_text("[modules]\nautoload=no\nrequire=no_such_module.so\n")
        with pytest.raises(LabError, match=r"asterisk: ended(.|\n)*no_such_module"):
            async with AsteriskProcess(asterisk_binary, pbx.config_dir):
                pass


@pytest.mark.asterisk
async def test_a_folder_that_is_not_named_or_too_long_is_refused(
    asterisk_binary: AsteriskBinary, tmp_path: Path
) -> None:
    with reserve_ports() as ports:
        pbx = render(asterisk_binary, tmp_path / ("x" * 100), ports)
    with pytest.raises(LabError, match="too long for a socket's path"):
        AsteriskProcess(asterisk_binary, pbx.config_dir).start()
    config = pbx.config_dir / "asterisk.conf"
    config.write_text(config.read_text().replace("astrundir", ";astrundir"))
    with pytest.raises(LabError, match=r"\[directories\] must name astrundir"):
        AsteriskProcess(asterisk_binary, pbx.config_dir).start()


def options(port: int) -> str:
    """Ask a SIP port for its options and return the first line of the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(5)
        own = client.getsockname()[1]
        lines = (
            f"OPTIONS sip:600@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{own};rport",
            "From: <sip:probe@127.0.0.1>;tag=1",
            "To: <sip:600@127.0.0.1>",
            f"Call-ID: {own}",
            "CSeq: 1 OPTIONS",
            "Max-Forwards: 70",
            "Content-Length: 0",
            "",
            "",
        )
        client.sendto("\r\n".join(lines).encode(), ("127.0.0.1", port))
        return client.recv(4096).decode().split("\r\n")[0]
