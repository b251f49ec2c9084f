"""Fails unless the one cost in a program is the time of an answer of dagrt-get-time, to the nanosecond.

  same_time.py ANSWER.json PROGRAM.mlir
"""

import json
import re
import sys

with open(sys.argv[1]) as file:
    [answer] = json.load(file)["answers"]
with open(sys.argv[2]) as file:
    [cost] = re.findall(r"dagrt\.cost = #dagrt\.cost<(\d+) ps", file.read())
asked, costed = answer["time_us"], int(cost) / 1e6
if abs(asked - costed) > 1e-3:
    sys.exit(f"same_time.py: error: expects one time, got {asked} us asked and {costed} us costed")
print(f"{answer.get('algorithm', 'product')}: {costed:.3f} us")
