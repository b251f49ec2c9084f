"""Feeds every fenced mlir block of README.md and docs/ to an opt tool.

usage: check_examples.py <root> <opt tool>
"""

import pathlib
import re
import subprocess
import sys

FENCE = re.compile(r"^```mlir\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(root):
    """Yields (file, line, text) of each block, in a fixed order."""
    for page in sorted(root.glob("docs/**/*.md")) + sorted(root.glob("README.md")):
        text = page.read_text()
        for match in FENCE.finditer(text):
            yield page.relative_to(root), text[: match.start()].count("\n") + 1, match[1]


def main():
    root, tool = pathlib.Path(sys.argv[1]), sys.argv[2]
    failures = count = 0
    for page, line, text in examples(root):
        count += 1
        run = subprocess.run(
            [tool, "--verify-roundtrip", "-o", "/dev/null"], input=text, text=True, capture_output=True
        )
        if run.returncode != 0:
            failures += 1
            print(f"{page}:{line}: {run.stderr}")
    print(f"{count} examples, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
