"""rtp.conf: which ports carry media."""


def text(first: int, last: int) -> str:
    """The file."""
    return f"""\
[general]
rtpstart = {first}
rtpend = {last}
strictrtp = yes
icesupport = no
"""
