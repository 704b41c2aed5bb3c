"""How a job ends: with its work done, or with one line that says what is in its way."""

import sys
from collections.abc import Callable

from shared.parties import BadParties
from shared.secret_files import UnsafeFile


def exit_code(job: Callable[[], None]) -> int:
    """Do it: 0, or 2 after a line on standard error for BadParties, OSError, UnsafeFile and ValueError."""
    try:
        job()
    except BadParties as error:
        print(f"parties.json: {error}", file=sys.stderr)
        return 2
    except (OSError, UnsafeFile, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
