"""Checks a Chrome trace: tracks have names, and events on a track do not overlap."""

import json
import sys
from collections import defaultdict
from decimal import Decimal

trace = json.load(open(sys.argv[1]), parse_float=Decimal)
names, processes, tracks = {}, {}, defaultdict(list)
for event in trace["traceEvents"]:
    track = (event["pid"], event["tid"])
    if event["ph"] == "M":
        if event["name"] == "thread_name":
            names[track] = event["args"]["name"]
        if event["name"] == "process_name":
            processes[event["pid"]] = event["args"]["name"]
        continue
    assert event["ph"] == "X", event
    assert event["dur"] > 0, event
    assert event["args"]["cause"] in ("start", "data", "resource"), event
    assert event["args"]["slack_us"] >= 0, event
    tracks[track].append((event["ts"], event["ts"] + event["dur"], event["name"]))
for track, events in sorted(tracks.items()):
    events.sort()
    for before, after in zip(events, events[1:]):
        assert after[0] >= before[1], (before, after)
    print(f"{processes[track[0]]} | {names[track]}: {len(events)} events, last ends {events[-1][1]}")
