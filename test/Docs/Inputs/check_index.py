"""Checks that docs/README.md links to each page under docs.

usage: check_index.py <root>
"""

import pathlib
import sys


def main():
    docs = pathlib.Path(sys.argv[1]) / "docs"
    index = (docs / "README.md").read_text()
    pages = [str(page.relative_to(docs)) for page in sorted(docs.glob("**/*.md"))]
    pages.remove("README.md")
    missing = [f"no line for '{page}'" for page in pages if f"]({page})" not in index]
    print("\n".join(missing + [f"{len(pages)} pages, {len(missing)} failures"]))
    return 1 if missing else 0


sys.exit(main())
