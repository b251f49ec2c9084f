"""Writes tables of calls without times, or compares the times of two answered tables.

  grid.py gemm|elementwise DEVICE        the table of calls
  grid.py times CALLS ANSWERED            the table with the times that were answered
  grid.py compare ANSWERED ANSWERED      the largest difference in percent
"""

import csv
import itertools
import sys


def read(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def write(columns, rows):
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    out.writerows(rows)


command, first = sys.argv[1:3]
if command == "gemm":
    sides = (128, 256, 512, 1024, 2048, 4096, 8192)
    sizes = itertools.product((1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096), sides, sides)
    write(["gpu", "dtype", "m", "k", "n"], [[first, "bf16", *size] for size in sizes])
elif command == "elementwise":
    sizes = itertools.product((1, 16, 128, 1024, 4096, 16384), (256, 1024, 2048, 4096))
    write(
        ["op", "gpu", "dtype", "rows", "cols"],
        [["softmax", first, "bf16", *size] for size in sizes],
    )
elif command == "times":
    calls, answers = read(first), read(sys.argv[3])
    write(
        [*calls[0], "time_us"],
        [[*call.values(), answer["pred_us"]] for call, answer in zip(calls, answers)],
    )
else:
    pairs = zip(read(first), read(sys.argv[3]))
    errors = [abs(float(a["pred_us"]) / float(b["pred_us"]) - 1) for a, b in pairs]
    print(f"{len(errors)} rows differ by at most {100 * max(errors):.2f} %")
