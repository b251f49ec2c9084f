"""Prints the n-th fenced mlir block of a page.

usage: extract_block.py <page> <n>
"""

import pathlib
import re
import sys

page = pathlib.Path(sys.argv[1]).read_text()
print(re.findall(r"^```mlir\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[int(sys.argv[2])])
