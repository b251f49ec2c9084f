"""Makes a failing input small: removes lines, then tokens, while it fails in the same way."""

from mutations import TOKEN

# Runs that a reduction may take.
BUDGET = 300


def reduce(case, fails):
    """`fails(data)` says whether the input still fails alike; gives the case with smaller data."""
    budget = [BUDGET]

    def still_fails(pieces):
        budget[0] -= 1
        return fails(b"".join(pieces))

    data = case.data
    for cut in (lambda text: text.splitlines(True), TOKEN.findall):
        data = b"".join(remove_pieces(cut(data), still_fails, budget))
    return case._replace(data=data)


def remove_pieces(pieces, still_fails, budget):
    """Delta debugging: drops ever smaller runs of pieces."""
    size = max(1, len(pieces) // 2)
    while pieces and budget[0] > 0:
        start, removed = 0, False
        while start < len(pieces) and budget[0] > 0:
            rest = pieces[:start] + pieces[start + size:]
            if still_fails(rest):
                pieces, removed = rest, True
            else:
                start += size
        if size == 1 and not removed:
            break
        size = max(1, size // 2)
    return pieces
