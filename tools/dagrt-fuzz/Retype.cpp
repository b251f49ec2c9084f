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
#include "dagrt/IR/Layout.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dagrt;

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
static Type inferCollective(CollectiveOpInterface op) {
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  DistAttr dist = source ? getDist(source) : DistAttr();
  MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
  if (!mesh || !hasKnownAxes(mesh, dist))
    return {};
  if (auto axes = op->getAttrOfType<AxesAttr>("axes"))
    if (!hasKnownAxes(mesh, DistAttr::get(op->getContext(), dist.getMesh(), {}, {}, axes)))
      return {};
  Layout layout(mesh, dist);
  if (failed(op.changeLayout(layout, {})))
    return {};
  return layout.getType(source.getElementType());
}

/// True if these are dims of a tensor of `rank` dims, each once.
static bool areDims(ArrayRef<int64_t> dims, int64_t rank) {
  llvm::SmallDenseSet<int64_t> seen;
  return llvm::all_of(
      dims, [&](int64_t dim) { return dim >= 0 && dim < rank && seen.insert(dim).second; });
}

/// What follows from an op's sharding rule.
static Type inferByRule(Operation *op) {
  // The rule of a matmul reads as many dims as it contracts.
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    int64_t contract = matmul.getContract(), lhs = matmul.getLhs().getType().getRank();
    int64_t rest = matmul.getRhs().getType().getRank() - contract;
    if (contract < 1 || contract > lhs || rest < static_cast<int64_t>(matmul.getBatch().size()) ||
        !areDims(matmul.getBatch(), lhs - contract))
      return {};
  }
  if (auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims")) {
    auto rank = [&](unsigned i) { return cast<ShapedType>(op->getOperand(i).getType()).getRank(); };
    if (op->getNumOperands() != 2 || dims.size() != rank(1) || !areDims(dims.asArrayRef(), rank(0)))
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
      .Case([](CollectiveOpInterface op) { return inferCollective(op); })
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
