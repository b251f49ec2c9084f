"""Compares the table of docs/import.md with the architectures that dagrt-translate names."""

import re
import subprocess
import sys

CONFIG = b'{"architectures": ["NoSuchArchitecture"]}'

run = subprocess.run(
    ["dagrt-translate", "--import-hf-config", "-"], input=CONFIG, capture_output=True, check=False
)
line = next(line for line in run.stderr.decode().splitlines() if "dense models of" in line)
supported = set(line.split("dense models of ")[1].split(", "))
rows = [line for line in open(sys.argv[1], encoding="utf-8") if line.startswith("| `")]
listed = {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}
if listed != supported:
    sys.exit(f"only listed: {listed - supported}; only supported: {supported - listed}")
