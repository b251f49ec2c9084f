#!/usr/bin/env python3
# Licensed under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints how far a predicted timeline is from measured ones, for each op.

  compare-timelines.py [--fastest] predicted.json measured.json [measured.json ...]

All files are traces: of `--critical-path="trace=FILE"`, and of `dagrt-run --mpi --trace=FILE`. Ops
are matched by their names. Of several runs, the median counts for each op, or with --fastest the
least, which tells the machine from what else runs on it; of several ranks, the
slowest for an op that computes. A collective's time is that of the rank that came last, which had
the least to wait; what the others waited is printed apart. Errors are predicted over measured - 1.
"""

import collections
import json
import statistics
import sys


def read_events(path):
    try:
        with open(path) as file:
            events = json.load(file)["traceEvents"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"compare-timelines.py: error: expects a trace, got '{path}': {error}")
    return [event for event in events if event.get("ph") == "X"]


def get_makespan(events):
    first = min(event["ts"] for event in events)
    return max(event["ts"] + event["dur"] for event in events) - first


def read_run(path):
    """The makespan, and by name the time and the mean wait of each op."""
    events = [event for event in read_events(path) if "rank" in event["args"]]
    if not events:
        sys.exit(f"compare-timelines.py: error: expects a measured trace, got none in '{path}'")
    durations = collections.defaultdict(list)
    for event in events:
        durations[event["name"]].append(event)
    times = {}
    for name, same in durations.items():
        of_ranks = [event["dur"] for event in same]
        # Thread 0 of a process is its compute track.
        computes = same[0]["tid"] == 0
        time = max(of_ranks) if computes else min(of_ranks)
        times[name] = (time, 0 if computes else statistics.mean(of_ranks) - time)
    return get_makespan(events), times


def main():
    paths = [path for path in sys.argv[1:] if path != "--fastest"]
    typical = min if len(paths) < len(sys.argv) - 1 else statistics.median
    if len(paths) < 2:
        sys.exit(__doc__)
    predicted = [event for event in read_events(paths[0]) if "rank" not in event["args"]]
    if not predicted:
        sys.exit(f"compare-timelines.py: error: expects a predicted trace, got none in '{paths[0]}'")
    runs = [read_run(path) for path in paths[1:]]
    by_kind = collections.defaultdict(lambda: [0, 0.0, 0.0, 0.0, []])
    unmatched = 0
    for event in predicted:
        found = [times[event["name"]] for _, times in runs if event["name"] in times]
        if not found:
            unmatched += 1
            continue
        time = typical(time for time, _ in found)
        kind = by_kind[event["args"]["op"]]
        kind[0] += 1
        kind[1] += event["dur"]
        kind[2] += time
        kind[3] += typical(wait for _, wait in found)
        if time > 0:
            kind[4].append(100 * (event["dur"] / time - 1))
    print("op                   count  predicted us   measured us   waited us   error  median |error|")
    for op, (count, mine, time, wait, errors) in sorted(by_kind.items(), key=lambda x: -x[1][2]):
        error = 100 * (mine / time - 1) if time > 0 else 0
        middle = statistics.median(abs(e) for e in errors) if errors else 0
        print(f"{op:20} {count:5} {mine:13.1f} {time:13.1f} {wait:11.1f} {error:6.0f} % {middle:12.0f} %")
    if unmatched:
        print(f"{unmatched} predicted ops were not measured")
    makespans = sorted(makespan for makespan, _ in runs)
    mine, middle = get_makespan(predicted), typical(makespans)
    print(
        f"makespan: predicted {mine:.1f} us, measured {middle:.1f} us "
        f"({makespans[0]:.1f} to {makespans[-1]:.1f} in {len(runs)} runs), "
        f"error {100 * (mine / middle - 1):.0f} %"
    )


if __name__ == "__main__":
    main()
