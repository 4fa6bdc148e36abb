"""The files of a FreeSWITCH's configuration, one module per file; each has one function that returns the file's text.

Values of the platform's configuration reach a file only through `words.py`, which refuses what FreeSWITCH would read
as something else, and `document.py`, which writes XML. `render.py` calls the modules and names the files.
"""
