"""Checks the ranges of a report of --compare-plans against programs that are imported with numbers,
partitioned and scheduled one by one.

usage: check_crossovers.py <report> <config> <cluster> <arguments of the import>
"""

import json
import subprocess
import sys

report_file, config, cluster, *arguments = sys.argv[1:]
report = json.load(open(report_file))
name = report["swept"]
assert name == "seq_len", name


def run(command, text=None):
    result = subprocess.run(command, input=text, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def measure(size):
    """For each plan: (microseconds, peak bytes, whether it fits)."""
    model = run(["dagrt-translate", "--import-hf-config", config, f"--seq-len={size}", *arguments])
    outcomes = []
    for plan in report["plans"]:
        path = f"critical-path{{format=json report=- cluster={cluster}}}"
        pipeline = f"--pass-pipeline=builtin.module({plan['pipeline']},{path})"
        found = json.loads(run(["dagrt-opt", pipeline, "-o", "/dev/null"], model))
        peak = max(mesh["memory"]["peak_bytes"] for mesh in found["meshes"])
        outcomes.append((found["makespan_us"], peak, found["fits_in_memory"]))
    return outcomes


def find_winner(outcomes, fitting):
    times = [(time, i) for i, (time, _, fits) in enumerate(outcomes) if fits or not fitting]
    return report["plans"][min(times)[1]]["name"] if times else None


for point in report["points"]:
    want = measure(point["size"])
    got = [(o["makespan_us"], o["peak_bytes"], o["fits"]) for o in point["outcomes"]]
    assert got == want, (point["size"], got, want)

changes = 0
for key, fitting in (("fastest", False), ("fastest_that_fits", True)):
    ranges = report[key]
    assert ranges[0]["first"] == report["points"][0]["size"]
    assert ranges[-1]["last"] == report["points"][-1]["size"]
    for before, after in zip(ranges, ranges[1:]):
        changes += 1
        assert before["last"] + 1 == after["first"], ranges
        assert before["plan"] != after["plan"], ranges
        assert find_winner(measure(before["last"]), fitting) == before["plan"], before
        assert find_winner(measure(after["first"]), fitting) == after["plan"], after
    for point in report["points"]:
        covering = [r for r in ranges if r["first"] <= point["size"] <= r["last"]]
        assert [r["plan"] for r in covering] == [point[key]], point
print(f"{len(report['points'])} points, {changes} changes")
