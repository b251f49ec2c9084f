"""Decodes with the small model of each config of a folder, and compares with the model itself.

usage: compare_decode.py <folder of configs> <scratch folder>

A prefill fills caches, and a partitioned step runs on them as often as there are tokens left: its
outputs, and the caches that it leaves, are those of the model that reads all tokens at once. Each family is
partitioned in one way, chosen by its position in the list so that every way meets several families. Prints
the command of each comparison that fails.
"""

import itertools
import pathlib
import shlex
import subprocess
import sys

PREFILL, TOKENS, TOLERANCE = 7, 13, "1e-12"

# How many tokens a step has, and how it is partitioned.
WAYS = [
    (1, "--partition-tp-pp=tp=2 pp=2"),
    (2, "--partition-tp-pp=tp=2 pp=1 kvp=2"),
    (1, "--partition-fa-pool=tp=2 pool=3 pool-split=keys cut=core"),
    (3, "--partition-tp-pp=tp=2 pp=2 dp=2"),
    (1, "--partition-tp-pp=tp=4 pp=1 kvp=2 stripe=2 qkv=replicated"),
    (2, "--partition-fa-pool=tp=2 pool=2 pool-split=batch cut=block layout=megatron"),
    (6, "--partition-tp-pp=tp=2 pp=1 kvp=2 dp=3 ffn=dp"),
    (3, "--partition-fa-pool=tp=2 pool=5 pool-split=keys cut=block stripe=2"),
    (1, "--partition-fa-pool=tp=2 pool=2 pool-split=batch cut=core"),
]


def fails(command):
    """The command and what it says, if it fails."""
    result = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    return f"{shlex.join(command)}\n{result.stderr}" if result.returncode else ""


def has_full_cache(step):
    """A cache with a slot for each token, which keys can be sharded in."""
    return "attention.cache.key, layer" in step.read_text()


def main():
    configs, scratch = map(pathlib.Path, sys.argv[1:3])
    scratch.mkdir(parents=True, exist_ok=True)
    done, failures = 0, 0
    for config, (new, way) in zip(sorted(configs.glob("*.json")), itertools.cycle(WAYS)):
        run = scratch / f"{config.stem}"
        model = ["dagrt-translate", "--import-hf-config", str(config), "--shrink", "--batch=3"]
        whole = ["--logits=all", "--kv-cache=keep"]
        step = ["--phase=decode", f"--context={PREFILL}", f"--new-tokens={new}"]
        error = (
            fails(model + [f"--seq-len={PREFILL}", "--kv-cache=keep", "-o", f"{run}.prefill"])
            or fails(model + [f"--seq-len={TOKENS}"] + whole + ["-o", f"{run}.whole"])
            or fails(model + step + [f"--capacity={TOKENS}", "-o", f"{run}.step"])
        )
        if not error and ("kvp" in way or "keys" in way):
            if not has_full_cache(pathlib.Path(f"{run}.step")):
                way = WAYS[3][1]
        steps = (TOKENS - PREFILL) // new
        error = (
            error
            or fails(["dagrt-opt", f"{run}.step", way, "--verify-placement", "-o", f"{run}.placed"])
            or fails(
                ["dagrt-run", f"{run}.placed", "--prefill", f"{run}.prefill", f"--steps={steps}"]
                + ["--compare", f"{run}.whole", f"--tolerance={TOLERANCE}"]
            )
        )
        done += 1
        if error:
            print(f"{config.stem}, {way}: {error}")
            failures += 1
    print(f"{done} models, {failures} failures")


if __name__ == "__main__":
    main()
