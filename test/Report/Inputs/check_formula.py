#!/usr/bin/env python3
"""Checks that the formula of a JSON report is its longest path.

usage: check_formula.py REPORT.json"""
import collections
import json
import re
import sys
from decimal import Decimal


class Size(int):
    """A number, for which `@` rounds a quotient up."""

    def __matmul__(self, other):
        return Size(-(-self // other))

    def __mul__(self, other):
        return Size(int(self) * int(other))

    def __add__(self, other):
        return Size(int(self) + int(other))


def evaluate(text, sizes):
    """The number that an expression of sums, products and `ceildiv` is."""
    text = re.sub(r"\b\d+\b", lambda number: f"Size({number[0]})", text).replace("ceildiv", "@")
    return eval(text, {"Size": Size, **{name: Size(size) for name, size in sizes.items()}})


def product(numbers):
    result = 1
    for number in numbers:
        result *= int(number)
    return result


def count(parts, factor, counts):
    for part in parts:
        times = factor * part["multiple"]
        if "term" in part:
            counts[part["term"]] += times
        else:
            count(part["sum"], times, counts)


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"), parse_float=Decimal)
    formula = report["formula"]
    counts = collections.Counter()
    count(formula["sum"], 1, counts)
    assert counts == {term["term"]: term["count"] for term in formula["terms"]}
    total = sum(term["picoseconds"] for term in formula["terms"])
    assert Decimal(total) / 1000000 == report["makespan_us"], total
    # Each op of the path that takes time is in one term.
    ops = sum(term["count"] * term["merged"] for term in formula["terms"])
    path = [op for op in report["critical_path"] if op["start_us"] != op["end_us"]]
    assert ops == len(path), (ops, len(path))
    # The expressions have the work of the ops.
    work = sum(product(op["get_time"][key] for key in ("batch", "m", "k", "n"))
               for op in path if "get_time" in op)
    written = sum(term["count"] * product(evaluate(term[key], report["sizes"]) for key in "mkn")
                  for term in formula["terms"] if term["kind"] == "gemm")
    assert work == written > 0, (work, written)
    print(f"{len(formula['terms'])} terms sum to the makespan")


main()
