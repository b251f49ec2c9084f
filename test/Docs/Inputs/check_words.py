"""Finds words that are used instead of a term of the field.

usage: check_words.py <root> [<file of printed text>...]

Looks at the pages, at comments and string literals of sources, at TableGen and YAML files, at
scripts, and at the named files, which have what a tool prints. Names of options, keys and
attributes are not looked at: they are in backquotes or quotes, or end with `=` or
`:`.
"""

import pathlib
import re
import sys

# Words, and the terms to use instead.
WORDS = [
    # `cut` is a key of strategies and an option; `cut:` and `cut=` name it.
    (r"cuts?(?![=:])|cutting", "shard, slice or split"),
    (r"whole(?! numbers?\b)", "replicated, entire or all"),
    (r"lay|lays|laid|laying", "partition, reshard or place"),
    (r"anew", "again"),
    # Of numbers, a product is a product.
    (r"(?<!sum of )(?<!sums of )(?<!inner )(?<!dot )(?<!elementwise )"
     r"products?(?! of (?:the )?(?:stored )?(?:sizes|factors|dims|numbers)\b)",
     "matmul"),
    (r"(?<!decimal )places", "ranks, devices or positions"),
    (r"sign of life|signs of life", "heartbeat"),
    (r"nobody|somebody|whoever", "what it is: no op, no rank, a caller"),
]
PATTERNS = [(re.compile(rf"(?<![\w'-])(?:{word})(?!\w|-\w)", re.I), term) for word, term in WORDS]

# Not prose: code between backquotes or quotes, blocks of a page, tables of enums, links and options.
CODE = re.compile(r"^```.*?^```|^\| \w+ \| `\d+` \| [\w-]+ \|$|`[^`]*`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"")
# A string of one word is the name of something.
NAME = re.compile(r"\"[\w.-]*\"")

# Folders that do not follow this yet.
EXCLUDED = ()

SUFFIXES = {".md", ".h", ".cpp", ".td", ".yaml", ".py", ".txt", ".cmake"}
FOLDERS = ["docs", "include", "lib", "tools", "cmake"]
FILES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "dev"]


def blank(match):
    """As many lines, without words."""
    return "\n" * match[0].count("\n")


def prose(path, text):
    if path.suffix in {".h", ".cpp"}:
        lines = [""] * (text.count("\n") + 1)
        for match in COMMENT.finditer(text):
            if not NAME.fullmatch(match[0]):
                lines[text.count("\n", 0, match.start())] += " " + match[0]
        text = "\n".join(lines)
    elif path.suffix == ".td":
        text = NAME.sub("", text)
    return CODE.sub(blank, text)


def find(path, text):
    for number, line in enumerate(prose(path, text).split("\n"), 1):
        for pattern, term in PATTERNS:
            for match in pattern.finditer(line):
                yield number, match[0], term


def pages(root):
    for folder in FOLDERS:
        yield from (p for p in sorted((root / folder).rglob("*")) if p.suffix in SUFFIXES)
    yield from (root / name for name in FILES if (root / name).exists())


def main():
    root = pathlib.Path(sys.argv[1])
    files = [p for p in pages(root) if not str(p.relative_to(root)).startswith(EXCLUDED)]
    printed = list(map(pathlib.Path, sys.argv[2:]))
    failures = 0
    for path in files + printed:
        for line, word, term in find(path, path.read_text(errors="replace")):
            failures += 1
            name = path.relative_to(root) if path in files else path.name
            print(f"{name}:{line}: expects {term}, got '{word}'")
    print(f"{len(files) + len(printed)} files, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
