//===- HoistParameters.cpp - Parameters become arguments -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled code cannot make weights from names. It takes them as arguments, and an argument's
// attribute keeps what the op said of the weight. Linear in the number of ops.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/Passes.h"

#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_HOISTPARAMETERSPASS
#include "dagrt/Lower/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

ParameterInfo ParameterInfo::get(ParameterOp op) {
  return {op.getName(), static_cast<int64_t>(op.getFanIn()), op.getViewAttr()};
}

static DictionaryAttr describe(ParameterOp op) {
  Builder builder(op.getContext());
  NamedAttrList entries;
  entries.set("name", op.getNameAttr());
  entries.set("fan_in", builder.getI64IntegerAttr(op.getFanIn()));
  if (ViewAttr view = op.getViewAttr())
    entries.set("view", view);
  return entries.getDictionary(op.getContext());
}

LogicalResult dagrt::hoistParameters(func::FuncOp func) {
  if (func.isExternal())
    return success();
  SmallVector<ParameterOp> parameters;
  func.walk([&](ParameterOp op) { parameters.push_back(op); });
  if (parameters.empty())
    return success();
  if (!func.getBody().hasOneBlock())
    return func.emitOpError() << "expects a body of one block to hoist parameters, got "
                              << llvm::range_size(func.getBody()) << " blocks";
  for (ParameterOp op : parameters) {
    unsigned number = func.getNumArguments();
    NamedAttribute attribute(kParameterAttrName, describe(op));
    if (failed(func.insertArgument(number, op.getType(),
                                   DictionaryAttr::get(op.getContext(), attribute), op.getLoc())))
      return failure();
    op.replaceAllUsesWith(func.getArgument(number));
    op.erase();
  }
  return success();
}

FailureOr<std::optional<ParameterInfo>> dagrt::getHoistedParameter(func::FuncOp func,
                                                                   unsigned number) {
  Attribute attribute = func.getArgAttr(number, kParameterAttrName);
  if (!attribute)
    return std::optional<ParameterInfo>();
  ParameterInfo info;
  auto entries = dyn_cast<DictionaryAttr>(attribute);
  auto type = dyn_cast<RankedTensorType>(func.getArgumentTypes()[number]);
  auto name = entries ? entries.getAs<StringAttr>("name") : StringAttr();
  auto fanIn = entries ? entries.getAs<IntegerAttr>("fan_in") : IntegerAttr();
  info.view = entries ? entries.getAs<ViewAttr>("view") : ViewAttr();
  bool fits = type && (!info.view || info.view.getStrides().size() == getGlobalShape(type).size());
  if (!name || !fanIn || !fanIn.getType().isInteger(64) || fanIn.getInt() < 1 || !fits)
    return func.emitOpError() << "expects '" << kParameterAttrName << "' of argument #" << number
                              << " to have a name, a fan_in of at least 1 and no view or one with "
                                 "a stride for each dim, got "
                              << attribute;
  info.name = name.getValue();
  info.fanIn = fanIn.getInt();
  return std::optional<ParameterInfo>(info);
}

namespace {
struct HoistParameters final : dagrt::impl::HoistParametersPassBase<HoistParameters> {
  using HoistParametersPassBase::HoistParametersPassBase;

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      int64_t inputs = func.getNumArguments();
      if (failed(hoistParameters(func)))
        return signalPassFailure();
      int64_t hoisted = func.getNumArguments() - inputs;
      if (hoisted > 0)
        remark::passed(func.getLoc(), remark::RemarkOpts::name("ParametersHoisted")
                                          .category("hoist-parameters")
                                          .function(func.getSymName()))
            << remark::add("{0} parameters are arguments, after {1} inputs", hoisted, inputs)
            << remark::metric("Parameters", hoisted);
    }
  }
};
} // namespace
