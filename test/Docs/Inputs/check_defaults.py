"""The default that an option's description names is the one that MLIR prints for it.

usage: check_defaults.py <sources> <dagrt-opt>
"""

import pathlib
import re
import subprocess
import sys

source, tool = pathlib.Path(sys.argv[1]), sys.argv[2]
names = sorted(name for file in source.glob("include/dagrt/*/Passes.td")
               for name in re.findall(r'Pass<"([a-z0-9-]+)"', file.read_text()))


def read_defaults():
    """{pass: {option: value}} of a pipeline that names no option."""
    pipeline = f"builtin.module({','.join(names)})"
    text = subprocess.run([tool, f"--pass-pipeline={pipeline}", "--dump-pass-pipeline"],
                          input="module {}", capture_output=True, text=True).stderr
    printed = dict(re.findall(r"^\s*([a-z0-9-]+)\{(.*?)\},?$", text, flags=re.MULTILINE))
    return {name: dict(word.split("=", 1) for word in options.split() if "=" in word)
            for name, options in printed.items()}


def read_descriptions():
    """{pass: {option: description}} of --help."""
    text = subprocess.run([tool, "--help"], check=True, capture_output=True, text=True).stdout
    found, current = {}, None
    for line in text.splitlines():
        if named := re.match(r"  --([a-z0-9-]+) +- ", line):
            current = found.setdefault(named.group(1), {})
        elif option := re.match(r"    --([a-z0-9-]+)=<\w+> +- (.*)", line):
            current[option.group(1)] = option.group(2)
    return found


def same(value, text):
    try:
        return float(value) == float(text)
    except ValueError:
        return value == text


defaults, descriptions = read_defaults(), read_descriptions()
checked = 0
for name in names:
    for option, description in descriptions[name].items():
        value = defaults.get(name, {}).get(option, "")
        said = re.search(r"\(default: ([^;)]*)[;)]", description)
        where = f"--{name}={option}: '{description}'"
        if not value:
            assert "default" in description, f"expects a default in {where}"
            continue
        assert said and same(value, said.group(1)), f"expects the default {value} in {where}"
        checked += 1
assert checked > 25, f"expects more options with defaults, got {checked}"
print(f"{checked} defaults")
