#!/usr/bin/env python3
"""Checks the ranges of a sweep against single reports at their ends.

usage: check_ranges.py dagrt-opt PROGRAM SWEEP"""
import json
import subprocess
import sys


def run(*arguments):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{arguments} failed:\n{done.stderr}")
    return json.loads(done.stderr)


def main():
    opt, program, text = sys.argv[1:]
    sweep = run(opt, program, "-o", "/dev/null", f"--critical-path=sweep={text} format=json")
    name = sweep["range_of"]
    formulas = {formula["formula"]: formula["text"] for formula in sweep["formulas"]}
    ends = [(r[end], r["formula"]) for r in sweep["ranges"] for end in ("from", "to")]
    # Without a gap, and each with another formula than the one before.
    for before, after in zip(sweep["ranges"], sweep["ranges"][1:]):
        assert after["from"] == before["to"] + 1, (before, after)
        assert after["formula"] != before["formula"], (before, after)
    for point in sweep["points"]:
        inside = [r for r in sweep["ranges"] if r["from"] <= point["sizes"][name] <= r["to"]]
        assert len(inside) == 1 and inside[0]["formula"] == point["formula"], point
    for number, formula in ends:
        report = run(opt, program, "-o", "/dev/null",
                     f"--critical-path=sizes={name}={number} format=json")
        assert report["formula"]["text"] == formulas[formula], (number, formula)
    print(f"{len(sweep['ranges'])} ranges agree")


main()
