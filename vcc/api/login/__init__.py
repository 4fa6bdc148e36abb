"""How a person with a password becomes a session, and how guessing passwords is made hopeless.

    form -> guard (may this user, this address try now?) -> passwords (argon2, in a thread) -> sessions -> cookie

`guard.py` is pure: failures in, seconds to wait out. `passwords.py` bounds how many hashes are computed at once, as
each takes 64 MB. `sessions.py` keeps what a cookie stands for on the server, in a file of its own so that a restart
logs nobody out; a user who is removed, or whose password changed, is out at the next request.
"""
