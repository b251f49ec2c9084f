//===- StripeCaches.cpp - Slots of a cache, dealt to shards -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which token a slot is for is an operand of what reads a cache, so that a new order of the slots
// is new positions and nothing else. A cache gets as many slots more as the last round of stripes
// needs.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Partition/Partitioner.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// The full caches of one function.
class Striper {
public:
  Striper(func::FuncOp function, int64_t shards, int64_t stripe)
      : function(function), order(TokenOrderAttr::get(function.getContext(), shards, stripe)),
        round(shards * stripe) {}

  LogicalResult run();

private:
  LogicalResult collect(BlockArgument cache);
  LogicalResult addSlots(CacheUpdateOp update);
  RankedTensorType getStriped(RankedTensorType type, unsigned dim) const;
  void setSlots(func::FuncOp function);

  func::FuncOp function;
  TokenOrderAttr order;
  int64_t round; ///< Slots of a round of stripes.
  /// Each cache as an argument and after each update.
  llvm::SetVector<Value> caches;
  /// What says the positions of their slots.
  llvm::SetVector<Operation *> slots;
};
} // namespace

/// `type` with dim `dim`, slots, rounded up to full rounds.
RankedTensorType Striper::getStriped(RankedTensorType type, unsigned dim) const {
  SmallVector<SizeAttr> sizes = getGlobalSizes(type);
  SmallVector<int64_t> numbers(type.getShape());
  sizes[dim] = sizes[dim].ceilDiv(round).times(round);
  numbers[dim] = sizes[dim].toNumber();
  return getLogicalType(GlobalShape(numbers, sizes), type.getElementType());
}

/// The positions of an update's slots get the order.
LogicalResult Striper::addSlots(CacheUpdateOp update) {
  auto positions = update.getSlotPositions().getDefiningOp<PositionsOp>();
  if (!positions)
    return update.emitOpError() << "expects the positions of its slots from 'dagrt.positions', to "
                                   "shard the cache over slots";
  if (positions.getOrderAttr())
    return positions.emitOpError()
           << "expects slots in the tokens' own order to shard a cache, got "
           << positions.getOrderAttr();
  slots.insert(positions);
  return success();
}

/// Follows a cache from update to update.
LogicalResult Striper::collect(BlockArgument cache) {
  SmallVector<Value> reached = {cache};
  while (!reached.empty()) {
    Value value = reached.pop_back_val();
    if (!caches.insert(value))
      continue;
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (auto update = dyn_cast<CacheUpdateOp>(user); update && use.getOperandNumber() == 0) {
        if (failed(addSlots(update)))
          return failure();
        reached.push_back(update.getResult());
      } else if (!isa<AttentionOp, func::ReturnOp>(user)) {
        InFlightDiagnostic error = user->emitOpError()
                                   << "expects caches whose slots are sharded to be read by fused "
                                      "attention alone";
        error.attachNote(value.getLoc()) << "cache defined here";
        return error;
      }
    }
  }
  return success();
}

/// Arguments and results say the order, too.
void Striper::setSlots(func::FuncOp function) {
  StringRef name = DagrtDialect::kSlotsAttrName;
  auto ordered = [&](SlotsAttr slots) {
    return SlotsAttr::get(function.getContext(), slots.getFirst(), order, slots.getRolling());
  };
  for (BlockArgument argument : function.getArguments())
    if (caches.contains(argument))
      function.setArgAttr(
          argument.getArgNumber(), name,
          ordered(function.getArgAttrOfType<SlotsAttr>(argument.getArgNumber(), name)));
  Operation *terminator = function.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands()))
    if (caches.contains(value))
      if (auto slots = function.getResultAttrOfType<SlotsAttr>(i, name))
        function.setResultAttr(i, name, ordered(slots));
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             function.getBody().front().getArgumentTypes(),
                                             terminator->getOperandTypes()));
}

LogicalResult Striper::run() {
  bool hasWindows = false;
  for (BlockArgument argument : function.getArguments()) {
    auto own =
        function.getArgAttrOfType<SlotsAttr>(argument.getArgNumber(), DagrtDialect::kSlotsAttrName);
    hasWindows |= own && own.getRolling();
    if (own && !own.getRolling() && failed(collect(argument)))
      return failure();
  }
  if (caches.empty() && hasWindows)
    return emitError(function.getLoc())
           << "'func.func' op expects caches with a slot for each token among its arguments, whose "
              "keys can be sharded, got those of windows alone, which are sharded over heads";
  if (caches.empty())
    return emitError(function.getLoc())
           << "'func.func' op expects caches among its arguments, whose keys can be sharded, got "
              "none; import the model with --phase=decode or --phase=extend";
  for (Value cache : caches)
    cache.setType(getStriped(cast<RankedTensorType>(cache.getType()), 1));
  for (Operation *op : slots) {
    auto positions = cast<PositionsOp>(op);
    positions.getResult().setType(getStriped(positions.getType(), 0));
    positions.setOrderAttr(order);
  }
  setSlots(function);
  return success();
}

LogicalResult dagrt::stripeCaches(func::FuncOp function, int64_t shards, int64_t stripe) {
  return Striper(function, shards, stripe).run();
}
