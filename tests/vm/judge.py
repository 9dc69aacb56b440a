"""Compares the ledger of what the peripherals sent with the readings of the store: each once, at the time it was sent."""

# Longest from a peripheral's sending to the gateway's stamp. Emulated processors are slow.
LATE_MS = 10_000
# A value sent so long before a link's end (or a kill of what carries it) may have been on its way when it ended.
EDGE_MS = 3_000


def judge(sent, stored, ends):
    """`sent`: (ms, value) in order; `stored`: the same; `ends`: ms of every end of a link, or kill."""
    left, counts = list(stored), {"sent": len(sent), "stored": len(stored), "matched": 0, "edge": 0, "missing": []}
    late = []
    for at, value in sent:
        match = next((row for row in left if row[1] == value and -50 <= row[0] - at <= LATE_MS), None)
        if match:
            left.remove(match)
            late.append(match[0] - at)
            counts["matched"] += 1
        elif any(0 <= end - at <= EDGE_MS for end in ends):
            counts["edge"] += 1
        else:
            counts["missing"].append((at, value))
    counts["never sent or twice"] = left
    late.sort()
    counts["late ms p50/max"] = (late[len(late) // 2], late[-1]) if late else None
    return counts


def sound(counts):
    return counts["matched"] > 0 and not counts["missing"] and not counts["never sent or twice"]
