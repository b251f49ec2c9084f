"""The valid (and some invalid) inputs that are damaged: all that tests and examples contain."""

import collections
import re

# How often inputs of a kind are chosen.
KINDS = {"mlir": 10, "config": 3, "cluster": 2, "device": 1, "strategy": 2}
SUFFIX = {"mlir": ".mlir", "config": ".config.json", "cluster": ".cluster.yaml",
          "device": ".device.yaml", "strategy": ".strategy.yaml"}
Input = collections.namedtuple("Input", "name kind data")

# Programs beyond this many bytes hit the same code as smaller ones, slowly.
LARGEST = 30000


def collect(source, runner, folder):
    """Every input in a fixed order."""
    return list(written(source)) + list(derived(source, runner, folder))


def corpus(source):
    """Inputs that once made a tool crash, by their suffix."""
    for path in sorted((source / "test/Random/Inputs/hostile").glob("*")):
        for kind, suffix in SUFFIX.items():
            if path.name.endswith(suffix):
                yield Input(path.name, kind, path.read_bytes())


def written(source):
    """What files of the repository contain."""
    for path in sorted(source.glob("test/**/*")) + sorted(source.glob("docs/examples/*.json")) + \
            sorted(source.glob("lib/**/*.yaml")):
        name = str(path.relative_to(source))
        if name.startswith("test/Random/") or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".mlir":
            yield from programs(name, text)
        elif path.suffix == ".test":
            yield from parts(name, text)
        elif path.suffix in (".yaml", ".json"):
            yield Input(name, description_kind(text), text.encode())


def programs(name, text):
    """The programs of a file, without the comments that check them."""
    text = re.sub(r"^[ \t]*//(?! -----).*\n", "", text, flags=re.MULTILINE)
    for number, part in enumerate(re.split(r"^// -----.*\n", text, flags=re.MULTILINE)):
        if part.strip() and len(part) <= LARGEST:
            yield Input(f"{name}#{number}", "mlir", part.strip().encode() + b"\n")


def parts(name, text):
    """The files that a test carries, as split-file splits them."""
    pieces = re.split(r"^#--- (\S+)\n", text, flags=re.MULTILINE)[1:]
    for file, part in zip(pieces[::2], pieces[1::2]):
        if file.endswith(".mlir"):
            yield from programs(f"{name}:{file}", part)
        elif file.endswith((".json", ".yaml")):
            yield Input(f"{name}:{file}", description_kind(part), part.encode())


def description_kind(text):
    """Told by its keys, so that a new file needs no entry here."""
    for key, kind in (("model_type", "config"), ("entries:", "strategy"), ("meshes:", "strategy"),
                      ("devices_per_node", "cluster"), ("memory_gb", "device")):
        if key in text:
            return kind
    return "config"


def derived(source, runner, folder):
    """Small models of several families, and their partitions."""
    strategies = {"megatron": "partition-tp-pp=tp=2 pp=2",
                  "pool": "partition-fa-pool=tp=2 pool=3",
                  "core": "partition-fa-pool=tp=2 pool=3 cut=core blocks=contiguous"}
    for family in ("llama-3.2-1b", "gpt2", "gpt-neox-20b", "phi-3-mini"):
        config = source / f"docs/examples/{family}.json"
        model = folder / f"{family}.mlir"
        runner.check(["dagrt-translate", f"--import-hf-config={config}", "--shrink", "--seq-len=7",
                      "-o", model])
        yield Input(f"{family}.mlir", "mlir", model.read_bytes())
        for name, strategy in strategies.items():
            placed = folder / f"{family}-{name}.mlir"
            runner.check(["dagrt-opt", model, f"--{strategy}", "-o", placed])
            yield Input(placed.name, "mlir", placed.read_bytes())
