"""rtp.conf: which ports carry media."""


def text(first: int, last: int, *, ice: bool = False) -> str:
    """The file. `ice`: whether there may be browsers, which want it; other phones are never asked for it."""
    return f"""\
[general]
rtpstart = {first}
rtpend = {last}
strictrtp = yes
icesupport = {"yes" if ice else "no"}
"""
