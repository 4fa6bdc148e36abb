"""A root that nobody enters: its links stay inside, and a half-made one goes."""

from pathlib import Path

from tests.lab.setup_root import discard, make_links_relative


def test_absolute_links_become_relative_ones(tmp_path: Path) -> None:
    root = tmp_path / "a root"
    (root / "etc/alternatives").mkdir(parents=True)
    (root / "usr/share/sounds/real").mkdir(parents=True)
    (root / "usr/share/sounds/real/hello").write_text("hello")
    (root / "dev").mkdir()
    (root / "etc/alternatives/prompt").symlink_to("/usr/share/sounds/real")
    (root / "usr/share/sounds/en").symlink_to("/etc/alternatives/prompt")
    (root / "usr/share/sounds/also").symlink_to("real")
    (root / "dev/fd").symlink_to("/proc/self/fd")

    make_links_relative(root)

    assert (root / "usr/share/sounds/en/hello").read_text() == "hello"
    assert (root / "usr/share/sounds/also").readlink() == Path("real")
    assert (root / "dev/fd").readlink() == Path("/proc/self/fd")


def test_a_half_made_root_is_removed_and_a_missing_one_is_no_error(tmp_path: Path) -> None:
    making = tmp_path / "root.making"
    (making / "usr/bin").mkdir(parents=True)
    discard(making)
    assert not making.exists()
    discard(making)
