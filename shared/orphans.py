"""Processes that a service starts end with it, also if it is killed: an orphan would keep port, lock or memory."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """From a process that `multiprocessing` has started: end it as soon as its parent is gone, without cleaning up.

    A parent that is killed tells nobody, and the pipes between them stay open at the child's own end.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait, args=(parent.sentinel,), name="parent", daemon=True).start()


def _wait(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
