"""Reading a configuration folder: what counts, what is refused, the version."""

import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from vcc import folder
from vcc.folder import read_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "config"
    put(root / "platform.yaml", "name: x\n")
    put(root / "tenants/press/tenant.yaml", "name: 出版社\n")
    put(root / "tenants/press/music/loop.wav", "RIFF")
    return root


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def problems(root: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_folder(root)
    return [str(problem) for problem in caught.value.problems]


def test_texts_and_sounds_by_relative_path(root: Path) -> None:
    found = read_folder(root)
    assert found.texts == {"platform.yaml": "name: x\n", "tenants/press/tenant.yaml": "name: 出版社\n"}
    assert found.sounds == {"tenants/press/music/loop.wav": root.resolve() / "tenants/press/music/loop.wav"}
    assert found.root == root.resolve()


def test_what_does_not_count(root: Path) -> None:
    before = read_folder(root)
    for name in ("README.md", ".git/config.yaml", ".hidden.yaml", "secrets.yaml", "tenants/press/notes.txt"):
        put(root / name, "x")
    (root / "empty").mkdir()
    assert read_folder(root) == before


def test_csv_counts_in_a_tenants_tables_alone(root: Path) -> None:
    for name in ("tenants/press/tables/vip.csv", "tenants/press/report.csv", "notes/x.csv"):
        put(root / name, "number\n1\n")
    assert set(read_folder(root).texts) == {
        "platform.yaml",
        "tenants/press/tenant.yaml",
        "tenants/press/tables/vip.csv",
    }


@pytest.mark.parametrize("name", ["platform.yaml", "tenants/press/music/loop.wav", "agents.yaml", "x.wav"])
def test_the_version_is_of_every_name_and_content(root: Path, name: str) -> None:
    before = read_folder(root).version
    put(root / name, "other")
    assert read_folder(root).version != before


def test_the_version_does_not_depend_on_where_the_folder_is_or_when_it_was_written(root: Path, tmp_path: Path) -> None:
    root.rename(tmp_path / "moved")
    for file in (tmp_path / "moved").rglob("*.yaml"):
        os.utime(file, (1, 1))
    moved = read_folder(tmp_path / "moved").version
    put(tmp_path / "again/platform.yaml", "name: x\n")
    put(tmp_path / "again/tenants/press/tenant.yaml", "name: 出版社\n")
    put(tmp_path / "again/tenants/press/music/loop.wav", "RIFF")
    assert read_folder(tmp_path / "again").version == moved


def test_a_link_inside_of_the_folder_is_followed(root: Path) -> None:
    (root / "agents.yaml").symlink_to("platform.yaml")
    assert read_folder(root).texts["agents.yaml"] == "name: x\n"


def test_folders_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    put(tmp_path / "..2026_01_01/platform.yaml", "name: x\n")
    (tmp_path / "..data").symlink_to("..2026_01_01")
    (tmp_path / "platform.yaml").symlink_to("..data/platform.yaml")
    assert read_folder(tmp_path).texts == {"platform.yaml": "name: x\n"}


def test_a_link_that_leads_out_is_refused(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside.yaml", "secret: 1\n")
    (root / "agents.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "x.wav").symlink_to("/etc/hostname")
    expected = "expected a file inside of the folder"
    assert problems(root) == [
        f"agents.yaml:1:1: this link leads out of the folder; {expected}",
        f"x.wav:1:1: this link leads out of the folder; {expected}",
    ]


def test_a_link_to_a_folder_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "tenants/again").symlink_to("..")
    (tmp_path / "elsewhere").mkdir()
    (root / "tenants/out").symlink_to(tmp_path / "elsewhere")
    assert problems(root) == [
        "tenants/again:1:1: this is no file; expected a file, or a link to one inside of the folder",
        "tenants/out:1:1: this link leads out of the folder; expected a file inside of the folder",
    ]


def test_a_pipe_is_refused_and_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "agents.yaml")
    assert problems(root) == [
        "agents.yaml:1:1: this is no file; expected a file, or a link to one inside of the folder"
    ]


def test_what_cannot_be_read_is_told_with_all_the_rest(root: Path) -> None:
    (root / "agents.yaml").symlink_to("nowhere.yaml")
    (root / "phones.yaml").write_bytes("a: 1\nb: 您\n".encode() + b"c: \xff\n")
    (root / "loop.yaml").symlink_to("loop.yaml")
    assert problems(root) == [
        "agents.yaml:1:1: cannot be read: No such file or directory",
        "loop.yaml:1:1: cannot be read: Too many levels of symbolic links",
        "phones.yaml:3:4: byte 0xff is not UTF-8; expected a file saved as UTF-8",
    ]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert problems(tmp_path / "nowhere") == [f"{tmp_path}/nowhere:1:1: cannot be read: No such file or directory"]


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "file", "x")
    assert problems(tmp_path / "file") == [f"{tmp_path}/file:1:1: cannot be read: Not a directory"]


def test_bounds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "agents.yaml").write_bytes(b"#" * (folder.MAX_TEXT_BYTES + 1))
    with (root / "x.wav").open("wb") as sound:
        sound.truncate(folder.MAX_SOUND_BYTES + 1)
    assert problems(root) == [
        "agents.yaml:1:1: this file is too big; expected at most 2,000,000 bytes, and 50,000,000 in all files",
        "x.wav:1:1: this file is too big; expected at most 200,000,000 bytes",
    ]
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    assert problems(root) == [f"{root.resolve()}:1:1: too many files; expected at most 3"]


def test_names_that_are_not_utf8_are_shown_all_the_same(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.yaml")).symlink_to("nowhere")
    (said,) = problems(root)
    said.encode()
    assert said.endswith(".yaml:1:1: cannot be read: No such file or directory")
