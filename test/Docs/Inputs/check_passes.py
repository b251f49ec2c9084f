"""Checks what every pass owes its users; reads the generated pages docs/reference/passes-*.md.

usage: check_passes.py <root> <opt tool>
"""

import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

PASS = re.compile(r"^### `-([\w-]+)`\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```mlir\n(.*?)^```", re.MULTILINE | re.DOTALL)
STRATEGY = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE_OPTION = re.compile(r"`(\w+)=FILE`")
OPTIONS = re.compile(r"`([\w-]+=[^`\s]+(?: [\w-]+=[^`\s]+)*)`")


def run(tool, arguments, text):
    return subprocess.run([tool, *arguments], input=text, text=True, capture_output=True)


def pipeline(tool, arguments):
    """The textual pipeline that the tool says it runs, or an empty string."""
    dump = run(tool, [*arguments, "--dump-pass-pipeline"], "module {}")
    lines = dump.stderr.partition("passes:\n")[2].splitlines()
    return "".join(line.strip() for line in itertools.takewhile(str.strip, lines))


def check_description(name, body):
    if not re.match(r"\n*_\S.*_\n", body):
        yield "expects a summary"
    for part in ("equires", "nsures", "Example", "ost"):
        if part not in body:
            yield f"expects a description that says '{part}'"


def check_pipeline(name, tool):
    first = pipeline(tool, [f"--{name}"])
    if name not in first:
        yield f"expects --dump-pass-pipeline to name it, got '{first}'"
    elif pipeline(tool, [f"--pass-pipeline={first}"]) != first:
        yield f"expects its textual pipeline to parse back: {first}"


def check_example(name, body, tool):
    """A "before" and an "after": running the pass on one gives the other. The options are what
    stands between the two in backticks (becomes, with `tp=2 pp=1`), or else the defaults. A yaml
    block is the file of the option that the text calls `option=FILE`, or else the strategy."""
    blocks = list(FENCE.finditer(body))
    if len(blocks) < 2:
        yield f"expects an example before and after, got {len(blocks)} programs"
        return
    before, after = blocks[0], blocks[1]
    options = OPTIONS.findall(body[before.end() : after.start()])
    strategy = STRATEGY.search(body)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        if strategy:
            file.write(strategy[1])
            file.flush()
            option = FILE_OPTION.search(body)
            options = [f"{option[1] if option else 'strategy'}={file.name}"]
        command = f"--{name}={options[0]}" if options else f"--{name}"
        got, want = run(tool, [command], before[1]), run(tool, [], after[1])
    if got.returncode != 0:
        yield f"expects its example to pass {command}: {got.stderr}"
    elif want.returncode != 0:
        yield f"expects the second program of its example to parse: {want.stderr}"
    elif got.stdout != want.stdout:
        yield f"expects {command} to make the second program of its example, got\n{got.stdout}"


def main():
    root, tool = pathlib.Path(sys.argv[1]), sys.argv[2]
    changelog = (root / "CHANGELOG.md").read_text()
    count = failures = 0
    for page in sorted((root / "docs" / "reference").glob("passes-*.md")):
        for name, body in PASS.findall(page.read_text()):
            count += 1
            errors = [*check_description(name, body), *check_pipeline(name, tool)]
            errors += check_example(name, body, tool)
            if f"`--{name}`" not in changelog:
                errors.append(f"expects a line of CHANGELOG.md that names `--{name}`")
            for error in errors:
                failures += 1
                print(f"{page.name}: {name}: {error}")
    print(f"{count} passes, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
