"""Compares the timeline of random programs with a longest path found independently.

A program is a list of ops with costs on meshes that may share devices. The reference keeps resources
for each physical device, connects every op with every later one that shares a resource, and
finds longest paths by recursion; it knows nothing of classes, last holders or slack passes.

usage: brute_force.py <opt tool> <number of programs> [<first seed>]
"""

import functools
import json
import random
import re
import subprocess
import sys

TIMING = re.compile(r"#dagrt\.timing<(\d+) to (\d+) ps, slack (\d+)(, critical)?>")
# Meshes of two devices each, some of which share a device.
MESHES = {"a": [0, 1], "b": [2, 3], "c": [1, 2], "d": [4, 5]}


def whole(mesh):
    return f"tensor<8xf32, #dagrt.dist<@{mesh}, [_], of [8]>>"


def cut(mesh):
    return f'tensor<4xf32, #dagrt.dist<@{mesh}, ["x"], of [8]>>'


class Program:
    """Ops as text, and for the reference: operands, cost, and what each holds."""

    def __init__(self, seed, overlap, limited):
        self.random = random.Random(seed)
        self.overlap, self.limited = overlap, limited
        self.lines, self.ops = [], []
        self.meshes = sorted(self.random.sample(sorted(MESHES), self.random.randint(1, 3)))
        # Values by mesh and kind: (name, number of the op that makes it, None for arguments).
        self.values = {(m, k): [(f"%{m}{k}", None)] for m in self.meshes for k in "wc"}
        size = self.random.randint(1, 14)
        while len(self.ops) < size:
            self.add_op()

    def pick(self, mesh, kind):
        return self.random.choice(self.values[mesh, kind][-4:])

    def emit(self, text, operands, holds, cost, mesh, kind):
        number = len(self.ops)
        self.lines.append(f"%v{number} = " + text)
        self.ops.append(([o[1] for o in operands if o[1] is not None], cost or 0, holds))
        if kind:
            self.values[mesh, kind].append((f"%v{number}", number))
        return (f"%v{number}", number)

    def hold(self, mesh, *resources):
        return [(device, resource) for device in MESHES[mesh] for resource in resources]

    def add_op(self):
        cost = self.random.choice([0, 1, 2, 3, 5, 7, 10, 20])
        attribute = f"{{dagrt.cost = #dagrt.cost<{cost} ps>}}"
        mesh = self.random.choice(self.meshes)
        what = self.random.choice(["add", "add", "add_cut", "slice", "gather", "send", "free"])
        communication = ["collectives"] if self.overlap else ["collectives", "compute"]
        if what in ("add", "add_cut"):
            kind, type_ = ("w", whole(mesh)) if what == "add" else ("c", cut(mesh))
            x, y = self.pick(mesh, kind), self.pick(mesh, kind)
            text = f"dagrt.add {x[0]}, {y[0]} {attribute} : {type_}, {type_} -> {type_}"
            self.emit(text, [x, y], self.hold(mesh, "compute"), cost, mesh, kind)
        elif what in ("slice", "free"):
            x = self.pick(mesh, "w")
            # Without a cost: no time, and nothing held.
            text = f"dagrt.all_slice {x[0]} dim 0 axes [\"x\"] {attribute if what == 'slice' else ''}"
            text += f" : {whole(mesh)} -> {cut(mesh)}"
            held = self.hold(mesh, "compute") if what == "slice" else []
            self.emit(text, [x], held, cost if what == "slice" else 0, mesh, "c")
        elif what == "gather":
            x = self.pick(mesh, "c")
            text = f'dagrt.all_gather {x[0]} dim 0 axes ["x"] {attribute} : {cut(mesh)} -> {whole(mesh)}'
            self.emit(text, [x], self.hold(mesh, *communication), cost, mesh, "w")
        elif len(self.meshes) > 1:
            target = self.random.choice([m for m in self.meshes if m != mesh])
            x = self.pick(mesh, "w")
            message = f"!dagrt.message<{whole(target)}>"
            held = self.hold(mesh, "out") + self.hold(target, "in")
            if not self.overlap:
                held += self.hold(mesh, "compute")
            sent = self.emit(f"dagrt.send {x[0]} {attribute} : {whole(mesh)} -> {message}", [x], held,
                             cost, None, None)
            self.emit(f"dagrt.recv {sent[0]} : {message}", [sent], [], 0, target, "w")

    def text(self):
        meshes = [f'dagrt.mesh @{m} <"x" = 2> devices {MESHES[m]}' for m in self.meshes]
        arguments = [f"%{m}w: {whole(m)}, %{m}c: {cut(m)}" for m in self.meshes]
        body = "\n  ".join(self.lines)
        return "\n".join(meshes) + f"\nfunc.func @f({', '.join(arguments)}) {{\n  {body}\n  return\n}}\n"

    def reference(self):
        """(start, end, slack) of each op and the makespan, by longest paths over all edges."""
        before = [set(operands) for operands, _, _ in self.ops]
        if self.limited:
            for later, (_, _, held) in enumerate(self.ops):
                for earlier in range(later):
                    if set(held) & set(self.ops[earlier][2]):
                        before[later].add(earlier)
        after = [[j for j in range(len(self.ops)) if i in before[j]] for i in range(len(self.ops))]

        @functools.lru_cache(None)
        def to(i):
            return max((to(j) for j in before[i]), default=0) + self.ops[i][1]

        @functools.lru_cache(None)
        def from_(i):
            return self.ops[i][1] + max((from_(j) for j in after[i]), default=0)

        makespan = max(to(i) for i in range(len(self.ops)))
        times = [
            (to(i) - op[1], to(i), makespan - (to(i) + from_(i) - op[1]))
            for i, op in enumerate(self.ops)
        ]
        return times, makespan


def check(tool, seed):
    overlap, limited = seed % 3 != 0, seed % 4 != 0
    program = Program(seed, overlap, limited)
    options = f"format=json overlap={'full' if overlap else 'none'} "
    options += f"resources={'limited' if limited else 'unlimited'}"
    run = subprocess.run([tool, f"--critical-path={options}"], input=program.text(), text=True,
                         capture_output=True)
    assert run.returncode == 0, (seed, run.stderr, program.text())
    times, makespan = program.reference()
    found = TIMING.findall(run.stdout)
    assert [tuple(map(int, t[:3])) for t in found] == times, (seed, found, times, program.text())
    report = json.loads(run.stderr)
    assert round(report["makespan_us"] * 1000000) == makespan, seed
    # The ops that are marked critical are the path, and take all of the time.
    marked = [i for i, t in enumerate(found) if t[3]]
    assert len(marked) == len(report["critical_path"]), seed
    assert sum(program.ops[i][1] for i in marked) == makespan, seed
    assert all(times[i][2] == 0 for i in marked), seed
    return len(times)


def main():
    tool, count = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    ops = sum(check(tool, seed) for seed in range(first, first + count))
    print(f"{count} programs of {ops} ops agree")


main()
