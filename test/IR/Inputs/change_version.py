"""Copies a bytecode file whose dagrt version is 3 and says version 5 in the copy.

usage: change_version.py <from> <to>

The version stands in a section of its own: section 7, one byte long, and in it the number 3 as a
varint (twice the number plus one).
"""

import pathlib
import sys

VERSION_3, VERSION_5 = bytes([7, 3, 7]), bytes([7, 3, 11])

data = pathlib.Path(sys.argv[1]).read_bytes()
assert data.count(VERSION_3) == 1, "expects one version section that holds 3"
pathlib.Path(sys.argv[2]).write_bytes(data.replace(VERSION_3, VERSION_5))
