"""Partitions small models in many ways and compares each program with the model it came from.

usage: compare_partitions.py <folder of example configs> <scratch folder> [<option of dagrt-run>...]

The programs run on the devices' own local arrays, so a shard, a mask, a collective or a padding
that is wrong shows in the numbers. Prints the command of each comparison that fails. With options,
which say how to run the partitions, every third one is run.
"""

import itertools
import pathlib
import shlex
import subprocess
import sys

TOLERANCE = "1e-9"

# A config of this folder: 28 query heads in 4 groups, which 8 devices hold as 4 + 3 in each group.
HEADS = pathlib.Path(__file__).parent / "qwen2-28-heads.json"

TP_PP = [f"layout={layout}" for layout in ("megatron", "sequence-parallel", "hidden")]
FA_POOL = [
    f"layout={layout} cut={cut} blocks={blocks}"
    for layout, cut, blocks in itertools.product(
        ("megatron", "sequence-parallel", "hidden"), ("block", "core"), ("contiguous", "zigzag")
    )
    if (layout, cut) != ("hidden", "core")
]

# Every way to partition, on models that differ in what a partition must get right: grouped heads, biases,
# learned positions with an offset, parallel attention and FFN, partial and interleaved rotation,
# norms on queries and keys, fused weights, windows, no vocabulary.
#   config, import options, options of --partition-tp-pp, options of --partition-fa-pool
ALL = [
    ("llama-3.1-8b", "--seq-len=37 --batch=2 --logits=all", "tp=4 pp=2", "tp=4 pool=3"),
    ("gpt-j-6b", "--seq-len=37 --logits=all", "tp=4 pp=2", "tp=4 pool=5"),
    ("opt-1.3b", "--seq-len=37", "tp=2 pp=2", "tp=2 pool=5"),
    ("qwen3-0.6b", "--seq-len=37 --attention=decomposed", "tp=2 pp=1", "tp=2 pool=3"),
    ("origin", "--seq-len=37 --logits=none", "tp=4 pp=2", "tp=4 pool=5"),
    # Fewer tokens than devices, so that some hold padding alone.
    ("llama-3.1-8b", "--seq-len=1", "tp=4 pp=2", "tp=4 pool=3"),
    ("qwen2.5-7b", "--seq-len=3 --logits=all", "tp=4 pp=2", "tp=4 pool=5"),
]

# One way to partition, on the other families and at the limits: heads and layers that do not divide, more
# devices than key/value heads, one device.
ONE = [
    ("gpt2", "--seq-len=37", "--partition-fa-pool=tp=4 pool=3"),
    ("gpt-neox-20b", "--seq-len=37", "--partition-fa-pool=tp=4 pool=3 cut=core"),
    ("mistral-7b", "--seq-len=37", "--partition-fa-pool=tp=4 pool=3"),
    ("phi-1", "--seq-len=37", "--partition-tp-pp=tp=4 pp=2"),
    ("phi-3-mini", "--seq-len=37", "--partition-fa-pool=tp=4 pool=5 layout=megatron"),
    ("mimo-7b", "--seq-len=37", "--partition-tp-pp=tp=2 pp=2 layout=sequence-parallel"),
    ("yi-34b", "--seq-len=37", "--partition-fa-pool=tp=4 pool=5 cut=core"),
    (HEADS, "--seq-len=37", "--partition-tp-pp=tp=8 pp=2"),
    (HEADS, "--seq-len=37", "--partition-tp-pp=tp=8 pp=3 layout=sequence-parallel"),
    (HEADS, "--seq-len=37", "--partition-fa-pool=tp=8 pool=5 cut=core"),
    (HEADS, "--seq-len=37", "--partition-fa-pool=tp=8 pool=5 layout=megatron cut=core"),
    ("llama-3.1-8b", "--seq-len=37", "--partition-tp-pp=tp=8 pp=1 layout=sequence-parallel"),
    ("llama-3.1-8b", "--seq-len=37", "--partition-tp-pp=tp=1 pp=1"),
    ("llama-3.1-8b", "--seq-len=37", "--partition-fa-pool=tp=1 pool=1"),
    ("llama-2-7b", "--seq-len=37", "--partition-fa-pool=tp=3 pool=7 cut=core"),
    ("gpt2-xl", "--seq-len=37", "--partition-tp-pp=tp=4 pp=2"),
    ("gpt2-xl", "--seq-len=37", "--partition-tp-pp=tp=3 pp=2 layout=hidden"),
    ("qwen2.5-7b", "--seq-len=5", "--partition-fa-pool=tp=5 pool=3 layout=hidden"),
]

# Micro-batches in every order: of one size and not, of ids, of activations and of the last token,
# with orders of tokens, learned positions, parallel branches and padded heads.
BATCHES = [
    ("llama-3.1-8b", "--batch=3 --logits=all", [
        "--partition-tp-pp=tp=2 pp=2 microbatches=2",
        "--partition-tp-pp=tp=2 pp=2 microbatches=3 order=depth-first layout=sequence-parallel",
        "--partition-fa-pool=tp=2 pool=3 microbatches=3 order=ping-pong blocks=zigzag",
        "--partition-fa-pool=tp=4 pool=3 microbatches=2 cut=core layout=megatron",
    ]),
    ("origin", "--batch=5 --logits=none", [
        "--partition-tp-pp=tp=2 pp=2 microbatches=5",
        "--partition-fa-pool=tp=4 pool=5 microbatches=3 order=ping-pong",
        "--partition-fa-pool=tp=2 pool=3 microbatches=5 order=depth-first cut=core",
    ]),
    ("gpt-j-6b", "--batch=2", [
        "--partition-tp-pp=tp=4 pp=2 microbatches=2",
        "--partition-fa-pool=tp=4 pool=3 microbatches=2 order=ping-pong",
    ]),
    ("opt-1.3b", "--batch=4 --attention=decomposed", [
        "--partition-tp-pp=tp=2 pp=2 microbatches=3 layout=sequence-parallel",
        "--partition-fa-pool=tp=2 pool=5 microbatches=4 order=ping-pong cut=core",
    ]),
    (HEADS, "--batch=4", [
        "--partition-tp-pp=tp=8 pp=2 virtual=2 microbatches=3 order=interleaved",
        "--partition-tp-pp=tp=4 pp=2 virtual=2 microbatches=4 order=breadth-first",
        "--partition-tp-pp=tp=2 pp=2 virtual=2 microbatches=2 order=depth-first",
    ]),
]

# Matmuls in steps, of every kind: rings of tokens with fewer and more blocks than tokens, with
# heads that share a key, and messages in pieces.
STEPS = [
    ("llama-3.1-8b", "--seq-len=37 --batch=2", "--partition-tp-pp=tp=4 pp=2 layout=sequence-parallel"),
    ("llama-3.1-8b", "--seq-len=3", "--partition-tp-pp=tp=4 pp=1 layout=sequence-parallel"),
    ("opt-1.3b", "--seq-len=37", "--partition-tp-pp=tp=2 pp=2 layout=sequence-parallel"),
    (HEADS, "--seq-len=37", "--partition-tp-pp=tp=8 pp=3 layout=sequence-parallel"),
    ("qwen3-0.6b", "--seq-len=37", "--partition-fa-pool=tp=2 pool=3 layout=megatron"),
    ("gpt-j-6b", "--seq-len=37", "--partition-fa-pool=tp=4 pool=5 layout=sequence-parallel cut=core"),
    ("llama-3.1-8b", "--seq-len=37", "--partition-fa-pool=tp=4 pool=3 layout=megatron"),
    ("origin", "--seq-len=37 --logits=none", "--partition-tp-pp=tp=4 pp=2 layout=hidden"),
    ("origin", "--seq-len=37 --logits=none", "--partition-fa-pool=tp=4 pool=5 layout=hidden"),
    ("opt-1.3b", "--seq-len=37", "--partition-fa-pool=tp=3 pool=5 layout=hidden"),
    ("gpt2-xl", "--seq-len=37 --batch=2", "--partition-tp-pp=tp=3 pp=2 layout=hidden microbatches=2"),
]


def run(command, **pipes):
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **pipes)


def compare(model, passes, scratch, options):
    """Error text of `dagrt-opt model passes | dagrt-run options --compare model`, or nothing."""
    placed = scratch / "placed.mlir"
    steps = [
        ["dagrt-opt", str(model), *passes, "--cse", "--canonicalize", "-o", str(placed)],
        ["dagrt-run", str(placed), "--compare", str(model), f"--tolerance={TOLERANCE}", *options],
    ]
    for step in steps:
        result = run(step, stdout=subprocess.DEVNULL)
        if result.returncode:
            return f"{shlex.join(step)}\n{result.stderr}"
    return ""


def main():
    configs, scratch = map(pathlib.Path, sys.argv[1:3])
    options_of_run = sys.argv[3:]
    scratch.mkdir(parents=True, exist_ok=True)
    cases = [(config, options, [partition]) for config, options, partition in ONE]
    for config, options, partitions in BATCHES:
        cases += [(config, f"--seq-len=11 {options}", [partition]) for partition in partitions]
    for config, options, tp_pp, fa_pool in ALL:
        cases += [(config, options, [f"--partition-tp-pp={tp_pp} {more}"]) for more in TP_PP]
        cases += [(config, options, [f"--partition-fa-pool={fa_pool} {more}"]) for more in FA_POOL]
    decompose = "--decompose-collective-matmul"
    cases += [(config, options, [partition, decompose]) for config, options, partition in STEPS]
    if options_of_run:
        cases = cases[::3]
    models, failures = {}, 0
    for config, options, passes in cases:
        if (config, options) not in models:
            model = scratch / f"model{len(models)}.mlir"
            command = ["dagrt-translate", "--import-hf-config"]
            if config is HEADS:
                command += [str(HEADS)]
            else:
                command += [str(configs / f"{config}.json"), "--shrink"]
            result = run([*command, *options.split(), "-o", str(model)])
            if result.returncode:
                sys.exit(f"{shlex.join(command)} {options}\n{result.stderr}")
            models[config, options] = model
        # What survives CSE and canonicalization computes the same, so both are tested at once.
        error = compare(models[config, options], passes, scratch, options_of_run)
        if error:
            failures += 1
            print(f"{config} {options} {shlex.join(passes)}\n{error}")
    print(f"{len(cases)} partitions, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
