#!/usr/bin/env python3
"""Fails if a line of a file has more characters than fit.

usage: check_columns.py COLUMNS FILE..."""
import sys

for path in sys.argv[2:]:
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if len(line.rstrip("\n")) > int(sys.argv[1]):
            sys.exit(f"{path}:{number}: {line}")
