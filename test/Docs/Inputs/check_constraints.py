"""Compares the constraint ids of the TableGen files with the verifiers and their tests.

usage: check_constraints.py <root>
"""

import pathlib
import re
import sys

ID = re.compile(r"\b([a-z0-9_]+-c[0-9]+)\b")


def ids(files, pattern=ID):
    return {match for file in files for match in pattern.findall(file.read_text())}


def main():
    root = pathlib.Path(sys.argv[1])
    # A definition is `1. `matmul-c1`: ...`; other mentions do not define.
    defined = ids(root.glob("include/dagrt/IR/**/*.td"), re.compile(r"`([a-z0-9_]+-c[0-9]+)`:"))
    verified = ids(root.glob("lib/IR/**/*.cpp"))
    tested = ids(root.glob("test/IR/invalid*.mlir"))
    failures = [f"{name}: no verifier in lib/IR names it" for name in defined - verified]
    failures += [f"{name}: no test in test/IR/invalid*.mlir names it" for name in defined - tested]
    failures += [f"{name}: not defined in include/dagrt/IR" for name in (verified | tested) - defined]
    for failure in sorted(failures):
        print(failure)
    print(f"{len(defined)} constraints, {len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
