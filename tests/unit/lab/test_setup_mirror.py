"""Debian's mirror is found in what apt reads, in both forms, and nothing else is taken for it."""

from pathlib import Path

from tests.lab.setup_mirror import Source, machine_mirrors, mirrors, parse_deb822, parse_list

DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian/
  https://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb https://docker.example/linux/debian bookworm stable
deb cdrom:[Debian]/ bookworm main
"""


def test_deb822_with_continuation_lines_and_disabled_paragraphs() -> None:
    sources = list(parse_deb822(DEB822))
    assert [source.uri for source in sources] == [
        "http://mirror.example/debian/",
        "https://second.example/debian",
        "http://mirror.example/debian-security",
    ]
    assert mirrors(sources, "bookworm") == ["http://mirror.example/debian", "https://second.example/debian"]


def test_one_line_form() -> None:
    sources = list(parse_list(ONE_LINE))
    assert sources[0] == Source(
        uri="http://mirror.example/debian",
        suites=("bookworm",),
        components=("main",),
        signed_by="/usr/share/keyrings/debian-archive-keyring.gpg",
    )
    assert mirrors(sources, "bookworm") == ["http://mirror.example/debian"]


def test_the_archive_that_debian_signs_comes_before_another_with_the_same_suite() -> None:
    other = Source(uri="https://php.example/debian", suites=("bookworm",), components=("main",))
    debian = Source(
        uri="http://mirror.example/debian",
        suites=("bookworm",),
        components=("main",),
        signed_by="/usr/share/keyrings/debian-archive-keyring.gpg",
    )
    assert mirrors([other, debian], "bookworm") == ["http://mirror.example/debian", "https://php.example/debian"]


def test_a_machine_that_is_not_debian_has_no_mirror() -> None:
    ubuntu = Source(uri="http://mirror.example/ubuntu", suites=("noble",), components=("main",))
    assert mirrors([ubuntu], "") == []


def test_the_files_of_a_machine_and_the_setting_that_goes_before_them(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian stable main\n")
    (tmp_path / "sources.list.d" / "a.sources").write_text(DEB822.replace("bookworm", "stable"))
    (tmp_path / "sources.list.d" / "b.list.save").write_text("deb http://saved.example/debian stable main\n")
    assert machine_mirrors(tmp_path, {}) == [
        "http://mirror.example/debian",
        "https://second.example/debian",
        "http://one.example/debian",
    ]
    assert machine_mirrors(tmp_path, {"VCC_DEBIAN_MIRROR": "http://own.example/debian/"}) == [
        "http://own.example/debian"
    ]
