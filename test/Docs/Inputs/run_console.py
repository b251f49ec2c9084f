"""Runs the commands of a page's console blocks and compares what they print with the page.

usage: run_console.py [--update] <root> <page>...

A console block is a command behind `$ `, which goes on while lines end with a backslash, then what
it prints, errors included. Commands run in the root, with the tools of this environment. With
--update the page gets what they print. An ellipsis `[...]` alone on a line stands for any lines.
"""

import difflib
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:(?<=\\)\n.*)*)\n?", re.MULTILINE)


def split(text):
    """Pairs of a command and what the page says it prints."""
    starts = list(COMMAND.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [(start[1], text[start.end() : end]) for start, end in zip(starts, ends)]


def run(command, root):
    result = subprocess.run(
        ["bash", "-c", "set -o pipefail; " + command],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    return result.stdout + (f"[exit status {result.returncode}]\n" if result.returncode else "")


def matches(want, got):
    pattern = re.escape(want).replace(re.escape("[...]\n"), r"(?:.*\n)*?")
    return re.fullmatch(pattern, got) is not None


def main():
    update = sys.argv[1] == "--update"
    root, *pages = map(pathlib.Path, sys.argv[1 + update :])
    count = failures = 0

    def replace(block):
        nonlocal count, failures
        text = ""
        for command, want in split(block[1]):
            count += 1
            got = run(command, root)
            if matches(want, got):
                got = want
            elif not update:
                failures += 1
                print(f"{page.name}: {command}")
                print(*difflib.unified_diff(want.splitlines(), got.splitlines(), "page", "printed",
                                            lineterm=""), sep="\n")
            text += f"$ {command}\n{got}"
        return f"```console\n{text}```"

    for page in pages:
        text = page.read_text()
        new = BLOCK.sub(replace, text)
        if update and new != text:
            page.write_text(new)
    print(f"{count} commands, {failures} failures")
    return 1 if failures or not count else 0


sys.exit(main())
