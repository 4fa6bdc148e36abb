"""The base images, without a registry: Debian roots, and a Redis, under the names that docker/ uses."""

from __future__ import annotations

import subprocess
import tempfile
from typing import TYPE_CHECKING

from tests.lab.setup_root import make_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab.docker.engine import Engine

VCC_BASE, ASTERISK_BASE = "debian:bookworm-slim", "debian:sid-slim"
BASES = {VCC_BASE: "bookworm", ASTERISK_BASE: "sid"}
REDIS = "redis:7.4-bookworm"
_REDIS = """\
FROM debian:bookworm-slim
ARG APT_OPTIONS
RUN apt-get ${APT_OPTIONS} update -q && apt-get install -yq --no-install-recommends redis-server \\
    && usermod --uid 999 redis && install -d -o 999 -g 999 /data
WORKDIR /data
"""


def import_bases(engine: Engine, folder: Path, say: Callable[[str], None]) -> None:
    """Make the roots that are not there yet, and import them. Raises LabError."""
    for image, suite in BASES.items():
        root = folder / suite
        if not root.is_dir():
            say(f"making a Debian {suite} root: about a minute")
            make_root(root, folder / f"{suite}.log", lambda line: None, suite=suite, packages="ca-certificates")
        say(f"importing it as {image}")
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
            engine.run("docker", "import", "-", image, stdin=tar.stdout)


def build_redis(engine: Engine, apt_options: str, say: Callable[[str], None]) -> None:
    """An image under the name of Redis' own, from Debian's package."""
    say(f"building a stand-in for {REDIS}")
    options = ("--network", "host", "--build-arg", f"APT_OPTIONS={apt_options}")
    with tempfile.TemporaryFile() as file:
        file.write(_REDIS.encode())
        file.seek(0)
        engine.run("docker", "build", *options, "-t", REDIS, "-", stdin=file)


def apt_options() -> str:
    """What apt has to be told in a container, because this machine's own has it in its settings."""
    said = subprocess.run(
        ["apt-config", "dump", "Acquire::Check-Valid-Until"], capture_output=True, text=True, check=False
    ).stdout
    return "-o Acquire::Check-Valid-Until=false" if '"false"' in said or '"0"' in said else ""
