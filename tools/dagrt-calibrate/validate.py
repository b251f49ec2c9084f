#!/usr/bin/env python3
# Part of dagrt, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures how wrong the cost models are on measurements that they have not seen.

Takes the tables that coefficients are fitted to and leaves out, by a hash that is the same everywhere:
a tenth of all shapes (weights of matmuls, heads of attention, columns of elementwise ops) with all their
rows, an eighth of the other rows, and, one after the other, all rows of each device that has a relative. What is
left is fitted, and the rest is predicted by the roofline, by the calibrated model, and by a table of the
rows that were kept. Prints, for each case, the median and the 90th percentile of |predicted / measured - 1|
in percent, the part of the measurements inside the 80 % interval, and its median width.

    validate.py --bin build/bin --descriptions lib/Cost/Devices gemm.csv attention.csv ...

With --fitted, fits nothing and leaves nothing out: the rows as the descriptions answer that were fitted to them.

With --laboratories, fits nothing, but asks for the bf16 matmuls of one laboratory with the coefficients of
the fp16 matmuls of another, and the other way round, on each device that both measured: what one laboratory's
rows are over what another's say, between which factors in four of five cases.
"""
import argparse
import collections
import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

KINDS = ["gemm", "attention", "elementwise", "collective"]
SHAPE = {"gemm": ["k", "n"], "attention": ["num_heads", "num_kv_heads", "head_dim"],
         "elementwise": ["cols"], "collective": []}
# Devices whose relatives are measured, too, and whose coefficients would serve for them.
DONORS = {"b300": "b200", "gb200": "b200", "gb300": "b300", "b200": "b300", "h100-sxm": "b200",
          "a100-sxm-80g": "h100-sxm", "rtx-pro-6000": "h100-sxm", "v100-pcie-32g": "a100-pcie-40g"}


def share(*words):
    """A number in [0, 1) that depends on the words alone."""
    digest = hashlib.sha256("/".join(words).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def kind_of(header):
    if "phase" in header:
        return "attention"
    if "num_gpus" in header:
        return "collective"
    return "elementwise" if "cols" in header else "gemm"


def read(paths):
    tables = {}
    for path in paths:
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        tables[kind_of(rows[0])] = rows
    return tables


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def split(kind, rows):
    """Rows to fit to, rows that are new, and rows of new shapes."""
    kept, new_rows, new_shapes = [], [], []
    for row in rows:
        shape = [row[c] for c in SHAPE[kind]]
        if shape and share("shape", kind, *shape) < 0.1:
            new_shapes.append(row)
        elif share("row", row["id"]) < 0.125:
            new_rows.append(row)
        else:
            kept.append(row)
    return kept, new_rows, new_shapes


class Errors:
    def __init__(self):
        self.errors, self.inside, self.widths = [], [], []

    def add(self, measured, row):
        low, high, time = float(row["low_us"]), float(row["high_us"]), float(row["pred_us"])
        self.errors.append(abs(time / measured - 1))
        self.inside.append(low <= measured <= high)
        self.widths.append((high - low) / time)

    def __str__(self):
        if not self.errors:
            return ""
        def at(values, part):
            return sorted(values)[int(part * (len(values) - 1))] * 100
        text = "%5.1f /%6.1f" % (at(self.errors, 0.5), at(self.errors, 0.9))
        if any(self.widths):
            text += "  %3.0f %% in +-%.0f %%" % (
                100 * sum(self.inside) / len(self.inside), at(self.widths, 0.5) / 2)
        return text


def copy_descriptions(source, target):
    """Without what widens error bars for other laboratories: it is rows of the same ones that are asked for."""
    shutil.copytree(source, target)
    for name in os.listdir(target):
        path = os.path.join(target, name)
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(re.sub(r"(, )?laboratories: \[1, 1\]", "", text))


def group_of(kind, row):
    if kind == "attention":
        return row["phase"]
    if kind == "collective":
        return row["op"]
    if kind == "elementwise":
        return "elementwise"
    return "gemm"


class Validation:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.results = collections.OrderedDict()

    def run(self, *command):
        subprocess.run([os.path.join(self.arguments.bin, command[0]), *command[1:]], check=True,
                       stdout=subprocess.DEVNULL)

    def predict(self, case, kind, rows, descriptions, table):
        """Adds the errors of each model on `rows` to those of `case`."""
        if not rows:
            return
        queries = os.path.join(self.folder, "queries.csv")
        answers = os.path.join(self.folder, "answers.csv")
        write(queries, rows)
        for model in ["roofline", "calibrated", "table"] if table else ["roofline", "calibrated"]:
            extra = ["--table=" + table] if model == "table" else []
            self.run("dagrt-get-time", "--csv=" + kind, queries, "-o", answers,
                     "--descriptions=" + descriptions, "--model=" + model, *extra)
            with open(answers, newline="") as file:
                for row, answer in zip(rows, csv.DictReader(file)):
                    name = case + ", " + group_of(kind, row)
                    names = [name, name + ": " + row["gpu"]] if self.arguments.devices else [name]
                    for each in names:
                        errors = self.results.setdefault(each, {})
                        errors.setdefault(model, Errors()).add(float(row["time_us"]), answer)

    def leave_out_device(self, device, tables):
        """Predicts all rows of `device` with what its relative knows."""
        folder = os.path.join(self.folder, "without-" + device)
        copy_descriptions(self.arguments.descriptions, folder)
        path = os.path.join(folder, device + ".yaml")
        with open(path) as file:
            text = re.split(r"^(?:measurements|calibration):", file.read(), flags=re.M)[0]
        text = re.sub(r"^calibrated_like:.*$", "calibrated_like: " + DONORS[device], text, flags=re.M)
        with open(path, "w") as file:
            file.write(text)
        for kind, rows in tables.items():
            # Only what the relative was measured for says anything.
            known = {(group_of(kind, r), r.get("dtype"), r.get("link")) for r in rows
                     if r["gpu"] == DONORS[device]}
            own = [r for r in rows if r["gpu"] == device and
                   (group_of(kind, r), r.get("dtype"), r.get("link")) in known]
            table = os.path.join(self.folder, "others.csv")
            write(table, [r for r in rows if r["gpu"] != device])
            self.predict("unmeasured device", kind, own, folder, table)

    def answer_fitted(self):
        """Predicts all rows with the descriptions as they are."""
        for kind, rows in read(self.arguments.tables).items():
            self.predict("fitted", kind, rows, self.arguments.descriptions, None)

    def validate(self):
        tables = read(self.arguments.tables)
        fitted = os.path.join(self.folder, "fitted")
        copy_descriptions(self.arguments.descriptions, fitted)
        parts = {kind: split(kind, rows) for kind, rows in tables.items()}
        kept = {kind: os.path.join(self.folder, kind + ".csv") for kind in parts}
        for kind, (rows, _, _) in parts.items():
            write(kept[kind], [{**row, "source": ""} for row in rows])
        self.run("dagrt-calibrate", "fit", *kept.values(), "--descriptions=" + fitted)
        for kind, (_, new_rows, new_shapes) in parts.items():
            self.predict("new rows", kind, new_rows, fitted, kept[kind])
            self.predict("new shapes", kind, new_shapes, fitted, kept[kind])
        for device in sorted({r["gpu"] for rows in tables.values() for r in rows} & set(DONORS)):
            self.leave_out_device(device, tables)

    def report(self):
        print("%-44s %6s %14s  %-32s %s" % ("case", "rows", "roofline", "calibrated", "table"))
        for name, errors in self.results.items():
            print("%-44s %6d %14s  %-32s %s" % (name, len(errors["roofline"].errors),
                                                errors["roofline"], errors["calibrated"],
                                                errors.get("table", "")))


def compare_laboratories(arguments, folder, rows):
    """Prints the spread between laboratories, of matmuls on devices that two of them measured."""
    other = {"bf16": "fp16", "fp16": "bf16"}
    sources = collections.defaultdict(lambda: collections.defaultdict(set))
    for row in rows:
        sources[row["gpu"]][row["dtype"]].add(row["source"])
    for gpu, types in sorted(sources.items()):
        if not all(len(types[name]) == 1 for name in other) or types["bf16"] == types["fp16"]:
            continue
        asked = [dict(row, dtype=other[row["dtype"]]) for row in rows
                 if row["gpu"] == gpu and row["dtype"] in other]
        table, answer = os.path.join(folder, "asked.csv"), os.path.join(folder, "answer.csv")
        write(table, asked)
        subprocess.run([os.path.join(arguments.bin, "dagrt-get-time"), table, "--csv=gemm",
                        "--descriptions=" + arguments.descriptions, "-o", answer], check=True)
        with open(answer, newline="") as file:
            predicted = {row["id"]: float(row["pred_us"]) for row in csv.DictReader(file)}
        ratios = [float(row["time_us"]) / predicted[row["id"]] for row in asked]
        both = sorted(ratios + [1 / ratio for ratio in ratios])
        low, high = (both[round(part * (len(both) - 1))] for part in (0.1, 0.9))
        print(f"{gpu}: {len(ratios)} rows, {low:.3f} to {high:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", nargs="+", help="CSV files of measurements")
    parser.add_argument("--bin", default="build/bin", help="folder of dagrt's tools")
    parser.add_argument("--descriptions", default="lib/Cost/Devices", help="device descriptions")
    parser.add_argument("--devices", action="store_true", help="a line for each device, too")
    parser.add_argument("--fitted", action="store_true",
                        help="only the rows themselves, with the descriptions as they are")
    parser.add_argument("--laboratories", action="store_true",
                        help="only the spread between laboratories, of matmuls")
    parser.add_argument("--keep", help="folder for intermediate files")
    arguments = parser.parse_args()
    folder = arguments.keep or tempfile.mkdtemp(prefix="dagrt-validate-")
    os.makedirs(folder, exist_ok=True)
    try:
        if arguments.laboratories:
            return compare_laboratories(arguments, folder, read(arguments.tables)["gemm"])
        validation = Validation(arguments, folder)
        if arguments.fitted:
            validation.answer_fitted()
        else:
            validation.validate()
        validation.report()
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
