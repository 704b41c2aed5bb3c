"""Going on where somebody else's work ends, without a thread that waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Work = TypeVar("Work")
Made = TypeVar("Made")


def already(result: Made) -> Future[Made]:
    """A future with nothing left to do."""
    made: Future[Made] = Future()
    made.set_result(result)
    return made


def then(work: Future[Work], make: Callable[[Future[Work]], Made]) -> Future[Made]:
    """What `make` makes of the finished work, or the exception that it raises; it runs where the work is finished."""
    made: Future[Made] = Future()

    def go_on(done: Future[Work]) -> None:
        try:
            made.set_result(make(done))
        except BaseException as error:  # Whoever waits must hear of it.
            made.set_exception(error)

    work.add_done_callback(go_on)
    return made


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that this thread is running, if any."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
