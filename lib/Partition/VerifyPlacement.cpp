//===- VerifyPlacement.cpp - Conservation of FLOPs, weights and bytes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three sums that must come out: the FLOPs of all ops, each counted once over its replicas,
// against the model's; the parts of each stored weight against the weight; the pieces of each
// message against what its receivers hold.
//
//===----------------------------------------------------------------------===//

#include "PlacementRemarks.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/IR/Transfer.h"
#include "dagrt/Partition/Partitioner.h"
#include "dagrt/Partition/Passes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

namespace dagrt {
#define GEN_PASS_DEF_VERIFYPLACEMENTPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// FLOPs: every op of the model is there once, whoever computes it.
static LogicalResult verifyFlops(func::FuncOp function, LogicalAttr logical) {
  auto [flops, parameters] = getLogicalTotals(function);
  double expected = logical.getFlops();
  if (std::abs(flops - expected) > 1e-9 * std::max(expected, 1.0))
    return emitError(function.getLoc())
           << "'func.func' op expects the FLOPs of its model, " << expected
           << ", summed over its ops without replicas, got " << flops;
  if (parameters != logical.getParameters())
    return emitError(function.getLoc()) << "'func.func' op expects the " << logical.getParameters()
                                        << " parameters of its model, got " << parameters;
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// A part of a stored weight.
struct Part {
  ParameterOp op;
  int64_t stored = 0, size = 0;
};
} // namespace

static int64_t getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

/// True if two views of one stored weight share an element, decided on the elements of the
/// smaller one. Views that a stored layout can be read in are few and regular: equal ones and those
/// that begin with different rows are told apart without counting.
static bool isSameElements(ParameterOp a, ParameterOp b) {
  auto getExtent = [](ParameterOp op) {
    ViewAttr view = op.getViewAttr();
    ArrayRef<int64_t> shape = getGlobalShape(op.getType());
    SmallVector<std::pair<int64_t, int64_t>> dims;
    for (size_t i = 0; view && i < shape.size(); ++i)
      if (shape[i] > 1)
        dims.push_back({view.getStrides()[i], shape[i]});
    if (!view) {
      int64_t stride = 1;
      for (size_t i = shape.size(); i-- > 0;) {
        if (shape[i] > 1)
          dims.push_back({stride, shape[i]});
        stride *= shape[i];
      }
    }
    llvm::sort(dims);
    // Dims that continue each other are one.
    SmallVector<std::pair<int64_t, int64_t>> merged;
    for (auto dim : dims)
      if (!merged.empty() && merged.back().first * merged.back().second == dim.first)
        merged.back().second *= dim.second;
      else
        merged.push_back(dim);
    return std::make_pair(view ? view.getOffset() : 0, merged);
  };
  return getExtent(a) == getExtent(b);
}

/// The distinct parts of each weight add up to what is stored.
static LogicalResult verifyWeights(func::FuncOp function) {
  llvm::MapVector<StringRef, SmallVector<Part>> weights;
  for (auto op : function.getOps<ParameterOp>()) {
    ArrayRef<int64_t> shape = getGlobalShape(op.getType());
    ViewAttr view = op.getViewAttr();
    Part part{op, getProduct(view ? view.getStored() : shape), getProduct(shape)};
    SmallVector<Part> &parts = weights[op.getName()];
    if (!parts.empty() && parts.front().stored != part.stored) {
      InFlightDiagnostic error = op.emitOpError()
                                 << "expects the stored weight '" << op.getName() << "' to have "
                                 << parts.front().stored << " elements, got " << part.stored;
      error.attachNote(parts.front().op.getLoc()) << "first used here";
      return error;
    }
    bool known = llvm::any_of(parts, [&](Part &other) { return isSameElements(other.op, op); });
    if (!known)
      parts.push_back(part);
  }
  for (auto &[name, parts] : weights) {
    int64_t covered = 0;
    for (const Part &part : parts)
      covered += part.size;
    if (covered == parts.front().stored)
      continue;
    InFlightDiagnostic error = parts.front().op.emitOpError()
                               << "expects the parts of the stored weight '" << name
                               << "' to cover its " << parts.front().stored
                               << " elements once, got " << covered;
    for (Part &part : MutableArrayRef<Part>(parts).drop_front())
      error.attachNote(part.op.getLoc()) << "another part is used here";
    return error;
  }
  return success();
}

/// On each mesh the shards of a parameter tile it: the boxes of devices that differ along its axes
/// add up to it.
static LogicalResult verifyShards(func::FuncOp function) {
  llvm::DenseSet<Attribute> checked;
  for (auto op : function.getOps<ParameterOp>()) {
    DistAttr dist = getDist(op.getType());
    if (!dist || !checked.insert(dist).second)
      continue;
    MeshOp mesh = lookupMesh(op, dist.getMesh());
    double held = 0, whole = 1;
    for (int64_t device = 0; device < mesh.getNumDevices(); ++device) {
      double elements = 1;
      for (Range range : getBox(mesh, dist, device))
        elements *= range.size();
      held += elements;
    }
    for (int64_t size : dist.getOf())
      whole *= size;
    if (held == whole * getNumReplicas(mesh, dist))
      continue;
    InFlightDiagnostic error = op.emitOpError()
                               << "expects the shards of '" << op.getName() << "' to hold "
                               << whole * getNumReplicas(mesh, dist) << " elements, got " << held;
    error.attachNote(mesh.getLoc()) << "mesh declared here";
    return error;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// Every receiver gets the elements it holds, no more and no fewer.
static LogicalResult verifyMessages(func::FuncOp function) {
  llvm::DenseSet<std::pair<Attribute, Attribute>> checked;
  for (auto op : function.getOps<SendOp>()) {
    DistAttr source = getDist(op.getOperand().getType());
    DistAttr target = getDist(op.getMessage().getType().getPayload());
    if (!checked.insert({source, target}).second)
      continue;
    MeshOp from = lookupMesh(op, source.getMesh()), to = lookupMesh(op, target.getMesh());
    SmallVector<double> received(to.getNumDevices(), 0);
    for (const TransferPiece &piece : getTransferPieces(from, source, to, target))
      received[piece.receiver] += piece.elements;
    for (auto [device, elements] : llvm::enumerate(received)) {
      double expected = 1;
      for (Range range : getBox(to, target, device))
        expected *= range.size();
      if (elements != expected)
        return op.emitOpError() << "expects device " << to.getDevices()[device] << " to receive "
                                << expected << " elements, got " << elements;
    }
  }
  return success();
}

/// Ops of other dialects have no verifier that knows distributions.
static LogicalResult verifyForeignOps(func::FuncOp function) {
  WalkResult result = function.walk([](Operation *op) {
    auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
    if (!sharded || isa<DagrtDialect>(op->getDialect()))
      return WalkResult::advance();
    return failed(verifyByRule(op, sharded.getShardingRule())) ? WalkResult::interrupt()
                                                               : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult dagrt::verifyPlacement(func::FuncOp function) {
  auto logical = function->getAttrOfType<LogicalAttr>(DagrtDialect::kLogicalAttrName);
  if (failed(verifyForeignOps(function)) || failed(verifyMessages(function)) ||
      failed(verifyShards(function)) || failed(verifyWeights(function)))
    return failure();
  if (logical && failed(verifyFlops(function, logical)))
    return failure();
  emitPlacementRemarks(function);
  return success();
}

namespace {
struct VerifyPlacement final : dagrt::impl::VerifyPlacementPassBase<VerifyPlacement> {
  using VerifyPlacementPassBase::VerifyPlacementPassBase;

  /// True if any value of the function is placed.
  static bool isPlaced(func::FuncOp function) {
    return function
        .walk([](Operation *op) {
          bool placed = llvm::any_of(op->getResultTypes(), [](Type type) { return getDist(type); });
          return placed ? WalkResult::interrupt() : WalkResult::advance();
        })
        .wasInterrupted();
  }

  /// The default binding, with the sizes at which the totals hold where they say so.
  static FailureOr<SizeBinding> getSizes(ModuleOp module) {
    FailureOr<SizeBinding> sizes =
        readSizes(module, "", [&]() { return emitError(module.getLoc()); });
    if (succeeded(sizes))
      for (auto function : module.getOps<func::FuncOp>())
        if (auto totals = function->getAttrOfType<LogicalAttr>(DagrtDialect::kLogicalAttrName))
          for (const auto &[name, number] : getSizeBinding(totals.getSizes()))
            sizes->set(name, number);
    return sizes;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OwningOpRef<ModuleOp> bound;
    if (hasSymbolicSizes(module)) {
      FailureOr<SizeBinding> sizes = getSizes(module);
      bound = module.clone();
      if (failed(sizes) || failed(bindSizes(*bound, *sizes)))
        return signalPassFailure();
      module = *bound;
    }
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal() && isPlaced(function) && failed(verifyPlacement(function)))
        return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
