"""Becomes another program, one that dies with the process that started it.

Run as `python -I -S child.py PARENT HOSTNAME PROGRAM ARGUMENT...`: asks the kernel for SIGKILL when the parent ends
(however it ends), takes HOSTNAME as the host's name in a name space of its own unless that is "-", and executes
PROGRAM in its place, so that the process id stays. Nothing outside the new process changes.
"""

import ctypes
import os
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWUSER = 0x1000_0000


def take_hostname(name: str, libc: ctypes.CDLL) -> None:
    """Take `name` in a UTS name space of our own; where the machine allows none, keep the host's name and go on."""
    spaces = CLONE_NEWUTS if os.geteuid() == 0 else CLONE_NEWUTS | CLONE_NEWUSER
    if libc.unshare(spaces) == 0:
        socket.sethostname(name)
    elif not in_hosts_file(socket.gethostname()):
        print(
            f"warning: /etc/hosts does not know this host's name {socket.gethostname()}, and it could not be "
            "hidden: each look-up of it asks the name servers and may take seconds",
            file=sys.stderr,
            flush=True,
        )


def in_hosts_file(name: str) -> bool:
    """Whether /etc/hosts has an address for the name."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as hosts:  # noqa: PTH123 - pathlib costs 10 ms
            return any(name in line.partition("#")[0].split()[1:] for line in hosts)
    except OSError:
        return False


def main() -> None:
    """Do what the module says; never returns."""
    parent, hostname, *program = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if hostname != "-":
        take_hostname(hostname, libc)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended before we asked
        sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - no shell is wanted here


if __name__ == "__main__":
    main()
