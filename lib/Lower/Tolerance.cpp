//===- Tolerance.cpp - How far roundings take a program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two programs that compute the same and round to their own types come apart by four factors:
//
// - A rounding is relative to 2^-p for a type of p significant bits.
// - Roundings of the ops on a path are independent: of D ops they add up to the square root of D.
// - A norm divides by the length of a row. Of R rows of h elements, the shortest has about R^(-1/h)
//   of the usual length (what share of a ball of h dims lies that near to its middle), and errors
//   grow by as much.
// - An error is relative to the largest element of an output. That all of n elements are below 1/f
//   of what is usual happens in one of f^n cases.
//
// docs/execution.md says what was measured.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Evaluator.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace dagrt;

/// Units of the last place for each square root of an op on the path: about five times what models
/// were seen to need.
static constexpr double kUnits = 3;
/// Outputs that are small by chance in fewer cases than one of these are not allowed for.
static constexpr double kCases = 100;

/// The float type that a tensor holds; null for other types.
static FloatType getFloatType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast<FloatType>(tensor.getElementType()) : FloatType();
}

/// Significant bits of the coarsest type.
static unsigned countDigits(func::FuncOp func) {
  unsigned digits = 53;
  auto visit = [&](Type type) {
    if (FloatType element = getFloatType(type))
      digits = std::min(digits, element.getFPMantissaWidth());
  };
  llvm::for_each(func.getArgumentTypes(), visit);
  func.walk([&](Operation *op) { llvm::for_each(op->getResultTypes(), visit); });
  return digits;
}

/// Ops on the longest path whose results are rounded.
static int64_t computeDepth(func::FuncOp func) {
  int64_t deepest = 1;
  llvm::DenseMap<Value, int64_t> depths;
  for (Operation &op : func.getBody().getOps()) {
    int64_t depth = 0;
    for (Value operand : op.getOperands())
      depth = std::max(depth, depths.lookup(operand));
    depth += llvm::any_of(op.getResultTypes(), getFloatType);
    for (Value result : op.getResults())
      depths[result] = depth;
    deepest = std::max(deepest, depth);
  }
  return deepest;
}

/// By how much norms enlarge an error: by what the shortest of all rows of one size does.
static double computeGrowth(func::FuncOp func) {
  std::map<int64_t, double> rows; // By elements that may vary.
  for (Operation &op : func.getBody().getOps()) {
    auto workOp = dyn_cast<WorkOpInterface>(op);
    if (!workOp)
      continue;
    Work work = workOp.getWork();
    if (work.kind != WorkKind::Norm || work.rows < 1 || work.columns < 1)
      continue;
    // The mean is taken away first.
    rows[std::max<int64_t>(work.columns - isa<LayerNormOp>(op), 1)] += double(work.rows);
  }
  double growth = 1;
  for (auto [columns, count] : rows)
    growth = std::max(growth, std::pow(count, 1.0 / double(columns)));
  return growth;
}

/// Elements of the smallest output.
static double countElements(func::FuncOp func) {
  double least = INFINITY;
  for (Type type : func.getResultTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || ShapedType::isDynamicShape(tensor.getShape()))
      continue;
    double elements = 1;
    for (int64_t size : getGlobalShape(tensor))
      elements *= double(size);
    if (elements > 0)
      least = std::min(least, elements);
  }
  return least;
}

double dagrt::getModelTolerance(func::FuncOp func) {
  unsigned digits = countDigits(func);
  if (digits == 53)
    return 1e-9;
  return kUnits * std::sqrt(double(computeDepth(func))) * std::ldexp(1.0, -int(digits)) *
         computeGrowth(func) * std::pow(kCases, 1 / countElements(func));
}
