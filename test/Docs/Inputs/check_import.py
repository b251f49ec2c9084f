"""Compares the table of docs/import.md with the architectures that dagrt-translate lists."""

import re
import subprocess
import sys

run = subprocess.run(
    ["dagrt-translate", "--list-architectures"], capture_output=True, text=True, check=True
)
supported = set(run.stdout.split())
rows = [line for line in open(sys.argv[1], encoding="utf-8") if line.startswith("| `")]
listed = {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}
if listed != supported:
    sys.exit(f"only listed: {listed - supported}; only supported: {supported - listed}")
