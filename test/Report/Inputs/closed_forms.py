"""Compares the schedules of micro-batches with what theory says of them.

usage: closed_forms.py <scratch folder>

A model of equal layers runs with times of our own choice: attention and FFN of a layer, and the
messages between them, whatever else there is takes none. Then pipelines and the ping-pong of two
meshes have closed forms, and the longest path must be exactly as long. Prints each case
that is not.
"""

import itertools
import json
import pathlib
import shlex
import shutil
import subprocess
import sys

CONFIG = {
    "architectures": ["DagrtOriginModel"],
    "model_type": "origin",
    "hidden_size": 16,
    "num_attention_heads": 2,
    "head_dim": 8,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "rms_norm_eps": 1e-05,
    "dtype": "bfloat16",
}

CLUSTER = """device: h100-sxm
devices_per_node: 8
intra: {kind: nvlink, bandwidth_gbs: 450}
fixed_time_us: {attention: %d, ffn: %d, norm: 0, residual: 0, concat: 0,
                send: %d, send.attention: %d, send.norm: %d}
"""


class Times:
    """Microseconds of a layer's attention and FFN, and of messages between mesh and mesh."""

    def __init__(self, attention, ffn, to_ffn=0, to_attention=0, stage=0):
        self.attention, self.ffn = attention, ffn
        self.to_ffn, self.to_attention, self.stage = to_ffn, to_attention, stage

    def layer(self):
        return self.attention + self.ffn + self.to_ffn + self.to_attention


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{shlex.join(command)}\n{result.stderr}")


def make_model(scratch, layers, batch):
    model = scratch / f"model-{layers}-{batch}.mlir"
    if not model.exists():
        config = scratch / "config.json"
        config.write_text(json.dumps(CONFIG | {"num_hidden_layers": layers, "batch_size": batch}))
        run("dagrt-translate", "--import-hf-config", str(config), "--seq-len=4", "--logits=none",
            "-o", str(model))
    return model


def measure(scratch, layers, partition, times, options):
    """The makespan in microseconds."""
    batch = int(partition.split("microbatches=")[1].split()[0])
    model = make_model(scratch, layers, batch)
    cluster = scratch / "cluster.yaml"
    cluster.write_text(
        CLUSTER
        % (times.attention, times.ffn, times.stage, times.to_ffn, times.to_attention)
    )
    report = scratch / "report.json"
    path = f"--critical-path=cluster={cluster} {options} format=json report={report}"
    run("dagrt-opt", str(model), partition, path, "-o", "/dev/null")
    return json.loads(report.read_text())["makespan_us"]


def pipelines():
    """Stages of equal layers: (layers, partition, times, options, microseconds)."""
    times = Times(7, 4)
    for batch, stages in itertools.product((1, 3, 8), (1, 2, 4)):
        # GPipe forward: (m + p - 1) t. With one run of layers a stage, depth-first is the same.
        time = 4 // stages * times.layer()
        for order in ("breadth-first", "depth-first"):
            partition = f"--partition-tp-pp=tp=1 pp={stages} microbatches={batch} order={order}"
            yield 4, partition, times, "", (batch + stages - 1) * time
    for batch, stages, runs in itertools.product((4, 8), (2, 4), (2,)):
        # Virtual stages: t of a stage in V runs, (m V + p - 1) t / V.
        layers = stages * runs
        time = times.layer()
        partition = f"--partition-tp-pp=tp=1 pp={stages} virtual={runs} microbatches={batch} order="
        for order in ("breadth-first", "interleaved"):
            yield layers, partition + order, times, "", (batch * runs + stages - 1) * time
        # Depth-first, a stage waits for its own next run of layers.
        wait = (batch - 1) * (stages * (runs - 1) + 1) * time
        yield layers, partition + "depth-first", times, "", wait + layers * time
    # Messages hide behind the next micro-batch, but for those of the first.
    slow = Times(7, 4, stage=5)
    for batch, stages in itertools.product((1, 4), (2, 4)):
        partition = f"--partition-tp-pp=tp=1 pp={stages} microbatches={batch}"
        time = (batch + stages - 1) * (4 // stages) * slow.layer() + (stages - 1) * slow.stage
        yield 4, partition, slow, "", time


def ping_pongs():
    """Two meshes that take turns: the same, in all regimes."""
    all_times = [
        Times(120, 80, 5, 3),
        Times(80, 120, 5, 3),
        Times(50, 50, 50, 50),
        Times(30, 20, 40, 10),
        Times(10, 11, 60, 70),
    ]
    for times, batch in itertools.product(all_times, (1, 2, 3, 6)):
        partition = f"--partition-fa-pool=tp=1 pool=1 microbatches={batch} order=ping-pong"
        # A layer takes as long as the busiest resource, a link if a message is longer than either
        # side, or as one micro-batch needs if there are too few to hide it.
        busiest = max(times.attention, times.ffn, times.to_ffn, times.to_attention)
        cycle = max(batch * busiest, times.layer())
        # What the steady state leaves out: fill and drain, all of a layer but what is busiest.
        edges = times.layer() - busiest
        total = 4 * batch * busiest + edges
        if cycle > batch * busiest:
            total = 4 * times.layer() + (batch - 1) * busiest
        yield 4, partition, times, "", total
        # A message that holds its sender is part of the sender's turn.
        sides = times.attention + times.to_ffn, times.ffn + times.to_attention
        cycle = batch * max(sides) if batch > 1 else times.layer()
        yield (4, 6), partition, times, "overlap=none", 2 * cycle


def main():
    scratch = pathlib.Path(sys.argv[1])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    cases, failures = list(pipelines()) + list(ping_pongs()), 0
    for layers, partition, times, options, expected in cases:
        if isinstance(layers, tuple):
            first, second = (measure(scratch, n, partition, times, options) for n in layers)
            found = second - first
        else:
            found = measure(scratch, layers, partition, times, options)
        if abs(found - expected) > 1e-6:
            failures += 1
            print(f"{layers} layers, '{partition}' {options} {vars(times)}: "
                  f"expects {expected} us, got {found} us")
    print(f"{len(cases)} closed forms, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
