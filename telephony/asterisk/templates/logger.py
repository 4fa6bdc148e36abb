"""logger.conf: what goes wrong, into one file; nothing per call."""

TEXT = """\
[general]
dateformat = %F %T.%3q
queue_log = no
rotatestrategy = rotate

[logfiles]
messages.log => notice,warning,error
console => warning,error
"""
