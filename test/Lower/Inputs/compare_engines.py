"""Runs every function of programs compiled and by the evaluator, and compares.

usage: compare_engines.py <program.mlir>... [-- <option of dagrt-run>...]

The two engines share only the numbers that go in. Prints the command of each comparison that fails.
"""

import concurrent.futures
import itertools
import pathlib
import re
import shlex
import subprocess
import sys

FUNCTION = re.compile(r"^func\.func @([\w-]+)", re.MULTILINE)


def run(command):
    return command, subprocess.run(command, capture_output=True, text=True, check=False)


def main():
    arguments = iter(sys.argv[1:])
    files = list(itertools.takewhile(lambda argument: argument != "--", arguments))
    options = list(arguments)
    commands = [
        ["dagrt-run", file, f"--function={name}", "--engine=jit", "--compare-engine=evaluator"]
        + options
        for file in files
        for name in FUNCTION.findall(pathlib.Path(file).read_text())
    ]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for command, result in pool.map(run, commands):
            if result.returncode:
                failures += 1
                print(f"{shlex.join(command)}\n{result.stdout}{result.stderr}")
    print(f"{len(commands)} functions, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
