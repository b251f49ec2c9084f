//===- ExternalShard.cpp - Communication of the shard dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Collectives over the axes of a `shard.grid`. The process with linear index `i` of the grid runs
// on device `i` of the cluster. A grid with a size that is not known, and other ops that
// communicate, are not counted.
//
//===----------------------------------------------------------------------===//

#include "ExternalWork.h"

#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"

#include <map>

using namespace mlir;
using namespace dagrt;

/// The ranks of each group that runs over `axes` of a grid, in order; the last axis goes fastest.
static std::vector<std::vector<int64_t>> getGridGroups(ArrayRef<int64_t> shape,
                                                       ArrayRef<shard::GridAxis> axes) {
  int64_t processes = getProduct(shape), ranks = 1;
  for (shard::GridAxis axis : axes)
    ranks *= shape[axis];
  std::map<int64_t, size_t> numbers;
  std::vector<std::vector<int64_t>> groups;
  for (int64_t process = 0; process < processes; ++process) {
    int64_t first = process, rank = 0;
    for (shard::GridAxis axis : axes) {
      int64_t stride = getProduct(shape.drop_front(axis + 1));
      int64_t index = process / stride % shape[axis];
      rank = rank * shape[axis] + index;
      first -= index * stride;
    }
    auto [it, isNew] = numbers.try_emplace(first, groups.size());
    if (isNew)
      groups.emplace_back(ranks);
    groups[it->second][rank] = process;
  }
  return groups;
}

/// The grid of `op`, null if there is none.
static shard::GridOp getGrid(Operation *op, FlatSymbolRefAttr name) {
  return SymbolTable::lookupNearestSymbolFrom<shard::GridOp>(op, name);
}

static double getBytes(Value value) { return getShapedBytes(value.getType()); }

/// What `op` moves over `axes` of its grid, `bytes` by the convention of Communication.
template <typename OpT>
static Communication getGridCommunication(OpT op, CommunicationKind kind,
                                          ArrayRef<shard::GridAxis> axes, double bytes) {
  Communication communication;
  communication.kind = kind;
  communication.mesh = op.getGridAttr();
  communication.bytes = bytes;
  if (shard::GridOp grid = getGrid(op, op.getGridAttr()))
    communication.groups = getGridGroups(grid.getShape(), axes);
  return communication;
}

static Communication describe(shard::AllReduceOp op) {
  return getGridCommunication(op, CommunicationKind::AllReduce, op.getGridAxes(),
                              getBytes(op.getInput()));
}

static Communication describe(shard::AllGatherOp op) {
  return getGridCommunication(op, CommunicationKind::AllGather, op.getGridAxes(),
                              getBytes(op.getResult()));
}

static Communication describe(shard::ReduceScatterOp op) {
  return getGridCommunication(op, CommunicationKind::ReduceScatter, op.getGridAxes(),
                              getBytes(op.getInput()));
}

static Communication describe(shard::AllToAllOp op) {
  Communication communication =
      getGridCommunication(op, CommunicationKind::AllToAll, op.getGridAxes(), 0);
  // The buffers of the ranks together.
  if (!communication.groups.empty())
    communication.bytes = getBytes(op.getInput()) * communication.groups.front().size();
  return communication;
}

static Communication describe(shard::ShiftOp op) {
  auto axis = static_cast<shard::GridAxis>(op.getShiftAxis().getSExtValue());
  Communication communication =
      getGridCommunication(op, CommunicationKind::Shift, axis, getBytes(op.getInput()));
  communication.shiftBy = op.getOffset();
  return communication;
}

namespace {
template <typename OpT>
struct GridCommunication final
    : CommunicationOpInterface::ExternalModel<GridCommunication<OpT>, OpT> {
  Communication getCommunication(Operation *op) const { return describe(cast<OpT>(op)); }
};
} // namespace

static void attachShard(MLIRContext *context, shard::ShardDialect *) {
  attachModels<GridCommunication, shard::AllReduceOp, shard::AllGatherOp, shard::ReduceScatterOp,
               shard::AllToAllOp, shard::ShiftOp>(context);
  // A part of what is there already.
  attachModels<NoWork, shard::AllSliceOp>(context);
}

void dagrt::registerShardModels(DialectRegistry &registry) { registry.addExtension(attachShard); }
