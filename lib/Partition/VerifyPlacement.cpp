//===- VerifyPlacement.cpp - Conservation of FLOPs, weights and bytes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three things that must come out: the FLOPs of all ops, each counted once over its replicas,
// against the model's; the parts of each stored weight, which must tile the weight; the pieces of
// each message against what its receivers hold.
//
//===----------------------------------------------------------------------===//

#include "PlacementRemarks.h"
#include "ViewCoverage.h"
#include "dagrt/IR/Layout.h"
#include "dagrt/IR/LogicalTotals.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/IR/Transfer.h"
#include "dagrt/Partition/Partitioner.h"
#include "dagrt/Partition/Passes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>
#include <set>

namespace dagrt {
#define GEN_PASS_DEF_VERIFYPLACEMENTPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// FLOPs: every op of the model is there once, on whichever device.
static LogicalResult verifyFlops(func::FuncOp function, LogicalAttr logical) {
  LogicalTotals totals = getLogicalTotals(function);
  double expected = logical.getFlops();
  if (std::abs(totals.flops - expected) > 1e-9 * std::max(expected, 1.0))
    return emitError(function.getLoc())
           << "'func.func' op expects the FLOPs of its model, " << expected
           << ", summed over its ops without replicas, got " << totals.flops;
  // Weights without readers stay until a clean-up.
  if (totals.parameters != logical.getParameters() &&
      totals.allParameters != logical.getParameters())
    return emitError(function.getLoc()) << "'func.func' op expects the " << logical.getParameters()
                                        << " parameters of its model, got " << totals.allParameters;
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// The distinct parts that a stored weight is read in.
struct Weight {
  int64_t stored = 0, covered = 0;
  std::set<StridedView> parts;
  SmallVector<ParameterOp> ops; ///< One of each part, in order.
};
} // namespace

static SmallVector<int64_t> getStoredShape(ParameterOp op) {
  ViewAttr view = op.getViewAttr();
  return SmallVector<int64_t>(view ? view.getStored() : getGlobalShape(op.getType()).getNumbers());
}

static StridedView getElements(ParameterOp op) {
  ArrayRef<int64_t> shape = getGlobalShape(op.getType());
  if (ViewAttr view = op.getViewAttr())
    return StridedView(view.getOffset(), shape, view.getStrides());
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return StridedView(0, shape, strides);
}

/// `element` of a stored weight, as an index: `[3, 17]`.
static std::string getIndexText(ArrayRef<int64_t> shape, int64_t element) {
  SmallVector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    index[dim] = element % shape[dim];
    element /= shape[dim];
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(index, stream);
  stream << ']';
  return text;
}

/// The parts of one weight tile what is stored.
static LogicalResult verifyCoverage(const Weight &weight) {
  if (weight.stored == 0)
    return success();
  std::vector<StridedView> views;
  for (ParameterOp op : weight.ops)
    views.push_back(getElements(op));
  std::optional<CoverageFault> fault;
  if (weight.covered == weight.stored)
    fault = findCoverageFault(views, weight.stored);
  if (weight.covered == weight.stored && !fault)
    return success();
  ParameterOp first = weight.ops.front();
  InFlightDiagnostic error = first.emitOpError()
                             << "expects the parts of the stored weight '" << first.getName()
                             << "' to cover its " << weight.stored << " elements once, got ";
  if (!fault)
    error << weight.covered;
  else if (fault->kind == CoverageFault::Unknown)
    error << "views that interleave in too many ways to tell";
  else
    error << "element " << getIndexText(getStoredShape(first), fault->element)
          << (fault->kind == CoverageFault::Unread ? " unread" : " read twice");
  for (ParameterOp op : ArrayRef<ParameterOp>(weight.ops).drop_front())
    error.attachNote(op.getLoc()) << "another part is used here";
  return error;
}

/// The distinct parts of each weight tile what is stored. Linear in the number of parts.
static LogicalResult verifyWeights(func::FuncOp function) {
  llvm::MapVector<StringRef, Weight> weights;
  for (auto op : function.getOps<ParameterOp>()) {
    int64_t stored = getProduct(getStoredShape(op));
    Weight &weight = weights[op.getName()];
    if (!weight.ops.empty() && weight.stored != stored) {
      InFlightDiagnostic error = op.emitOpError()
                                 << "expects the stored weight '" << op.getName() << "' to have "
                                 << weight.stored << " elements, got " << stored;
      error.attachNote(weight.ops.front().getLoc()) << "first used here";
      return error;
    }
    weight.stored = stored;
    if (!weight.parts.insert(getElements(op)).second)
      continue;
    weight.covered += getProduct(getGlobalShape(op.getType()).getNumbers());
    weight.ops.push_back(op);
  }
  for (auto &[name, weight] : weights)
    if (failed(verifyCoverage(weight)))
      return failure();
  return success();
}

/// On each mesh the shards of a parameter tile it: the boxes of devices that differ along its axes
/// add up to it.
static LogicalResult verifyShards(func::FuncOp function) {
  llvm::DenseSet<Attribute> checked;
  SymbolTableCollection symbols;
  for (auto op : function.getOps<ParameterOp>()) {
    DistAttr dist = getDist(op.getType());
    if (!dist || !checked.insert(dist).second)
      continue;
    Layout layout = *Layout::get(symbols, op, op.getType());
    double held = 0, wanted = static_cast<double>(layout.getNumReplicas());
    for (int64_t device = 0; device < layout.getNumDevices(); ++device)
      held += getNumElements(layout.getBox(device));
    for (int64_t size : layout.getShape())
      wanted *= static_cast<double>(size);
    if (held == wanted)
      continue;
    InFlightDiagnostic error = op.emitOpError()
                               << "expects the shards of '" << op.getName() << "' to hold "
                               << wanted << " elements, got " << held;
    error.attachNote(layout.getMesh().getLoc()) << "mesh declared here";
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
  SymbolTableCollection symbols;
  for (auto op : function.getOps<SendOp>()) {
    RankedTensorType sent = op.getOperand().getType(),
                     payload = op.getMessage().getType().getPayload();
    if (!checked.insert({getDist(sent), getDist(payload)}).second)
      continue;
    Layout source = *Layout::get(symbols, op, sent), target = *Layout::get(symbols, op, payload);
    SmallVector<double> received(target.getNumDevices(), 0);
    for (const TransferPiece &piece : getTransferPieces(source, target))
      received[piece.receiver] += piece.elements;
    for (auto [device, elements] : llvm::enumerate(received)) {
      double expected = getNumElements(target.getBox(device));
      if (elements != expected)
        return op.emitOpError() << "expects device " << target.getMesh().getDevices()[device]
                                << " to receive " << expected << " elements, got " << elements;
    }
  }
  return success();
}

/// Ops of other dialects have no verifier that knows distributions.
static LogicalResult verifyForeignOps(func::FuncOp function) {
  SymbolTableCollection symbols;
  WalkResult result = function.walk([&](Operation *op) {
    auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
    if (!sharded || isa<DagrtDialect>(op->getDialect()))
      return WalkResult::advance();
    bool isWrong = failed(verifyLogicalByRule(op)) || failed(verifyPlacedByRule(op, symbols));
    return isWrong ? WalkResult::interrupt() : WalkResult::advance();
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
