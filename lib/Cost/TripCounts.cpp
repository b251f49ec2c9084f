//===- TripCounts.cpp - How often loops run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bounds of loops are numbers where the program computes them from constants. Such computations are
// folded on copies, so that the program stays as it is.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Coverage.h"

#include "mlir/Dialect/Affine/Analysis/LoopAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace dagrt;

/// How far a computation of a bound is followed.
static constexpr unsigned kMaxDepth = 8;

/// The constant that `value` is; null if it is none, or takes longer to compute.
static Attribute fold(Value value, unsigned depth = 0) {
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op || depth == kMaxDepth || op->getNumRegions() > 0 || !isPure(op))
    return Attribute();
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands())
    operands.push_back(operand.getType().isIntOrIndex() ? fold(operand, depth + 1) : Attribute());
  Operation *copy = op->clone();
  SmallVector<OpFoldResult> results;
  bool isFolded = succeeded(copy->fold(operands, results)) && results.size() == op->getNumResults();
  OpFoldResult result =
      isFolded ? results[cast<OpResult>(value).getResultNumber()] : OpFoldResult();
  copy->erase();
  if (auto attribute = dyn_cast_if_present<Attribute>(result))
    return attribute;
  Value forwarded = dyn_cast_if_present<Value>(result);
  return forwarded && forwarded.getDefiningOp() != op ? fold(forwarded, depth + 1) : Attribute();
}

static std::optional<int64_t> getNumber(OpFoldResult bound) {
  Attribute constant = dyn_cast_if_present<Attribute>(bound);
  if (!constant)
    constant = fold(cast<Value>(bound));
  auto number = dyn_cast_if_present<IntegerAttr>(constant);
  if (!number || number.getValue().getSignificantBits() > 64)
    return std::nullopt;
  return number.getValue().getSExtValue();
}

/// Steps from `low` to below `high`.
static std::optional<int64_t> countSteps(int64_t low, int64_t high, int64_t step) {
  if (step <= 0)
    return std::nullopt;
  __int128 distance = static_cast<__int128>(high) - low;
  __int128 steps = distance <= 0 ? 0 : (distance + step - 1) / step;
  return steps > INT64_MAX ? INT64_MAX : static_cast<int64_t>(steps);
}

/// The results of `map` at constant operands.
static std::optional<SmallVector<int64_t>> evaluate(AffineMap map, ValueRange operands) {
  SmallVector<Attribute> constants, results;
  for (Value operand : operands)
    constants.push_back(fold(operand));
  if (failed(map.constantFold(constants, results)))
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (Attribute result : results) {
    auto number = dyn_cast_if_present<IntegerAttr>(result);
    if (!number)
      return std::nullopt;
    numbers.push_back(number.getInt());
  }
  return numbers;
}

static std::optional<int64_t> getAffineTrips(affine::AffineForOp loop) {
  auto low = evaluate(loop.getLowerBoundMap(), loop.getLowerBoundOperands());
  auto high = evaluate(loop.getUpperBoundMap(), loop.getUpperBoundOperands());
  if (low && high && !low->empty() && !high->empty())
    return countSteps(*llvm::max_element(*low), *llvm::min_element(*high), loop.getStepAsInt());
  // Bounds that depend on an outer loop may still be a constant apart, as in tiles.
  std::optional<uint64_t> trips = affine::getConstantTripCount(loop);
  return trips && *trips <= INT64_MAX ? std::optional<int64_t>(*trips) : std::nullopt;
}

static std::optional<int64_t> getAffineTrips(affine::AffineParallelOp loop) {
  std::optional<SmallVector<int64_t, 8>> ranges = loop.getConstantRanges();
  if (!ranges)
    return std::nullopt;
  int64_t trips = 1;
  for (auto [range, step] : llvm::zip_equal(*ranges, loop.getSteps())) {
    std::optional<int64_t> steps = countSteps(0, range, step);
    if (!steps)
      return std::nullopt;
    if (llvm::MulOverflow(trips, *steps, trips))
      trips = INT64_MAX;
  }
  return trips;
}

std::optional<int64_t> dagrt::getTripCount(Operation *op) {
  if (auto loop = dyn_cast<affine::AffineForOp>(op))
    return getAffineTrips(loop);
  if (auto loop = dyn_cast<affine::AffineParallelOp>(op))
    return getAffineTrips(loop);
  auto loop = dyn_cast<LoopLikeOpInterface>(op);
  if (!loop)
    return std::nullopt;
  if (std::optional<APInt> trips = loop.getStaticTripCount())
    return trips->getLimitedValue(INT64_MAX);
  auto lows = loop.getLoopLowerBounds(), highs = loop.getLoopUpperBounds(),
       steps = loop.getLoopSteps();
  if (!lows || !highs || !steps)
    return std::nullopt;
  int64_t trips = 1;
  for (auto [low, high, step] : llvm::zip_equal(*lows, *highs, *steps)) {
    std::optional<int64_t> from = getNumber(low), to = getNumber(high), by = getNumber(step);
    std::optional<int64_t> count = from && to && by ? countSteps(*from, *to, *by) : std::nullopt;
    if (!count)
      return std::nullopt;
    if (llvm::MulOverflow(trips, *count, trips))
      trips = INT64_MAX;
  }
  return trips;
}
