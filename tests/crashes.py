"""Being killed, or running out of disk, before every single call that changes a file.

for step in killed_before_each_call(work): ...       `work` in a forked process, killed by SIGKILL; look at the disk
with failing(step, error): work()                    the same call raises instead
"""

import errno
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

_CALLS = frozenset({"open", "fsync", "write", "flush", "rename", "replace", "unlink", "mkdir", "ftruncate"})


def killed_before_each_call(work: Callable[[], object]) -> Iterator[int]:
    """Run `work` again and again, killed before its first call, its second, ..., until it comes through."""
    step = 0
    while _is_killed(work, step):
        yield step
        step += 1


@contextmanager
def failing(step: int, code: int = errno.ENOSPC) -> Iterator[list[str]]:
    """Let call number `step` fail with an OSError; the result names the calls made, the failed one last."""

    def fail() -> NoReturn:
        raise OSError(code, os.strerror(code))

    before = sys.getprofile()
    hook, made = _hook(step, fail)
    sys.setprofile(hook)
    try:
        yield made
    finally:
        sys.setprofile(before)


def _is_killed(work: Callable[[], object], step: int) -> bool:
    with warnings.catch_warnings():
        # Later versions of Python warn of forks beside threads; the child uses none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            sys.setprofile(_hook(step, lambda: os.kill(os.getpid(), signal.SIGKILL))[0])
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, f"it raised something, killed before call {step}"
    return False


def _hook(step: int, strike: Callable[[], object]) -> tuple[Callable[[FrameType, str, Any], None], list[str]]:
    made: list[str] = []

    def hook(_frame: FrameType, event: str, what: Any) -> None:
        if event != "c_call" or what.__name__ not in _CALLS:
            return
        if what.__module__ == "posix" or isinstance(what.__self__, io.BufferedWriter | io.BufferedRandom):
            made.append(what.__name__)
            if len(made) == step + 1:
                strike()

    return hook, made
