"""Fails unless costs follow what passes do to their ops.

  costs_follow.py DAGRT_OPT PROGRAM.mlir PIPELINE...

For each pipeline P, `annotate; P; report` must say what `P; report` says, but for where the cluster
and the model were read.
"""

import json
import subprocess
import sys

REPORT = "--critical-path=format=json report=-"


def run(tool, program, passes):
    command = [tool, program, *passes, REPORT, "-o", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[0]
    report = json.loads(done.stdout)
    for function in report.get("functions", [report]):
        function.pop("costs_taken_over", None)
    return report, ""


def describe(before, after, path=""):
    """Where two reports differ first."""
    if type(before) is type(after) is dict:
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                return describe(before.get(key), after.get(key), f"{path}/{key}")
    if type(before) is type(after) is list and len(before) == len(after):
        for i, (a, b) in enumerate(zip(before, after)):
            if a != b:
                return describe(a, b, f"{path}/{i}")
    return f"{path}: {before!r} and {after!r}"


tool, program, *pipelines = sys.argv[1:]
bad = 0
for pipeline in pipelines:
    passes = pipeline.split("|")
    expected, why = run(tool, program, passes)
    if expected is None:
        sys.exit(f"costs_follow.py: error: expects '{pipeline}' to run, got: {why}")
    got, why = run(tool, program, ["--annotate-cost", *passes])
    if got == expected:
        continue
    bad += 1
    print(f"'{pipeline}': " + (why if got is None else describe(expected, got)))
print(f"{len(pipelines) - bad} of {len(pipelines)} pipelines keep costs and ops together")
sys.exit(bad > 0)
