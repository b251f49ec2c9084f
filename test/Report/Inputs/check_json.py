"""Checks a JSON report: a path without a gap, and parts that sum to the total."""

import json
import sys
from decimal import Decimal

text = open(sys.argv[1]).read()
report = json.loads(text, parse_float=Decimal)
assert report["version"] == 1
makespan = report["makespan_us"]
path = report["critical_path"]
assert path, "the path is not empty"
at, previous = Decimal(0), None
for entry in path:
    assert entry["start_us"] == at, (entry, at)
    assert entry["end_us"] >= at, entry
    assert "." in str(entry["end_us"]) and len(str(entry["end_us"]).split(".")[1]) == 6
    assert entry["cause"] in ("start", "data", "resource"), entry
    assert (entry["cause"] == "start") == (previous is None), entry
    assert entry.get("blocker") == previous, entry
    if entry["op"] == "recv":
        assert entry["start_us"] == entry["end_us"], entry
    assert ("to" in entry) == (entry["op"] == "send"), entry
    assert ("get_time" in entry) == (entry["op"] == "matmul"), entry
    at, previous = entry["end_us"], entry["name"]
assert at == makespan, (at, makespan)
names = [entry["name"] for entry in path]
assert len(names) == len(set(names)), "names are unique"
for key in ("by_kind", "by_layer", "by_mesh", "by_bound", "by_provenance"):
    shares = report["attribution"][key]
    assert sum(shares.values()) == makespan, (key, shares)
for mesh in report["meshes"]:
    assert 0 <= mesh["utilization"] <= 1, mesh
    assert all(isinstance(device, int) for device in mesh["devices"]), mesh
print("ok", makespan, len(path))
