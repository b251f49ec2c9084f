//===- Uncounted.cpp - Ops whose time is not counted -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In text the ops that are most often run come first, as many as a line holds; JSON has all of
// them.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/Uncounted.h"

#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

static constexpr size_t kColumns = 100;

/// Reasons that the text gives.
static constexpr size_t kMaxReasons = 3;

/// `4 x scf.if, memref.load`, as many as `width` holds.
static std::string listOps(ArrayRef<NamedOps> ops, size_t width) {
  std::vector<NamedOps> sorted(ops.begin(), ops.end());
  llvm::stable_sort(sorted, [](const NamedOps &a, const NamedOps &b) { return a.count > b.count; });
  std::string text;
  for (auto [index, op] : llvm::enumerate(sorted)) {
    std::string next = index > 0 ? ", " : "";
    if (op.count > 1)
      next += std::to_string(op.count) + " x ";
    next += op.name;
    // Room is kept for the dots that stand for what does not fit.
    bool isLast = index + 1 == sorted.size();
    if (text.size() + next.size() + (isLast ? 0 : 5) > width)
      return fit(text.empty() ? next : text + ", ...", width);
    text += next;
  }
  return text;
}

void dagrt::writeUncounted(llvm::raw_ostream &os, ArrayRef<NamedOps> ops, StringRef what) {
  if (ops.empty())
    return;
  int64_t sum = sumCounts(ops);
  std::string line =
      llvm::formatv("uncounted{0}{1}: {2}{3} op{4}, not in the time: ", what.empty() ? "" : " ",
                    what, sum == INT64_MAX ? "at least " : "", sum, sum == 1 ? "" : "s");
  size_t width = line.size() < kColumns ? kColumns - line.size() : 0;
  os << line << listOps(ops, std::max<size_t>(width, 20)) << '\n';
  size_t reasons = 0;
  for (const NamedOps &op : ops)
    if (!op.reason.empty() && ++reasons <= kMaxReasons)
      os << fit("    " + op.name + ": " + op.reason.str(), kColumns) << '\n';
}

void dagrt::writeUncountedJson(llvm::json::OStream &json, ArrayRef<NamedOps> ops) {
  json.attributeArray("uncounted", [&] {
    for (const NamedOps &op : ops)
      json.object([&] {
        json.attribute("name", llvm::json::fixUTF8(op.name));
        json.attribute("count", op.count);
        if (!op.reason.empty())
          json.attribute("reason", op.reason);
      });
  });
}

void dagrt::writeBranches(llvm::raw_ostream &os, ArrayRef<NamedOps> branches) {
  if (branches.empty())
    return;
  StringRef line = "  branches take the time of their longest body: ";
  os << line << listOps(branches, kColumns - line.size()) << '\n';
}

void dagrt::writeBranchesJson(llvm::json::OStream &json, ArrayRef<NamedOps> branches) {
  if (branches.empty())
    return;
  json.attributeArray("longest_branches", [&] {
    for (const NamedOps &op : branches)
      json.object([&] {
        json.attribute("name", llvm::json::fixUTF8(op.name));
        json.attribute("count", op.count);
      });
  });
}

static LogicalResult verifyCounted(ArrayRef<NamedOps> ops) {
  if (ops.empty())
    return success();
  int64_t sum = sumCounts(ops);
  InFlightDiagnostic error = ops.front().first->emitError()
                             << "expects ops whose time can be counted (unknown=error), got " << sum
                             << " that cannot: " << listOps(ops, kColumns);
  error.attachNote() << "give the op a 'dagrt.cost', or let the report list it (unknown=report)";
  return failure();
}

LogicalResult dagrt::verifyCounted(Operation *module) {
  for (func::FuncOp function : getCountedFunctions(module))
    if (failed(::verifyCounted(Coverage::compute(function).getUncounted())))
      return failure();
  return ::verifyCounted(listUncountedFunctions(module));
}
