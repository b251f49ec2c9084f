//===- Retype.cpp - Types that follow from a damage -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A damage that leaves the types around it as they were is mostly refused by the next verifier.
// With types that follow, it is found only if it matters.
//
//===----------------------------------------------------------------------===//

#include "Retype.h"
#include "dagrt/IR/Dagrt.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A distribution on its way through a collective.
struct Layout {
  MeshOp mesh;
  SmallVector<AxesAttr> dims;
  AxesAttr partial;
  bool ok = true;

  bool hasDim(int64_t dim) {
    ok &= dim >= 0 && dim < static_cast<int64_t>(dims.size());
    return ok;
  }
  void set(AxesAttr &axes, std::optional<AxesAttr> value) {
    ok &= value.has_value();
    if (value)
      axes = *value;
  }
  void gather(int64_t dim, AxesAttr axes) {
    if (hasDim(dim))
      set(dims[dim], removeTail(mesh, dims[dim], axes));
  }
  void scatter(int64_t dim, AxesAttr axes) {
    if (hasDim(dim))
      dims[dim] = concatAxes(mesh, dims[dim], axes);
  }
  void reduce(AxesAttr axes) { set(partial, removeAxes(mesh, partial, axes)); }
};
} // namespace

/// True if arithmetic on the axes of `type` is defined.
static bool hasKnownAxes(MeshOp mesh, DistAttr dist) {
  auto isKnown = [&](AxesAttr axes) {
    return llvm::all_of(axes, [&](AxisRefAttr axis) {
      int64_t size = mesh.getAxisSize(axis.getName());
      return size > 0 && (axis.isWhole() || size % (axis.getPreSize() * axis.getSize()) == 0);
    });
  };
  return isKnown(dist.getPartial()) && llvm::all_of(dist.getDims(), isKnown);
}

/// The result of a collective; null if nothing follows.
static Type inferCollective(Operation *op) {
  auto source = dyn_cast<RankedTensorType>(op->getOperand(0).getType());
  DistAttr dist = source ? getDist(source) : DistAttr();
  MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
  if (!mesh || !hasKnownAxes(mesh, dist))
    return {};
  if (auto axes = op->getAttrOfType<AxesAttr>("axes"))
    if (!hasKnownAxes(mesh, DistAttr::get(op->getContext(), dist.getMesh(), {}, {}, axes)))
      return {};
  Layout layout{mesh, SmallVector<AxesAttr>(dist.getDims()), dist.getPartial()};
  TypeSwitch<Operation *>(op)
      .Case([&](AllReduceOp op) { layout.reduce(op.getAxes()); })
      .Case([&](AllGatherOp op) { layout.gather(op.getDim(), op.getAxes()); })
      .Case([&](AllSliceOp op) { layout.scatter(op.getDim(), op.getAxes()); })
      .Case([&](ReduceScatterOp op) {
        layout.reduce(op.getAxes());
        layout.scatter(op.getDim(), op.getAxes());
      })
      .Case([&](AllToAllOp op) {
        layout.gather(op.getGather(), op.getAxes());
        layout.scatter(op.getScatter(), op.getAxes());
      })
      .Default([&](Operation *) { layout.ok = false; });
  if (!layout.ok)
    return {};
  return getPlacedType(mesh, getGlobalShape(dist), source.getElementType(), layout.dims,
                       layout.partial);
}

/// A ring step rotates its axis.
static Type inferShift(ShiftOp op) {
  DistAttr dist = getDist(op.getOperand().getType());
  int64_t dim = op.getDim(), by = op.getBy();
  MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
  if (!mesh || dim < 0 || dim >= static_cast<int64_t>(dist.getDims().size()) ||
      dist.getDims()[dim].size() != 1 || !hasKnownAxes(mesh, dist))
    return {};
  AxisRefAttr axis = dist.getDims()[dim].getAxes()[0];
  int64_t size = mesh.getAxisSize(axis.getName());
  int64_t rotation = ((axis.getRotation() + by) % size + size) % size;
  SmallVector<AxesAttr> dims(dist.getDims());
  dims[dim] = AxesAttr::get(op.getContext(),
                            AxisRefAttr::get(op.getContext(), axis.getName(), 0, 0, rotation));
  return getPlacedType(mesh, getGlobalShape(dist), op.getType().getElementType(), dims,
                       dist.getPartial());
}

/// What follows from an op's sharding rule.
static Type inferByRule(Operation *op) {
  // The rule of a matmul reads as many dims as it contracts.
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    int64_t contract = matmul.getContract();
    if (contract < 1 || contract > matmul.getLhs().getType().getRank() ||
        contract > matmul.getRhs().getType().getRank())
      return {};
  }
  if (auto dim = op->getAttrOfType<IntegerAttr>("dim"))
    if (dim.getInt() < 0 ||
        dim.getInt() >= cast<RankedTensorType>(op->getOperand(0).getType()).getRank())
      return {};
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded || op->getNumOperands() == 0)
    return {};
  for (Type type : op->getOperandTypes()) {
    DistAttr dist = getDist(type);
    MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
    if (!mesh || !hasKnownAxes(mesh, dist))
      return {};
  }
  FailureOr<SmallVector<RankedTensorType>> types = inferResultTypes(op, sharded.getShardingRule());
  return failed(types) ? Type() : (*types)[0];
}

static Type inferType(Operation *op) {
  return TypeSwitch<Operation *, Type>(op)
      .Case([](RecvOp op) {
        return op.getPiece() ? Type() : Type(op.getMessage().getType().getPayload());
      })
      .Case([](ShiftOp op) { return inferShift(op); })
      .Case<AllReduceOp, AllGatherOp, AllSliceOp, ReduceScatterOp, AllToAllOp>(
          [](Operation *op) { return inferCollective(op); })
      .Default([](Operation *op) { return inferByRule(op); });
}

bool dagrt::retypeFrom(Operation *first) {
  bool changed = false;
  for (Operation *op = first; op; op = op->getNextNode()) {
    if (op->getNumResults() != 1)
      continue;
    Type type = inferType(op);
    Type old = op->getResult(0).getType();
    if (!type || type == old)
      continue;
    // Sharding rules count on ranks that fit together.
    if (cast<RankedTensorType>(type).getRank() != cast<RankedTensorType>(old).getRank())
      break;
    op->getResult(0).setType(type);
    changed = true;
  }
  return changed;
}
