//===- ModelSummary.cpp - Parameters and FLOPs of a model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weight's identity is its name. Its size is that of what a checkpoint stores: the shape
// in the view, or the global shape of the parameter.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/ModelSummary.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Distribution.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace dagrt;

double ModelSummary::getLogicalFlops() const {
  double flops = 0;
  for (const auto &[kind, total] : kinds)
    flops += total.logicalFlops;
  return flops;
}

double ModelSummary::getTotalFlops() const {
  double flops = 0;
  for (const auto &[kind, total] : kinds)
    flops += total.totalFlops;
  return flops;
}

//===----------------------------------------------------------------------===//
// Counting
//===----------------------------------------------------------------------===//

/// The shape of the stored weight.
static SmallVector<int64_t> getStoredShape(ParameterOp op) {
  if (ViewAttr view = op.getViewAttr())
    return SmallVector<int64_t>(view.getStored());
  return SmallVector<int64_t>(getGlobalShape(op.getType()).getNumbers());
}

/// Checks that two uses of a name mean one weight.
static LogicalResult verifySameWeight(ParameterOp op, ParameterOp first) {
  SmallVector<int64_t> shape = getStoredShape(op), firstShape = getStoredShape(first);
  if (shape == firstShape && op.getType().getElementType() == first.getType().getElementType())
    return success();
  auto describe = [](ParameterOp op, ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, op.getType().getElementType());
  };
  InFlightDiagnostic error = op.emitOpError()
                             << "expects \"" << op.getName() << "\" to be stored as "
                             << describe(first, firstShape) << " as at its first use, got "
                             << describe(op, shape);
  error.attachNote(first.getLoc()) << "first used here";
  return error;
}

static LogicalResult addParameter(ParameterOp op, llvm::StringMap<ParameterOp> &seen,
                                  ModelSummary &summary) {
  auto [entry, isNew] = seen.try_emplace(op.getName(), op);
  if (!isNew)
    return verifySameWeight(op, entry->second);
  int64_t elements = 1;
  for (int64_t size : getStoredShape(op)) {
    if (ShapedType::isDynamic(size)) {
      summary.isSymbolic = true;
      return success();
    }
    if (llvm::MulOverflow(elements, size, elements))
      return op.emitOpError() << "expects a weight of fewer than 2^63 elements";
  }
  if (llvm::AddOverflow(summary.parameters, elements, summary.parameters))
    return op.emitOpError() << "expects a model of fewer than 2^63 parameters";
  summary.parameterBytes +=
      static_cast<double>(elements) * getElementBytes(op.getType().getElementType());
  return success();
}

/// True if an operand or result has a symbolic size.
static bool hasSymbolicSize(Operation *op) {
  auto isSymbolic = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && (!shaped.hasRank() || !shaped.hasStaticShape());
  };
  return llvm::any_of(op->getOperandTypes(), isSymbolic) ||
         llvm::any_of(op->getResultTypes(), isSymbolic);
}

FailureOr<ModelSummary> dagrt::computeModelSummary(FunctionOpInterface function) {
  ModelSummary summary;
  llvm::StringMap<ParameterOp> seen;
  WalkResult result = function->walk([&](Operation *op) {
    if (auto parameter = dyn_cast<ParameterOp>(op))
      if (failed(addParameter(parameter, seen, summary)))
        return WalkResult::interrupt();
    summary.isSymbolic |= hasSymbolicSize(op);
    summary.isPlaced |= llvm::any_of(op->getResultTypes(), [](Type type) { return getDist(type); });
    auto workOp = dyn_cast<WorkOpInterface>(op);
    if (!workOp)
      return WalkResult::advance();
    Work work = workOp.getWork();
    if (work.kind == WorkKind::None)
      return WalkResult::advance();
    ModelSummary::KindTotal &total = summary.kinds[work.kind];
    ++total.ops;
    total.logicalFlops += work.logicalFlops;
    total.totalFlops += work.totalFlops;
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  return summary;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// `16.06 G`: four digits and a prefix.
static std::string formatPeople(double value) {
  static constexpr StringLiteral prefixes[] = {"", "k", "M", "G", "T", "P", "E", "Z", "Y"};
  unsigned prefix = 0;
  while (value >= 999.995 && prefix + 1 < std::size(prefixes)) {
    value /= 1000;
    ++prefix;
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  if (prefix == 0)
    os << llvm::format("%.0f", value) << ' ';
  else
    os << llvm::format("%.2f ", value) << prefixes[prefix];
  return text;
}

/// The plain number is what scripts look for, and the short one what people read.
static void printCount(raw_ostream &os, StringRef what, const std::string &exact, double value,
                       StringRef unit) {
  os << "  " << llvm::left_justify(what, 18) << llvm::right_justify(exact, 20) << "  "
     << StringRef(formatPeople(value) + unit.str()).rtrim() << '\n';
}

static void printKind(raw_ostream &os, StringRef name, const ModelSummary::KindTotal &total,
                      double all, bool isPlaced) {
  os << "    " << llvm::left_justify(name, 16) << llvm::format("%20lld", (long long)total.ops)
     << "  " << llvm::right_justify(formatPeople(total.logicalFlops), 12)
     << llvm::format("%8.2f %%", all > 0 ? 100 * total.logicalFlops / all : 0.0);
  if (isPlaced)
    os << "  " << llvm::right_justify(formatPeople(total.totalFlops), 12);
  os << '\n';
}

void dagrt::printModelSummary(const ModelSummary &summary, StringRef name, raw_ostream &os) {
  os << '@' << name << (summary.isPlaced ? " (placed form)\n" : " (logical form)\n");
  printCount(os, "parameters", std::to_string(summary.parameters),
             static_cast<double>(summary.parameters), "");
  std::string bytes;
  llvm::raw_string_ostream(bytes) << llvm::format("%.0f", summary.parameterBytes);
  printCount(os, "parameter bytes", bytes, summary.parameterBytes, "B");
  os << "  FLOPs             " << llvm::right_justify("ops", 20) << "  "
     << llvm::right_justify("FLOPs ", 12) << llvm::right_justify("share", 10);
  if (summary.isPlaced)
    os << "  " << llvm::right_justify("all devices ", 12);
  os << '\n';
  ModelSummary::KindTotal all;
  for (const auto &[kind, total] : summary.kinds) {
    all.ops += total.ops;
    all.logicalFlops += total.logicalFlops;
    all.totalFlops += total.totalFlops;
  }
  for (const auto &[kind, total] : summary.kinds)
    printKind(os, getWorkKindName(kind), total, all.logicalFlops, summary.isPlaced);
  printKind(os, "total", all, all.logicalFlops, summary.isPlaced);
  if (summary.isSymbolic)
    os << "  sizes are symbolic: ops that have them count as no FLOPs\n";
}
