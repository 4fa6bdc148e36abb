"""Makes a Debian sid root that holds Asterisk, for hosts whose own is too old or missing.

debootstrap fetches and checks the packages (signatures by the machine's Debian keyring) from the mirror that the
machine's apt uses. The root is made under a temporary name and renamed at the end, so an interrupted one is made
again; nothing stays mounted. It is never entered later: Asterisk runs from it by the root's own loader.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.lab.process import LabError, tail
from tests.lab.setup_mirror import OVERRIDE, machine_mirrors

Progress = Callable[[str], None]

SUITE = "sid"
PACKAGES = "asterisk"
_INTERRUPT_S = 60.0
_KEYRINGS = tuple(Path("/usr/share/keyrings", f"debian-archive-keyring.{end}") for end in ("gpg", "pgp"))
_NO_NEWER_KEY = ("unknown key", "Invalid Release signature")
_WASTE = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_COUNTED = {"I: Retrieving": "fetched", "I: Extracting": "extracted", "I: Unpacking": "unpacked"}


def make_root(target: Path, log: Path, progress: Progress, *, suite: str = SUITE, packages: str = PACKAGES) -> None:
    """Make the root at `target`, which must not exist yet. Takes about a minute, 500 MB and root's rights.

    `suite` and `packages` (names with commas between them, or empty): of another root than Asterisk's. Raises LabError,
    with the end of `log` and what can be done, when no mirror serves it.
    """
    mirrors = machine_mirrors()
    if not mirrors:
        raise LabError(
            "no Debian mirror is named in this machine's apt sources (/etc/apt), and its own asterisk is missing "
            f"or too old. Install asterisk 20.12 or newer, or set {OVERRIDE} to the URI of a Debian mirror"
        )
    making = target.with_name(target.name + ".making")
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        _debootstrap_from_any(_Root(suite, packages), mirrors, making, log, progress)
        _own(making)
        make_links_relative(making)
        for waste in _WASTE:
            shutil.rmtree(making / waste, ignore_errors=True)
        making.rename(target)
    finally:
        discard(making)


def discard(making: Path) -> None:
    """Remove a root, after unmounting what an interrupted debootstrap left mounted in it."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        point = Path(line.split()[1].encode().decode("unicode_escape"))  # a space is written \040 there
        if point.is_relative_to(making):
            subprocess.run(as_root("umount", str(point)), check=True)
    if making.exists():
        subprocess.run(as_root("rm", "-rf", "--one-file-system", str(making)), check=True)


def as_root(*command: str) -> list[str]:
    """The command as it is for root, else by sudo."""
    return [*command] if os.geteuid() == 0 else ["sudo", *command]


class _Root(NamedTuple):
    """What a root is made of."""

    suite: str
    packages: str


def _debootstrap_from_any(root: _Root, mirrors: Sequence[str], making: Path, log: Path, progress: Progress) -> None:
    for mirror in mirrors:
        discard(making)
        if _debootstrap(root, mirror, making, log, progress):
            return
        if any(sign in tail(log, 50) for sign in _NO_NEWER_KEY):
            progress("the mirror's key is newer than ours: installing Debian's present keyring")
            _renew_keyring(log)
            discard(making)
            if _debootstrap(root, mirror, making, log, progress):
                return
    raise LabError(f"debootstrap made no Debian {root.suite} root. The end of {log}:\n{tail(log, 25)}")


def _debootstrap(root: _Root, mirror: str, making: Path, log: Path, progress: Progress) -> bool:
    making.parent.mkdir(parents=True, exist_ok=True)
    keyring = next((file for file in _KEYRINGS if file.exists()), _KEYRINGS[0])
    options = ["--variant=minbase", "--force-check-gpg", f"--keyring={keyring}"]
    options += [f"--include={root.packages}"] if root.packages else []
    environment = [f"{name}={value}" for name, value in {"LC_ALL": "C", **_proxy()}.items()]
    with tempfile.TemporaryDirectory(prefix="vcc-") as scratch:
        folder = Path(scratch, "at")  # debootstrap cannot do with a space in the path that it is told
        folder.symlink_to(making.parent.resolve())
        target = str(folder / making.name)
        command = as_root("env", *environment, "debootstrap", *options, root.suite, target, mirror)
        return _run_counting(command, log, progress) == 0


def _run_counting(command: Sequence[str], log: Path, progress: Progress) -> int:
    counts = dict.fromkeys(_COUNTED.values(), 0)
    with (
        log.open("a") as copy,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout
        try:
            for line in process.stdout:
                copy.write(line)
                if kind := _COUNTED.get(" ".join(line.split()[:2])):
                    counts[kind] += 1
                    progress(", ".join(f"{count} packages {what}" for what, count in counts.items() if count))
        except BaseException:  # Ctrl-C reaches debootstrap too; it must be gone before its folder is
            process.wait(_INTERRUPT_S)
            raise
    return process.returncode


def _proxy() -> dict[str, str]:
    """The proxy that apt was told to use, for debootstrap's own fetching."""
    answer = subprocess.run(
        ["apt-config", "shell", "proxy", "Acquire::http::Proxy"], capture_output=True, text=True, check=False
    )
    value = answer.stdout.strip().removeprefix("proxy=").strip("'")
    return {"http_proxy": value} if value else {}


def _renew_keyring(log: Path) -> None:
    with log.open("a") as output:
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "debian-archive-keyring"]):
            subprocess.run(as_root("apt-get", "-q", *arguments), stdout=output, stderr=output, check=False)


def _own(root: Path) -> None:
    """Give the root to the user who runs this: the rest needs no rights, and so does deleting the checkout."""
    if os.geteuid() != 0:
        subprocess.run(as_root("chown", "-R", f"{os.getuid()}:{os.getgid()}", str(root)), check=True)


def make_links_relative(root: Path) -> None:
    """Turn absolute symbolic links into relative ones: nobody enters this root, so `/etc/x` would be the host's."""
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in {"dev", "proc", "sys"}]
        for name in (*folders, *files):
            link = Path(folder, name)
            if link.is_symlink() and (to := link.readlink()).is_absolute():
                link.unlink()
                link.symlink_to(os.path.relpath(root / to.relative_to("/"), link.parent))
