"""Compares what pool=auto says with what each size takes when it is asked for by itself.

usage: check_pool.py <opt tool> <program> <limit> <cluster> <other options of the partition>
"""

import json
import re
import subprocess
import sys

tool, program, limit, cluster, *rest = sys.argv[1:]


def run(*arguments):
    command = [tool, program, *arguments, "-o", "/dev/null"]
    result = subprocess.run(command, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    return result


def measure(size):
    """(picoseconds, whether it fits) of a pool of `size`."""
    partition = f"--partition-fa-pool=pool={size} {' '.join(rest)}"
    path = f"--critical-path=format=json report=- cluster={cluster}"
    report = json.loads(run(partition, path).stdout)
    limit = report["device_memory_bytes"]
    fits = all(mesh["memory"]["peak_bytes"] <= limit for mesh in report["meshes"])
    return round(report["makespan_us"] * 1e6), fits


def format_time(picoseconds):
    value, units = picoseconds, ["ps", "ns", "us", "ms", "s"]
    while value >= 999.95 and len(units) > 1:
        value, units = value / 1000, units[1:]
    decimals = 3 if value < 9.9995 else 2 if value < 99.995 else 1
    return f"{value:.{decimals}f} {units[0]}"


sizes = {size: measure(size) for size in range(int(limit) + 1)}
auto = f"--partition-fa-pool=pool=auto pool-limit={limit} cluster={cluster} {' '.join(rest)}"
remarks = run(auto, "--remarks-filter=partition", "--remark-format=emitRemark").stderr
remark = next(line for line in remarks.splitlines() if "PoolSize" in line)
chosen = int(re.search(r"a pool of (\d+) devices", remark)[1])
best = min(sizes, key=lambda size: (not sizes[size][1], sizes[size][0], size))
assert chosen == best, (chosen, best, sizes)
for size, (time, fits) in sizes.items():
    listed = re.search(rf"[;,] {size}: ([^,(\"]*[^,(\" ])( \(does not fit)?", remark)
    assert listed[1] == format_time(time), (size, listed[1], format_time(time))
    assert bool(listed[2]) == (not fits), (size, fits, remark)
print(f"chosen {chosen}; fit {sum(fits for _, fits in sizes.values())} of {len(sizes)}")
