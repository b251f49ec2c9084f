//===- BindSizes.cpp - Numbers for symbolic sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every tensor type with symbolic sizes is made again from its global shape, so that a bound
// program has the very types that the partitioner makes of numbers; expressions elsewhere
// (offsets of slices) become constants.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/LogicalTotals.h"
#include "dagrt/IR/Passes.h"
#include "dagrt/IR/Sizes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_BINDSIZESPASS
#include "dagrt/IR/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// SizeBinder
//===----------------------------------------------------------------------===//

SizeBinder::SizeBinder(Operation *symbols, const SizeBinding &sizes)
    : symbols(symbols), sizes(sizes) {
  replacer.addReplacement([this](SizeAttr size) -> std::optional<std::pair<Attribute, WalkResult>> {
    if (size.isConstant())
      return std::make_pair(Attribute(size), WalkResult::skip());
    FailureOr<int64_t> number = size.evaluate(this->sizes, emitError);
    hasFailed |= failed(number);
    Attribute bound = failed(number) ? size : SizeAttr::getConstant(size.getContext(), *number);
    return std::make_pair(bound, WalkResult::skip());
  });
  replacer.addReplacement(
      [this](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
        if (getGlobalShape(type).getSymbols().empty())
          return std::make_pair(Type(type), WalkResult::skip());
        FailureOr<RankedTensorType> bound = bindTensor(type);
        hasFailed |= failed(bound);
        return std::make_pair(Type(failed(bound) ? type : *bound), WalkResult::skip());
      });
}

MeshOp SizeBinder::getMesh(FlatSymbolRefAttr name) {
  Operation *&mesh = meshes[name];
  if (!mesh)
    mesh = lookupMesh(symbols, name).getOperation();
  return cast_if_present<MeshOp>(mesh);
}

FailureOr<RankedTensorType> SizeBinder::bindTensor(RankedTensorType type) {
  SmallVector<int64_t> shape;
  for (SizeAttr size : getGlobalSizes(type)) {
    FailureOr<int64_t> number = size.evaluate(sizes, emitError);
    if (failed(number))
      return failure();
    if (*number < 0)
      return emitError() << "expects sizes that are not negative, got " << size.str() << " = "
                         << *number << " at " << sizes.str();
    shape.push_back(*number);
  }
  DistAttr dist = getDist(type);
  if (!dist)
    return getLogicalType(shape, type.getElementType());
  MeshOp mesh = getMesh(dist.getMesh());
  if (!mesh)
    return emitError() << "expects " << type << " to lie on a mesh of this module, got '"
                       << dist.getMesh() << "'";
  return Layout(mesh, shape, dist.getDims(), dist.getPartial()).getType(type.getElementType());
}

FailureOr<Type> SizeBinder::bind(Type type, SizeBinding::EmitError where) {
  emitError = where;
  hasFailed = false;
  Type bound = replacer.replace(type);
  emitError = {};
  if (hasFailed)
    return failure();
  return bound;
}

LogicalResult SizeBinder::bind(Operation *root) {
  hasFailed = false;
  WalkResult result = root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    auto where = [&]() { return op->emitOpError(); };
    emitError = where;
    replacer.replaceElementsIn(op, /*replaceAttrs=*/true, /*replaceLocs=*/false,
                               /*replaceTypes=*/true);
    emitError = {};
    return hasFailed ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

FailureOr<Type> dagrt::bindType(Type type, const SizeBinding &sizes, Operation *symbols,
                                SizeBinding::EmitError emitError) {
  return SizeBinder(symbols, sizes).bind(type, emitError);
}

//===----------------------------------------------------------------------===//
// Micro-batches
//===----------------------------------------------------------------------===//

MicrobatchSizes::MicrobatchSizes(Operation *root) {
  // Ops of a micro-batch have few types; each is looked into once.
  llvm::DenseSet<std::pair<int64_t, Type>> seen;
  root->walk([&](Operation *op) {
    RoleAttr role = getRole(op);
    if (!role || !role.hasMicrobatch())
      return;
    for (Type type : op->getResultTypes()) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || tensor.hasStaticShape() || !seen.insert({role.getMicrobatch(), type}).second)
        continue;
      for (SizeAttr size : getGlobalSizes(tensor))
        if (size && !size.isConstant())
          sizesOf[role.getMicrobatch()].insert(size);
    }
  });
}

LogicalResult MicrobatchSizes::check(const SizeBinding &sizes,
                                     SizeBinding::EmitError emitError) const {
  auto isEmpty = [&](SizeAttr size) {
    FailureOr<int64_t> number = size.evaluate(sizes, []() { return InFlightDiagnostic(); });
    return succeeded(number) && *number == 0;
  };
  size_t filled = llvm::count_if(
      sizesOf, [&](const auto &entry) { return llvm::none_of(entry.second, isEmpty); });
  if (filled == sizesOf.size())
    return success();
  return emitError() << "expects at most " << filled << " micro-batch"
                     << (filled == 1 ? "" : "es, one for each element of the batch") << ", got "
                     << sizesOf.size() << " at " << sizes.str()
                     << "; bind a larger batch, or partition into fewer micro-batches";
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// True if `sizes` says the same of all names that `held` has.
static bool holdsAt(const SizeBinding &held, const SizeBinding &sizes) {
  return llvm::all_of(held, [&](const SizeBinding::Entry &entry) {
    return sizes.lookup(entry.first) == entry.second;
  });
}

/// The totals of a bound function: as they were if they hold at `sizes`, else counted.
static LogicalAttr bindTotals(func::FuncOp function, LogicalAttr totals, const SizeBinding &sizes) {
  double flops = totals.getFlops();
  if (!holdsAt(getSizeBinding(totals.getSizes()), sizes))
    flops = getLogicalTotals(function).flops;
  return LogicalAttr::get(function.getContext(), flops, totals.getParameters(), DictionaryAttr());
}

LogicalResult dagrt::bindSizes(ModuleOp module, const SizeBinding &sizes) {
  WalkResult filled = module.walk([&](func::FuncOp function) {
    auto where = [&]() { return function.emitOpError(); };
    return WalkResult(MicrobatchSizes(function).check(sizes, where));
  });
  if (filled.wasInterrupted())
    return failure();
  module->removeAttr(DagrtDialect::kSizesAttrName);
  if (failed(SizeBinder(module, sizes).bind(module)))
    return failure();
  module.walk([&](func::FuncOp function) {
    // Costs that were computed at other sizes no longer have the fingerprints of their ops.
    function->removeAttr(DagrtDialect::kCostsAtAttrName);
    auto totals = function->getAttrOfType<LogicalAttr>(DagrtDialect::kLogicalAttrName);
    if (totals && totals.getSizes())
      function->setAttr(DagrtDialect::kLogicalAttrName, bindTotals(function, totals, sizes));
  });
  return success();
}

namespace {
struct BindSizes final : dagrt::impl::BindSizesPassBase<BindSizes> {
  using BindSizesPassBase::BindSizesPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<SizeBinding> binding =
        readSizes(module, sizes, [&]() { return emitError(module.getLoc()); });
    if (failed(binding) || failed(bindSizes(module, *binding)))
      return signalPassFailure();
    auto options = remark::RemarkOpts::name("SizeBound").category("bind-sizes");
    for (const auto &[name, number] : *binding)
      remark::passed(module.getLoc(), options)
          << remark::add("{0} is {1}", name, number) << remark::metric("Size", number);
  }
};
} // namespace
