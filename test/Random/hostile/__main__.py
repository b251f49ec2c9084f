"""Feeds damaged inputs to the tools; each must be answered with a result or an error.

Every input of the tests and examples is damaged by a seeded choice of mutations and given to
dagrt-opt, dagrt-translate or dagrt-run, with limits on time and memory. A signal, a stack dump, a
sanitizer's report, a time-out, or a failure without an error is a defect: it is reduced and
printed with its seed and a command that shows it. Inputs that once were defects stay in the
corpus (Inputs/hostile), and are run first, with every command of their kind.

usage: python3 test/Random/hostile --tools build/bin [--count N] [--seed S] [--seconds T] [--only I]
       [--jobs J]
"""

import argparse
import collections
import concurrent.futures
import itertools
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import commands
import inputs
import mutations
import reduction
import runs


def parse_arguments():
    parser = argparse.ArgumentParser(prog="hostile", description=__doc__.partition("\n")[0])
    parser.add_argument("--tools", type=pathlib.Path, required=True, help="folder of the tools")
    parser.add_argument("--count", type=int, default=300, help="damaged inputs to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="start no more cases after this time")
    parser.add_argument("--only", type=int, help="run only the case of this number")
    parser.add_argument("--kind", choices=inputs.KINDS, help="damage only inputs of this kind")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("hostile-failures"),
                        help="folder for inputs that fail (default ./hostile-failures)")
    parser.add_argument("--no-reduce", action="store_true", help="keep failing inputs as they are")
    return parser.parse_args()


# Cases that share a command; every fourth group runs a process for each case, which shows failures
# without an error, too.
GROUP = 8


class Fuzzer:
    """Makes and runs cases, and keeps one failure of each signature."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.source = pathlib.Path(__file__).resolve().parents[3]
        self.runner = runs.Runner(arguments.tools)
        self.commands = commands.Commands(self.source, folder)
        self.pool = inputs.collect(self.source, self.runner, folder)
        if arguments.kind:
            self.pool = [item for item in self.pool if item.kind == arguments.kind]
        # Kinds of few inputs are damaged as often as kinds of many.
        self.by_kind = collections.defaultdict(list)
        for item in self.pool:
            self.by_kind[item.kind].append(item)
        self.verdicts = collections.Counter()
        self.failures = {}

    def make_case(self, number):
        """Case `number` of the seed: the same on each run, whatever ran before.

        A group of cases shares kind and command, so that one process can run them.
        """
        group = random.Random(f"{self.arguments.seed}:group {number // GROUP}")
        rng = random.Random(f"{self.arguments.seed}:{number}")
        kinds = [kind for kind in inputs.KINDS if kind in self.by_kind]
        kind = group.choices(kinds, [inputs.KINDS[kind] for kind in kinds])[0]
        item = rng.choice(self.by_kind[kind])
        other = rng.choice(self.by_kind[kind])
        data = mutations.mutate(rng, item, other)
        return runs.Case(f"{number}", kind, data, self.commands.choose(group, kind))

    def corpus(self):
        """Past defects, each with every command of its kind."""
        for kind in inputs.KINDS:
            items = [item for item in inputs.corpus(self.source) if item.kind == kind]
            for index, command in enumerate(self.commands.all(kind)):
                if items:
                    yield [runs.Case(f"{item.name}:{index}", kind, item.data, command)
                           for item in items]

    def groups(self):
        if self.arguments.only is not None:
            yield [self.make_case(self.arguments.only)]
            return
        yield from self.corpus()
        for first in range(0, self.arguments.count, GROUP):
            last = min(first + GROUP, self.arguments.count)
            yield [self.make_case(number) for number in range(first, last)]

    def run(self, case):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            return self.runner.run(case, pathlib.Path(folder))

    def run_group(self, group):
        """The outcome of each case; in one process, if that answers well."""
        number = group[0].name
        alone = number.isdigit() and int(number) // GROUP % 4 == 0
        joined = None if alone else runs.join(group)
        if joined and not self.run(joined).failed:
            return [(case, runs.ANSWERED) for case in group]
        return [(case, self.run(case)) for case in group]

    def fuzz(self):
        with concurrent.futures.ThreadPoolExecutor(self.arguments.jobs) as executor:
            # In slices, so that millions of cases are not all in memory.
            groups, start = self.groups(), time.monotonic()
            limit = self.arguments.seconds or float("inf")
            while time.monotonic() - start < limit and (
                    batch := list(itertools.islice(groups, 16))):
                for case, outcome in itertools.chain(*executor.map(self.run_group, batch)):
                    self.verdicts[outcome.verdict] += 1
                    if outcome.failed:
                        self.report(case, outcome)

    def report(self, case, outcome):
        signature = outcome.signature
        self.failures[signature] = self.failures.get(signature, 0) + 1
        if self.failures[signature] > 1:
            return
        if not self.arguments.no_reduce:
            case = reduction.reduce(
                case, lambda data: self.run(case._replace(data=data)).signature == signature)
        output = self.arguments.output
        output.mkdir(parents=True, exist_ok=True)
        name = f"{self.arguments.seed}-{case.name.replace('/', '-').replace(':', '-')}"
        path = output / (name + inputs.SUFFIX[case.kind])
        path.write_bytes(case.data)
        print(f"\nfailure: {signature}")
        if ":" not in case.name:
            print(f"  case: --seed {self.arguments.seed} --only {case.name}")
        print(f"  command: {self.runner.describe(case, path)}")
        for line in outcome.text.splitlines()[:12]:
            print(f"  | {line[:200]}")
        sys.stdout.flush()

    def summarize(self):
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        print(f"{sum(self.verdicts.values())} cases, seed {self.arguments.seed}: {counts}")
        for signature, count in sorted(self.failures.items()):
            print(f"  {count} x {signature}")
        return 1 if self.failures else 0


def main():
    arguments = parse_arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        fuzzer = Fuzzer(arguments, folder)
        try:
            fuzzer.fuzz()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        return fuzzer.summarize()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
