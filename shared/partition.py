"""Which group each sealed envelope is counted in, decided from numbers of envelopes alone (docs/disclosure.md).

A partition is a set of *closed* nodes. The cell of an envelope is the nearest closed node at or above its finest
node; what so arrives at a node is its *pool*, and a node that is not closed passes its whole pool up. Every pool is
empty or holds at least k. So all that is ever published are sums over disjoint cells of at least k envelopes each.

Among all lawful partitions `partition` takes one in which envelopes climb the fewest edges in total. It looks at
every node once, children first, and keeps for each size that the node's pool can have the fewest edges climbed so
far. Below k sizes are kept exactly. Pools of k or more are lawful wherever they end and differ in price only: with
n envelopes that have climbed c edges, closing d edges further up costs c + n * d, so all that are never the cheapest
for any d are dropped. A handful remain, whatever the numbers of envelopes.
"""

from collections.abc import Collection, Mapping, Sequence

from shared.tree import NodeId, PartTree

K_FLOOR = 5
"""Envelopes. No part of any round may have a smaller minimum, whatever is configured."""

Pools = dict[int, int]
"""Number of envelopes in a pool -> the fewest edges that all envelopes below it have climbed in total."""


def partition(tree: PartTree, counts: Mapping[NodeId, int]) -> dict[NodeId, NodeId | None]:
    """The cell of every finest node that has envelopes, or None for all of them if fewer than k came in.

    `counts` has the valid envelopes by finest node; ValueError for a node without a key or a negative number. Ties go
    to closed before open, then, child by child in the tree's order, to the smaller pool, all of k or more alike.
    """
    found = _checked(tree, counts)
    if not found:
        return {}
    offers, pools_of = _prices(tree, found)
    root = next(iter(tree.nodes))
    if 0 not in offers[root]:
        return dict.fromkeys(found, None)
    return assigned(tree, found, _closed(tree, found, offers, pools_of))


def assigned(tree: PartTree, finest: Collection[NodeId], closed: Collection[NodeId]) -> dict[NodeId, NodeId | None]:
    """The nearest of the closed nodes at or above each finest node; None where there is none."""
    cell: dict[NodeId, NodeId | None] = {}
    for node in tree.nodes.values():
        above = None if node.parent is None else cell[node.parent]
        cell[node.id] = node.id if node.id in closed else above
    return {node: cell[node] for node in finest}


def pools(counts: Mapping[NodeId, int], assignment: Mapping[NodeId, NodeId | None]) -> dict[NodeId | None, int]:
    """Envelopes in each cell of an assignment, and under None those that are held back."""
    total: dict[NodeId | None, int] = {}
    for node, cell in assignment.items():
        total[cell] = total.get(cell, 0) + counts[node]
    return total


def is_lawful(tree: PartTree, counts: Mapping[NodeId, int], closed: Collection[NodeId]) -> bool:
    """Whether each closed node gets at least k envelopes and none is left outside; ValueError as in `partition`."""
    found = _checked(tree, counts)
    size = pools(found, assigned(tree, found, closed))
    return None not in size and size.keys() == set(closed) and all(n >= tree.k for n in size.values())


def _checked(tree: PartTree, counts: Mapping[NodeId, int]) -> dict[NodeId, int]:
    """The nodes that have envelopes, in the tree's order."""
    if not counts.keys() <= tree.keyed:
        raise ValueError(f"envelopes at nodes without a key: {sorted(counts.keys() - tree.keyed)[:5]}")
    if any(count < 0 for count in counts.values()):
        raise ValueError("a negative number of envelopes")
    return {node: counts[node] for node in tree.nodes if counts.get(node)}


def _prices(tree: PartTree, counts: Mapping[NodeId, int]) -> tuple[dict[NodeId, Pools], dict[NodeId, Pools]]:
    """Per node what it can pass up, the edge to its parent paid (0: nothing), and the pools that it can have itself."""
    offers: dict[NodeId, Pools] = {}
    pools_of: dict[NodeId, Pools] = {}
    for node in reversed(tree.nodes):
        own: Pools = {counts.get(node, 0): 0}
        for child in tree.children[node]:
            own = _thinned(_joined(own, offers[child]), tree.k)
        offer = {n: cost + n for n, cost in own.items() if n}
        if (settled := _cheapest(own, tree.k)) is not None:
            offer[0] = settled
        offers[node], pools_of[node] = offer, own
    return offers, pools_of


def _cheapest(own: Pools, k: int) -> int | None:
    """The fewest edges with which everything at and below a node stays there; None if it cannot."""
    return min((cost for n, cost in own.items() if n == 0 or n >= k), default=None)


def _joined(left: Pools, right: Pools) -> Pools:
    both: Pools = {}
    for n, cost in left.items():
        for m, more in right.items():
            if n + m not in both or cost + more < both[n + m]:
                both[n + m] = cost + more
    return both


def _thinned(own: Pools, k: int) -> Pools:
    """Without pools of k or more that are dearer than another one however far they climb: the lower hull of lines."""
    kept: list[tuple[int, int]] = []
    for n in sorted(n for n in own if n >= k):
        cost = own[n]
        if kept and cost >= kept[-1][1]:
            continue
        while len(kept) > 1 and _never_best(kept[-2], kept[-1], (n, cost)):
            kept.pop()
        kept.append((n, cost))
    return {n: cost for n, cost in own.items() if n < k} | dict(kept)


def _never_best(small: tuple[int, int], middle: tuple[int, int], large: tuple[int, int]) -> bool:
    """Whether the line through `middle` (slope, start) nowhere lies below both of the others."""
    return (small[1] - middle[1]) * (large[0] - middle[0]) <= (middle[1] - large[1]) * (middle[0] - small[0])


def _closed(
    tree: PartTree, counts: Mapping[NodeId, int], offers: Mapping[NodeId, Pools], pools_of: Mapping[NodeId, Pools]
) -> set[NodeId]:
    """Go down from the root and take, wherever several ways are cheapest, the first in the order of ties."""
    k = tree.k
    closed: set[NodeId] = set()
    todo = [(next(iter(tree.nodes)), 0, 0)]  # node, the pool that it passes up (capped at k), edges to where that ends
    while todo:
        node, pool, distance = todo.pop()
        if pool == 0:
            own = pools_of[node]
            if any(n >= k and cost == offers[node][0] for n, cost in own.items()):
                closed.add(node)
                pool = k
            distance = 0
        children = tree.children[node]
        shares: Sequence[int] = [0] * len(children)
        if pool:
            options = [_capped(offers[child], k, distance) for child in children]
            shares = _first_cheapest(options, counts.get(node, 0), pool, k)
        todo.extend((child, share, distance + 1) for child, share in zip(children, shares, strict=True))
    return closed


def _capped(offer: Pools, k: int, distance: int) -> Pools:
    """The price of each pool, all of k or more as one, if it ends `distance` edges above the parent."""
    prices: Pools = {}
    for n, cost in offer.items():
        price = cost + n * distance
        if (size := min(n, k)) not in prices or price < prices[size]:
            prices[size] = price
    return prices


def _first_cheapest(options: Sequence[Pools], own: int, pool: int, k: int) -> list[int]:
    """What each child passes up so that, with its own envelopes, a node has this pool at the lowest price."""
    rest: list[Pools] = [{0: 0}]  # For each child, and past the last: the prices of what it and those after it pass up.
    for option in reversed(options):
        rest.append(_capped(_joined(option, rest[-1]), k, 0))
    rest.reverse()

    def price(after: Pools, held: int) -> int | None:
        return min((cost for n, cost in after.items() if min(held + n, k) == pool), default=None)

    shares: list[int] = []
    due = price(rest[0], own)
    for option, after in zip(options, rest[1:], strict=True):
        for share in sorted(option):
            later = price(after, own + share)
            if due is not None and later is not None and option[share] + later == due:
                shares.append(share)
                own, due = own + share, later
                break
    return shares
