"""What the program gets: flows by full name, prompts, music, everything that may be spoken."""

from pathlib import Path

import pytest

from ivr_flows.protocol import Text
from tests.unit.vcc.lint.cases import BASE
from tests.unit.vcc.lint.test_recordings import write
from vcc.lint import Bundle, check_folder, check_texts

NOW = 1_772_416_800.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The base case on disk, with a prompt that its flow plays."""
    for name, text in BASE.texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in (*BASE.sounds, "tenants/press/prompts/zh/hello.wav", "prompts/beep.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    return tmp_path


def bundle(folder: Path) -> Bundle:
    return check_folder(folder, now=NOW).use()


def test_flows_by_their_names_over_the_platform(folder: Path) -> None:
    assert sorted(bundle(folder).flows) == ["chess/main", "press/main", "sign_in"]


def test_prompts_and_music(folder: Path) -> None:
    found = bundle(folder)
    assert found.prompts() == {
        "": {"beep.wav": str(folder / "prompts/beep.wav")},
        "chess": {},
        "press": {"zh/hello.wav": str(folder / "tenants/press/prompts/zh/hello.wav")},
    }
    assert found.music() == {"press/main": folder / "tenants/press/music"}


def test_everything_that_may_be_spoken(folder: Path) -> None:
    texts = bundle(folder).texts()
    assert Text(text="您好。", language="zh-CN") in texts  # a flow's
    assert Text(text="Your PIN please.", language="en") in texts  # a flow's of the platform
    assert Text(text="We are closed.", language="en") in texts  # an answer


def test_the_version_is_the_folders(folder: Path) -> None:
    before = bundle(folder).version
    assert before == bundle(folder).version
    flow = folder / "tenants/press/flows/main.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("Hello", "Good day"), encoding="utf-8")
    assert bundle(folder).version != before


def test_mistakes_leave_no_bundle(folder: Path) -> None:
    (folder / "tenants/press/agents.yaml").unlink()
    (folder / "agents.yaml").unlink()
    result = check_folder(folder, now=NOW)
    assert result.bundle is None
    assert [problem.file for problem in result.problems] == ["tenants/chess/tenant.yaml", "tenants/press/queues.yaml"]


def test_what_cannot_be_read_from_disk_is_a_result_too(tmp_path: Path) -> None:
    result = check_folder(tmp_path / "nowhere")
    assert result.bundle is None
    assert "cannot be read" in result.problems[0].message


def test_without_a_folder_there_is_no_music_to_be_found() -> None:
    found = check_texts(BASE.texts, BASE.sounds, now=NOW).use()
    assert (found.version, found.music()) == ("", {})
    assert not any(found.prompts().values())


def test_a_tenant_is_added_by_a_folder_alone(folder: Path) -> None:
    opera = folder / "tenants/opera"
    (opera / "flows").mkdir(parents=True)
    (opera / "tenant.yaml").write_text(
        """
name: {zh-CN: 剧院, en: Opera}
projects: {box: {name: {zh-CN: 票房, en: Box office}, kind: seat_lease, starts: 2024-01-01}}
numbers: {98669: {project: box, flow: main}}
queues: {box: {name: {zh-CN: 票房, en: Box office}}}
agents: {zhou: {name: 周, number: 4001}}
""",
        encoding="utf-8",
    )
    (opera / "flows/main.yaml").write_text("steps: [{queue: box}]\n", encoding="utf-8")
    result = check_folder(folder, now=NOW)
    assert (result.problems, result.warnings) == ((), ())
    assert "opera/main" in result.use().flows
