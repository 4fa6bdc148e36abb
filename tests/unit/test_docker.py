"""docker/: what can be seen without an engine. `./run docker` is the proof."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
FILES = ("vcc.Dockerfile", "asterisk.Dockerfile")
FILE = pytest.mark.parametrize("name", FILES)
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
LASTING = ("redis", "asterisk", "vcc")


def stages(name: str) -> list[list[str]]:
    """The instructions of each stage, continued lines put together."""
    text = re.sub(r"\\\n", " ", (DOCKER / name).read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    starts = [i for i, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_the_services_and_what_they_wait_for() -> None:
    assert set(SERVICES) == {*LASTING, "switch-files"}
    assert SERVICES["vcc"]["depends_on"].keys() == {"redis", "asterisk"}
    assert SERVICES["asterisk"]["depends_on"] == {"switch-files": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_has_rights_or_can_change_its_image(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["network_mode"] == "host"
    assert not service.get("privileged")
    assert (name == "switch-files") != (service["restart"] == "unless-stopped")


@pytest.mark.parametrize("name", LASTING)
def test_a_service_that_lasts_has_a_health_check(name: str) -> None:
    assert {"test", "interval", "timeout", "retries"} <= SERVICES[name]["healthcheck"].keys()


def test_volumes_are_named_and_the_configuration_is_read_only() -> None:
    mounted = {mount.partition(":")[0]: mount for service in SERVICES.values() for mount in service["volumes"]}
    folders = {name for name in mounted if name.startswith("$")}
    assert mounted.keys() - folders == COMPOSE["volumes"].keys()
    assert all(mounted[name].endswith(":/etc/vcc/config:ro") for name in folders)
    ours = [mount for mount in SERVICES["asterisk"]["volumes"] if mount.startswith(("speech:", "switch-files:"))]
    assert all(mount.endswith(":ro") for mount in ours)


def test_images_have_tags_that_say_which() -> None:
    texts = [(DOCKER / name).read_text(encoding="utf-8") for name in (*FILES, "compose.yaml")]
    images = [service["image"] for service in SERVICES.values()]
    defaults = re.findall(r"^ARG BASE=(\S+)", "\n".join(texts), re.MULTILINE)
    assert len(defaults) == len(FILES)
    for image in (*images, *defaults):
        tag = image.rpartition(":")[2].rstrip("}")
        assert tag not in {"latest", image}, image
    assert not any("latest" in text for text in texts)


@FILE
def test_the_last_stage_is_small_and_nobody_is_root_in_it(name: str) -> None:
    first, *_, last = stages(name)
    assert first[0].startswith("FROM ${BASE} AS ")
    assert last[0] == "FROM ${BASE}"
    users = [line for line in last if line.startswith("USER ")]
    assert users == ["USER vcc"]
    assert last.index("USER vcc") > max(i for i, line in enumerate(last) if line.startswith(("RUN", "COPY")))
    assert any(line.startswith("ENTRYPOINT ") for line in last)
    assert not any("python3-venv" in line or "pip" in line for line in last)


@FILE
def test_what_is_copied_exists_and_is_sent_to_the_engine(name: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in (line for stage in stages(name) for line in stage if line.startswith("COPY ")):
        if "--from=" in line:
            continue
        for source in line.split()[1:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.partition('/')[0]}" in ignored, source


def test_every_package_of_ours_is_copied() -> None:
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    build = "\n".join(stages("vcc.Dockerfile")[0])
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} {package}" in build


def test_libraries_are_pinned_by_hash() -> None:
    build = " ".join(stages("vcc.Dockerfile")[0])
    for step in re.findall(r"pip (?:install|wheel)[^&]*", build):
        assert "--require-hashes" in step or "--no-deps" in step, step


def test_both_images_have_the_same_user() -> None:
    numbers = [re.findall(r"ARG UID=(\d+)", (DOCKER / name).read_text(encoding="utf-8")) for name in FILES]
    assert numbers[0] == numbers[1] != []


def test_the_switchs_command_line_can_be_run() -> None:
    assert os.access(DOCKER / "asterisk-rx", os.X_OK)


def test_no_file_names_a_mirror_or_an_index() -> None:
    for file in (*map(DOCKER.joinpath, FILES), DOCKER / "compose.yaml", DOCKER / "wheels" / ".gitignore"):
        assert not re.search(r"https?://(?!127\.0\.0\.1)", file.read_text(encoding="utf-8")), file
