"""Runs a tool under limits, and judges how it answered."""

import collections
import os
import re
import resource
import shlex
import signal
import subprocess

import inputs

Case = collections.namedtuple("Case", "name kind data command")

# Processor time rather than wall time, so that a busy machine changes no verdict.
SECONDS = 10
WALL_SECONDS = 120
MEMORY = 4 << 30
CRASH = re.compile(r"AddressSanitizer|runtime error:|UndefinedBehaviorSanitizer|UNREACHABLE|"
                   r"Assertion|LLVM ERROR|Stack dump|PLEASE submit a bug report|terminate called|"
                   r"differs from reference")
# Frames of a stack dump that say where it happened; the first that are not a library's machinery.
FRAME = re.compile(r"(?:#\d+ 0x[0-9a-f]+ (?:in )?)((?:\(anonymous namespace\)|[\w~:])[^(\n]*)")
MACHINERY = re.compile(r"^(llvm::sys|SignalHandler|__|abort|raise|gsignal|pthread|std::|operator)")


class Outcome(collections.namedtuple("Outcome", "verdict text signature")):
    """`signature` is None for answers; equal for failures that look alike."""

    @property
    def failed(self):
        return self.signature is not None


# The cases of a group that was answered together.
ANSWERED = Outcome("answered in a group", "", None)


def join(group):
    """One case for a group of programs, or None where a process takes one input only."""
    first = group[0]
    if len(group) == 1 or first.kind != "mlir" or first.command[0] != "dagrt-opt":
        return None
    data = b"\n// -----\n".join(case.data for case in group)
    return first._replace(data=data, command=[*first.command, "--split-input-file"])


class Runner:
    def __init__(self, tools):
        self.tools = tools.resolve()
        # The sanitizer reserves address space by the terabyte, and makes everything slower.
        binary = (self.tools / "dagrt-opt").read_bytes()
        self.sanitized = b"__asan_init" in binary
        self.seconds = SECONDS * (6 if self.sanitized else 1)
        self.environment = dict(os.environ, LLVM_DISABLE_CRASH_REPORT="1")
        if self.sanitized:
            self.environment["ASAN_OPTIONS"] = (
                "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0:abort_on_error=0:"
                f"hard_rss_limit_mb={MEMORY >> 20}:allocator_may_return_null=0")
            self.environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"

    def arguments(self, command):
        return [str(self.tools / command[0]), *map(str, command[1:])]

    def limit(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 1))
        if not self.sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def execute(self, command, **more):
        return subprocess.run(self.arguments(command), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env=self.environment, preexec_fn=self.limit, timeout=WALL_SECONDS,
                              **more)

    def check(self, command):
        done = self.execute(command)
        if done.returncode != 0:
            raise SystemExit(f"hostile: expects success of {command}, got {done.returncode}:\n"
                             + done.stderr.decode(errors="replace"))

    def place(self, case, folder):
        """Writes the input; the command with its path."""
        path = folder / ("input" + inputs.SUFFIX[case.kind])
        path.write_bytes(case.data)
        cluster = folder / "cluster.yaml"
        if case.kind == "device":
            cluster.write_text(f"device: {path}\ndevices_per_node: 8\n"
                               "intra: {kind: nvlink, bandwidth_gbs: 450}\n")
        return self.fill(case.command, path, cluster)

    @staticmethod
    def fill(command, path, cluster):
        return [str(word).replace("{input}", str(path)).replace("{device}", str(cluster))
                for word in command]

    def run(self, case, folder):
        command = self.place(case, folder)
        try:
            done = self.execute(command, cwd=folder)
        except subprocess.TimeoutExpired:
            return Outcome("time-outs", "", f"{case.command[0]}: no answer")
        text = done.stderr.decode(errors="replace").replace(str(folder), "")
        return judge(case.command[0], done.returncode, text)

    def describe(self, case, path):
        cluster = path.with_suffix(".cluster.yaml")
        if case.kind == "device":
            cluster.write_text(f"device: {path.resolve()}\ndevices_per_node: 8\n"
                               "intra: {kind: nvlink, bandwidth_gbs: 450}\n")
        return shlex.join(self.arguments(self.fill(case.command, path, cluster)))


def judge(tool, code, text):
    """A result, an error, or a failure with its signature."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Outcome("time-outs", text, f"{tool}: out of time or memory")
    crash = CRASH.search(text)
    if code < 0 or code > 1 or crash:
        what = f"signal {-code}" if code < 0 else crash.group() if crash else f"exit {code}"
        frames = [f for f in FRAME.findall(text) if not MACHINERY.match(f)][:2]
        return Outcome("crashes", text, f"{tool}: {what} in {' < '.join(frames) or 'no frame'}")
    error = "error:" in text or "Unknown command line" in text or "invalid" in text
    if code == 1 and not error:
        return Outcome("silent failures", text, f"{tool}: exit 1 without an error")
    if code == 0 and re.search(r"\berror: ", text):
        return Outcome("errors that succeed", text, f"{tool}: exit 0 after an error")
    return Outcome("errors" if code else "results", text, None)
