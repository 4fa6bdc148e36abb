"""From what a switch recorded to a file that is kept, played and in the end erased. All of it beside the event loop.

    <node's folder>/<id>.raw --archive.py, sound.py--> <recordings>/<tenant>/<day>/<id>.wav --retention.py--> erased

The sessions' side of it is `vcc/calls/recordings.py`.
"""
