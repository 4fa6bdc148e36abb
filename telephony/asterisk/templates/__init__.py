"""The files of an Asterisk's configuration, one module per file; each has one function that returns the file's text.

Values of the platform's configuration reach a file only through `words.py`, which escapes what Asterisk would read as
something else and refuses what cannot be escaped. `render.py` calls the modules and names the files.
"""
