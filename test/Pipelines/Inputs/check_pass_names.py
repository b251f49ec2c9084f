"""Names of all passes: with the prefix or one of the four, as flags of dagrt-opt and in --help.

usage: check_pass_names.py <sources> <dagrt-opt>
"""

import pathlib
import re
import subprocess
import sys

WITHOUT_PREFIX = {"annotate-cost", "critical-path", "partition-fa-pool", "partition-tp-pp"}

source, tool = pathlib.Path(sys.argv[1]), sys.argv[2]
names = {name for file in source.glob("include/dagrt/*/Passes.td")
         for name in re.findall(r'Pass<"([a-z0-9-]+)"', file.read_text())}
assert len(names) > 10, names
plain = {name for name in names if "dagrt-" not in name}
assert plain == WITHOUT_PREFIX, f"expects {WITHOUT_PREFIX} without prefix, got {plain}"


def lines(option):
    text = subprocess.run([tool, option], check=True, capture_output=True, text=True).stdout
    return {word.lstrip("-") for line in text.splitlines() for word in line.split()[:1]}


shown, hidden = lines("--help"), lines("--help-hidden")
assert names <= shown, f"--help lacks {names - shown}"
short = {name.removeprefix("dagrt-") for name in names}
assert short <= hidden, f"expects short names, lacks {short - hidden}"
assert not short & shown - names, f"expects --help to list a pass once, got {short & shown - names}"
