"""Checks that each relative link of README.md and docs/ leads to a file.

usage: check_links.py <root>
"""

import pathlib
import re
import sys

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def main():
    root = pathlib.Path(sys.argv[1])
    pages = sorted(root.glob("docs/**/*.md")) + sorted(root.glob("*.md"))
    broken = [
        f"{page.relative_to(root)}: no file '{link}'"
        for page in pages
        for link in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ]
    print("\n".join(broken + [f"{len(pages)} pages, {len(broken)} failures"]))
    return 1 if broken else 0


sys.exit(main())
