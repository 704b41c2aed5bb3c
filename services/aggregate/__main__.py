"""`python -m services.aggregate`: count what the gate hands over; with `keygen`: make this party's key."""

import sys

if __name__ == "__main__":
    # Not above: each worker process imports this file again, and needs none of the service (0.2 s of a core each).
    from services.aggregate.service import main

    sys.exit(main())
