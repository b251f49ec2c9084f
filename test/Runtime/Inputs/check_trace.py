"""Checks a trace with predicted and measured events.

usage: check_trace.py <trace> <ranks>

Each rank is a process with the tracks of a device; its events lie behind each other on each track,
and have names that the prediction has, or that of an op that takes no time there.
"""

import collections
import json
import sys


def main():
    events = json.load(open(sys.argv[1]))["traceEvents"]
    ranks = int(sys.argv[2])
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    measured = {p for p, name in names.items() if name.startswith("measured: rank ")}
    assert len(measured) == ranks < len(names), names
    complete = [e for e in events if e["ph"] == "X"]
    predicted = {e["name"] for e in complete if e["pid"] not in measured}
    known = [e for e in complete if e["pid"] in measured]
    seen = {e["name"] for e in known}
    missing = predicted - seen
    assert not missing, f"predicted and not measured: {missing}"
    ends = collections.defaultdict(float)
    for event in sorted(known, key=lambda e: e["ts"]):
        track = event["pid"], event["tid"]
        assert event["ts"] >= ends[track] - 1e-3, f"overlaps: {event}"
        ends[track] = event["ts"] + event["dur"]
    print(f"{ranks} ranks, {len(known)} events, all predicted")


main()
