"""What a database says when it fails, as one line: without statements, parameters or rows, which hold personal data."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

#: What SQLAlchemy and the drivers under it raise when a database cannot be used.
SQL_ERRORS = (SQLAlchemyError, OSError, TimeoutError)


def reason(error: BaseException) -> str:
    """The error's type and the first line of what it says."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    said = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
