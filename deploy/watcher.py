"""A server that is started for trying or for tests ends with whoever started it, however that one ends."""

import subprocess

_WATCH = 'read -r _; kill -s "$2" "$1"'
"""A shell that waits for the end of the pipe from us, which comes with our own end, however that comes."""


def watch(pid: int, signal: str = "KILL") -> subprocess.Popen[bytes]:
    """Send a signal (by its name, without SIG) to a process once ours is gone; `forget` it when that one has ended."""
    command = ["sh", "-c", _WATCH, "watch", str(pid), signal]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def forget(watcher: subprocess.Popen[bytes]) -> None:
    """Before somebody else's process gets the number of the one that was watched."""
    watcher.kill()
    watcher.communicate()
