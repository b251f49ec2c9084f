"""Partitions the small model of each config of a folder and compares each program with its model.

usage: compare_families.py <folder of configs> <scratch folder>

Each family is partitioned in some of the ways, chosen by its position in the list so that every way meets
several families; those with a norm of all heads in every way. Prints the command of each comparison
that fails.
"""

import itertools
import pathlib
import re
import shlex
import subprocess
import sys

TOLERANCE = "1e-12"

WAYS = [
    "--partition-tp-pp=tp={odd} pp=2",
    "--partition-fa-pool=tp=2 pool=3 cut=core blocks=zigzag",
    "--partition-tp-pp=tp=2 pp=1 layout=hidden",
    "--partition-fa-pool=tp={odd} pool=2 cut=block layout=sequence-parallel",
    "--partition-tp-pp=tp=4 pp=2 layout=sequence-parallel microbatches=2",
    "--partition-fa-pool=tp=4 pool=5 cut=core layout=megatron",
    "--partition-tp-pp=tp={odd} pp=1 layout=hidden",
    "--partition-fa-pool=tp=2 pool=3 cut=block layout=hidden",
]
EACH = 3


def find_odd_count(model):
    """A number of devices that does not divide the heads: 3, or 3 for each of two groups of heads,
    but no more than there are heads."""
    text = model.read_text()
    groups = int(re.search(r"-> tensor<\d+x\d+x(\d+)x\d+x\w+>\n", text).group(1))
    queries = int(re.search(r"-> tensor<\d+x\d+x\d+x(\d+)x\d+x\w+>\n", text).group(1))
    return min(6, groups * queries) if groups == 2 else 3


def fails(command):
    """The command and what it says, if it fails."""
    result = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    return f"{shlex.join(command)}\n{result.stderr}" if result.returncode else ""


def compare(model, way, placed):
    return fails(["dagrt-opt", str(model), way, "--verify-placement", "-o", str(placed)]) or fails(
        ["dagrt-run", str(placed), "--compare", str(model), f"--tolerance={TOLERANCE}"]
    )


def main():
    configs, scratch = map(pathlib.Path, sys.argv[1:3])
    scratch.mkdir(parents=True, exist_ok=True)
    ways, done, failures = itertools.cycle(WAYS), 0, 0
    for index, config in enumerate(sorted(configs.glob("*.json"))):
        model = scratch / f"{config.stem}.mlir"
        attention = "decomposed" if index % 3 == 0 else "fused"
        error = fails(
            ["dagrt-translate", "--import-hf-config", str(config), "--shrink", "--seq-len=13"]
            + ["--batch=2", "--logits=all", f"--attention={attention}", "-o", str(model)]
        )
        count = len(WAYS) if not error and "norm.full" in model.read_text() else EACH
        for way in itertools.islice(ways, count):
            way = way if error else way.format(odd=find_odd_count(model))
            error = error or compare(model, way, scratch / "placed.mlir")
            done += 1
        if error:
            print(error)
            failures += 1
    print(f"{done} partitions, {failures} failures")


if __name__ == "__main__":
    main()
