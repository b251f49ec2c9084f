"""Checks the times of decoding steps against closed forms.

usage: check_decode.py <config> <scratch folder>

A step of tensor parallelism over all key/value heads. Each figure is read off the JSON of `--critical-path`:

- attention reads each cached token once: `batch (context + 1) 2 D bytes / bandwidth` of one key/value head is a
  floor of its time, which is at most twice that at long contexts;
- slots without a token cost nothing: a cache with room for more takes as long;
- with keys over all devices instead of heads, each reads as many bytes: an eighth of the tokens of eight heads;
- what is exchanged then does not depend on the context: `batch heads D` elements of each part, an eighth of which
  stays, and a log-sum for each head.
"""

import json
import pathlib
import re
import subprocess
import sys

BANDWIDTH = 3.35e12  # H100 SXM: bytes/s


def run(command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def analyze(config, scratch, options, partition):
    model = run(["dagrt-translate", "--import-hf-config", config, "--phase=decode"] + options)
    report = scratch / "report.json"
    run(
        ["dagrt-opt", f"--partition-tp-pp={partition}", "-o", str(scratch / "costed.mlir")]
        + [f"--critical-path=cluster=dgx-h100 report={report} format=json"],
        model,
    )
    return json.loads(report.read_text()), (scratch / "costed.mlir").read_text()


def get_time(function):
    """Microseconds of the first attention on the critical path."""
    op = next(op for op in function["critical_path"] if op["op"] == "attention")
    return op["end_us"] - op["start_us"]


def list_exchanged(program):
    """Local shapes of what is exchanged between the parts."""
    return re.findall(r"dagrt.all_to_all .*?: (tensor<[0-9x]*\w+),", program)


def check(holds, what):
    if not holds:
        print(f"expects {what}")
    return bool(holds)


def main():
    config, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    batch, head, bytes_each = 16, 128, 2
    done = 0
    for context in (1023, 8191, 65535):
        options = [f"--batch={batch}", f"--context={context}"]
        step, _ = analyze(config, scratch, options, "tp=8 pp=1")
        floor = batch * (context + 1) * 2 * head * bytes_each / BANDWIDTH * 1e6
        time = get_time(step)
        done += check(time >= floor, f"at least {floor} us at context {context}, got {time}")
        if context > 10000:
            done += check(time <= 2 * floor, f"at most {2 * floor} us at {context}, got {time}")
        roomy, _ = analyze(config, scratch, options + ["--capacity=131072"], "tp=8 pp=1")
        done += check(
            abs(get_time(roomy) - time) < 1e-6, "the time without empty slots"
        )
        keys, program = analyze(config, scratch, options, "tp=8 pp=1 kvp=8")
        part = get_time(keys)
        # One head of all tokens, or all eight of an eighth of them.
        done += check(0.8 < part / time < 1.25, f"about {time} us with keys over 8, got {part}")
        exchanged = list_exchanged(program)
        want = [f"tensor<1x{batch}x1x8x4x{head}xbf16", f"tensor<1x{batch}x1x8x4xf32"]
        done += check(exchanged[:2] == want, f"{want} to be exchanged, got {exchanged[:2]}")
    print(f"{done} checks")


if __name__ == "__main__":
    main()
