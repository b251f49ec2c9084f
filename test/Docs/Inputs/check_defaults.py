"""Prints the options of passes whose description does not say their default, and how many there are."""
import pathlib
import re
import sys

options, silent = 0, []
for path in sorted(pathlib.Path(sys.argv[1], "include/dagrt").glob("*/Passes.td")):
    for option in re.findall(r"^\s+(?:List)?Option<.*?>(?=[,\s\]])", path.read_text(), re.M | re.S):
        options += 1
        if "default" not in re.sub(r"/\*.*?\*/", "", option) and not option.lstrip().startswith("List"):
            silent.append(f"{path.parent.name}: {option.split()[0]}")
for line in silent:
    print(line)
print(f"{options} options, {len(silent)} silent")
