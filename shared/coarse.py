"""Numbers that employees move, for the eyes of ops: they stand still until enough people have moved them.

Whoever watches a metric that counts every envelope sees when each one came, and knows who was at her desk.
"""

FIRST = 5
"""Below it a number is shown as 0: nobody must be seen to be the first."""


def steps(n: int) -> int:
    """The largest of 0, 5, 10, 25, 50, 100, 250, 500, 1000 ... that is not above `n`, which is not negative."""
    if n < FIRST:
        return 0
    power = int(10 ** (len(str(n)) - 1))
    return next(step for step in (5 * power, 5 * power // 2, power) if step <= n)
