"""`./run docker`: builds the images of docker/, starts them with compose, places a real call, leaves nothing running.

engine.py     a Docker engine of its own, with its data in the checkout's state folder
bases.py      no image is pulled: Debian roots are imported under the names of the base images
stack.py      compose, on a copy of the example configuration with ports of its own
__main__.py   the proof, step by step
"""
