#!/usr/bin/env python3
"""Compares the points of a sweep with the reports of programs whose sizes were bound first.

usage: compare_points.py dagrt-opt PROGRAM NAME NUMBER..."""
import json
import subprocess
import sys


def run(*arguments):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{arguments} failed:\n{done.stderr}")
    return json.loads(done.stderr, parse_float=str)


def main():
    opt, program, name, *numbers = sys.argv[1:]
    values = ",".join(numbers)
    sweep = run(opt, program, "-o", "/dev/null",
                f"--critical-path=sweep={name}={values} format=json")
    for number, point in zip(numbers, sweep["points"]):
        assert point["sizes"][name] == int(number), point
        bound = run(opt, program, "-o", "/dev/null", f"--bind-sizes=sizes={name}={number}",
                    "--critical-path=format=json")
        at = run(opt, program, "-o", "/dev/null", f"--critical-path=sizes={name}={number} format=json")
        assert "sizes" not in bound and at["sizes"][name] == int(number)
        for report in bound, at:
            assert report["makespan_us"] == point["makespan_us"], (number, report, point)
            assert report["attribution"]["by_kind"] == point["by_kind"], (number, report, point)
        # All but where sizes come from is the same in both reports, each op's GEMM included.
        for key in "meshes", "attribution", "critical_path":
            assert bound[key] == at[key], (number, key)
    print(f"{len(numbers)} points agree")


main()
