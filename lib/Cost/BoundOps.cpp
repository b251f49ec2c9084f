//===- BoundOps.cpp - Ops whose sizes are numbers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The copies stand in a module of their own, beside copies of the meshes that they name.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/BoundOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dagrt;

static bool isSymbolic(Type type) {
  if (auto message = dyn_cast<MessageType>(type))
    type = message.getPayload();
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && !tensor.hasStaticShape();
}

/// Calls `visit` with each attribute of `op` that is a size with names in it, until it returns
/// true.
static bool findSymbolicAttr(Operation *op, function_ref<bool(StringAttr, SizeAttr)> visit) {
  for (StringAttr name : op->getName().getAttributeNames()) {
    auto size = dyn_cast_if_present<SizeAttr>(op->getInherentAttr(name).value_or(Attribute()));
    if (size && !size.isConstant() && visit(name, size))
      return true;
  }
  return false;
}

bool dagrt::dependsOnSizes(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isSymbolic) ||
         llvm::any_of(op->getResultTypes(), isSymbolic) ||
         findSymbolicAttr(op, [](StringAttr, SizeAttr) { return true; });
}

SizeNotes::SizeNotes(Operation *op, SizeBinding binding)
    : ScopedDiagnosticHandler(op->getContext()) {
  if (!binding.empty())
    setHandler([binding = std::move(binding)](Diagnostic &diagnostic) -> LogicalResult {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        diagnostic.attachNote() << "with " << binding.str();
      // Its printer comes next.
      return failure();
    });
}

BoundOps::BoundOps(ArrayRef<Operation *> originals) {
  for (Operation *op : originals)
    ops.push_back(dependsOnSizes(op) ? copy(op) : op);
}

/// Makes the module, with the meshes, grids and other declarations around `op`.
static OwningOpRef<ModuleOp> createScratch(Operation *op) {
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(op->getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(scratch->getBody());
  if (Operation *table = SymbolTable::getNearestSymbolTable(op))
    for (Operation &declaration : table->getRegion(0).getOps())
      if (isa<SymbolOpInterface>(declaration) && declaration.getNumRegions() == 0)
        builder.clone(declaration);
  auto function = func::FuncOp::create(builder, op->getLoc(), "scratch",
                                       builder.getFunctionType(TypeRange(), TypeRange()));
  function.getBody().emplaceBlock();
  return scratch;
}

Operation *BoundOps::copy(Operation *op) {
  if (!scratch) {
    scratch = createScratch(op);
    body = &cast<func::FuncOp>(scratch->getBody()->back()).getBody().front();
  }
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapOperand(operand, mapping);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured)
    mapOperand(value, mapping);
  Operation *copied = OpBuilder::atBlockEnd(body).clone(*op, mapping);
  for (Value result : copied->getResults())
    addSymbolicValue(result, op);
  findSymbolicAttr(copied, [&](StringAttr name, SizeAttr size) {
    symbolicAttrs.push_back({copied, name, size, op});
    return false;
  });
  for (Region &region : copied->getRegions())
    region.walk([&](Block *block) {
      for (Value argument : block->getArguments())
        addSymbolicValue(argument, op);
      for (Operation &inner : *block)
        for (Value result : inner.getResults())
          addSymbolicValue(result, op);
    });
  return copied;
}

void BoundOps::mapOperand(Value operand, IRMapping &mapping) {
  if (mapping.contains(operand))
    return;
  Operation *producer = operand.getDefiningOp();
  if (producer && producer->getNumOperands() == 0 && producer->getNumRegions() == 0 &&
      getElementTypeOrSelf(operand).isInteger()) {
    auto [it, isNew] = sources.try_emplace(producer);
    if (isNew) {
      it->second = OpBuilder::atBlockEnd(body).clone(*producer);
      for (Value result : it->second->getResults())
        addSymbolicValue(result, producer);
    }
    mapping.map(producer->getResults(), it->second->getResults());
    return;
  }
  Value argument = body->addArgument(operand.getType(), operand.getLoc());
  addSymbolicValue(argument, producer ? producer : operand.getParentBlock()->getParentOp());
  mapping.map(operand, argument);
}

void BoundOps::addSymbolicValue(Value value, Operation *source) {
  if (isSymbolic(value.getType()))
    symbolicValues.push_back({value, value.getType(), source});
}

LogicalResult BoundOps::bind(const SizeBinding &binding) {
  for (auto &[op, name, size, source] : symbolicAttrs) {
    FailureOr<int64_t> number =
        size.evaluate(binding, [source = source]() { return source->emitOpError(); });
    if (failed(number))
      return failure();
    op->setInherentAttr(name, SizeAttr::getConstant(op->getContext(), *number));
  }
  if (symbolicValues.empty())
    return success();
  SizeBinder binder(*scratch, binding);
  // Equal ops have equal types. Looked up only; never iterated.
  llvm::DenseMap<Type, Type> known;
  for (auto &[value, type, source] : symbolicValues) {
    Type &bound = known[type];
    if (!bound) {
      FailureOr<Type> result =
          binder.bind(type, [source = source]() { return source->emitOpError(); });
      if (failed(result))
        return failure();
      bound = *result;
    }
    value.setType(bound);
  }
  return success();
}
