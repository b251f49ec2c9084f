"""What is run on an input: the tools' commands for each kind of input.

`{input}` stands for the damaged file. A pass joins by being in a Passes.td.
"""

import re

from mutations import EXTREMES

# Options worth trying; a pass that is not here runs with its defaults.
OPTIONS = {
    "dagrt-partition": ["strategy=tp-pp options=tp=2,pp=2", "strategy=fa-pool options=tp=2,pool=3"],
    "partition-tp-pp": ["tp=2 pp=1", "tp=3 pp=2 layout=sequence-parallel", "tp=8 pp=2"],
    "partition-fa-pool": ["tp=2 pool=3", "tp=4 pool=5 cut=core", "tp=2 pool=2 layout=megatron",
                          "tp=2 pool=3 blocks=zigzag"],
    "annotate-cost": ["cluster=dgx-h100", "cluster=a100-pcie-8"],
    "critical-path": ["format=text", "format=json", "overlap=none resources=unlimited",
                      "trace=/dev/null dot=/dev/null"],
    "dagrt-extract-rank": ["device=0", "device=1", "device=7"],
    "convert-dagrt-to-linalg": ["element-type=f64", "element-type=model gemm=blas"],
}
PIPELINES = ["dagrt-to-llvm"]
# Upstream passes that meet our ops through interfaces.
UPSTREAM = ["canonicalize", "cse", "symbol-dce", "inline", "sccp"]
# Small, so that a program that is valid and large is refused, not run for minutes.
RUN = ["dagrt-run", "--memory-limit=0.01"]
RUN_OPTIONS = [["{input}"], ["{input}", "--compare={input}", "--print-outputs"],
               ["{input}", "--engine=jit"], ["{input}", "--dtype=model", "--engine=jit"]]


class Commands:
    def __init__(self, source, folder):
        self.passes = UPSTREAM + PIPELINES + sorted(
            name for file in source.glob("include/dagrt/*/Passes.td")
            for name in re.findall(r'Pass<"([a-z0-9-]+)"', file.read_text()))
        self.model = source / "test/Partition/Inputs/one-layer.mlir"
        self.placed = source / "test/Report/Inputs/two-meshes.mlir"
        # A cluster of the device that is described in the damaged file.
        self.cluster = folder / "cluster.yaml"

    def one_pass(self, name, options):
        return f"--{name}={options}" if options else f"--{name}"

    def choose_pass(self, rng):
        name = rng.choice(self.passes)
        options = rng.choice(OPTIONS.get(name, [""]))
        if rng.randrange(12) == 0:
            options = re.sub(r"(?<==)\d+", lambda _: rng.choice(EXTREMES), options, count=1)
        return self.one_pass(name, options)

    def choose(self, rng, kind):
        if kind != "mlir":
            return rng.choice(self.all(kind))
        what = rng.randrange(10)
        if what < 2:
            return RUN + rng.choice(RUN_OPTIONS)
        if what == 2:
            return ["dagrt-opt", "{input}", "--verify-roundtrip", "-o", "/dev/null"]
        count = rng.choice((0, 1, 1, 1, 1, 2, 3))
        passes = [self.choose_pass(rng) for _ in range(count)]
        return ["dagrt-opt", "{input}", *passes, "-o", "/dev/null"]

    def all(self, kind):
        """Every command for inputs of a kind."""
        if kind == "config":
            return [["dagrt-translate", "--import-hf-config={input}", "-o", "/dev/null", *options]
                    for options in ([], ["--shrink"], ["--seq-len=?"], ["--logits=all", "--batch=3"],
                                    ["--attention=decomposed", "--seq-len=37"])]
        if kind == "cluster":
            return [["dagrt-opt", self.model, "--annotate-cost=cluster={input}", "-o", "/dev/null"],
                    ["dagrt-opt", self.placed, "--critical-path=cluster={input}", "-o", "/dev/null"],
                    ["dagrt-opt", self.model, "--partition-fa-pool=tp=2 pool=3",
                     "--critical-path=cluster={input} format=json", "-o", "/dev/null"]]
        if kind == "device":
            return [["dagrt-opt", self.model, "--critical-path=cluster={device}", "-o", "/dev/null"]]
        if kind == "strategy":
            return [["dagrt-opt", self.model, "--partition=strategy={input}", *more, "-o", "/dev/null"]
                    for more in ([], ["--verify-placement", "--critical-path"])]
        plain = [["dagrt-opt", "{input}", "-o", "/dev/null"],
                 ["dagrt-opt", "{input}", "--verify-roundtrip", "-o", "/dev/null"]]
        run = [RUN + options for options in RUN_OPTIONS]
        return plain + run + [
            ["dagrt-opt", "{input}", self.one_pass(name, options), "-o", "/dev/null"]
            for name in self.passes for options in OPTIONS.get(name, [""])]
