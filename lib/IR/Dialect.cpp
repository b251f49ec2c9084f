//===- Dialect.cpp - Registration of the dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registration, the bytecode version, and the rules for the dialect's attributes on
// other dialects' ops.
//
//===----------------------------------------------------------------------===//

#include "BytecodeVersion.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dagrt;

#include "dagrt/IR/DagrtDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dagrt/IR/DagrtTypes.cpp.inc"

#include "dagrt/IR/DagrtInterfaces.cpp.inc"

namespace {
/// Version of the dialect that wrote a bytecode file; compared when one is read.
struct Version final : DialectVersion {
  explicit Version(uint64_t number) : number(number) {}
  uint64_t number;
};

/// Attributes and types are stored as text; only the version is ours.
struct BytecodeInterface final : BytecodeDialectInterface {
  explicit BytecodeInterface(Dialect *dialect) : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(kBytecodeVersion);
  }

  std::unique_ptr<DialectVersion> readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number = 0;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    if (number > kBytecodeVersion) {
      reader.emitError() << "expects dagrt bytecode of version " << kBytecodeVersion
                         << " or earlier, got version " << number;
      return nullptr;
    }
    return std::make_unique<Version>(number);
  }
};
} // namespace

uint64_t dagrt::getBytecodeVersion(DialectBytecodeReader &reader) {
  FailureOr<const DialectVersion *> version = reader.getDialectVersion<DagrtDialect>();
  return succeeded(version) && *version ? static_cast<const Version *>(*version)->number
                                        : kBytecodeVersion;
}

void DagrtDialect::initialize() {
  registerAttributes();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dagrt/IR/DagrtTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dagrt/IR/DagrtOps.cpp.inc"
      >();
  addInterfaces<BytecodeInterface>();
}

RoleAttr dagrt::getRole(Operation *op) {
  return op->getAttrOfType<RoleAttr>(DagrtDialect::kRoleAttrName);
}

CostAttr dagrt::getCost(Operation *op) {
  return op->getAttrOfType<CostAttr>(DagrtDialect::kCostAttrName);
}

/// A placed function says how its arguments and results are sharded; a result is a complete sum.
LogicalResult LogicalAttr::verifySymbolUses(Operation *op, SymbolTableCollection &symbols) const {
  auto function = dyn_cast<func::FuncOp>(op);
  if (!function)
    return success();
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (failed(verifyPlacedType(op, type, "argument #" + Twine(i), symbols)))
      return failure();
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    if (failed(verifyPlacedType(op, type, "result #" + Twine(i), symbols)))
      return failure();
    DistAttr dist = getDist(type);
    if (!dist || !dist.isPartial())
      continue;
    InFlightDiagnostic error = op->emitOpError() << "expects result #" << i
                                                 << " not to be partial, got a sum not yet "
                                                    "reduced over "
                                                 << dist.getPartial().str();
    if (!function.isExternal() && !function.getBody().front().empty())
      error.attachNote(function.getBody().front().back().getLoc())
          << "returned here; 'dagrt.all_reduce' completes it";
    return error;
  }
  return success();
}

/// A module's named sizes each have a default.
static LogicalResult verifyDefaultSizes(Operation *op, Attribute attribute) {
  StringRef name = DagrtDialect::kSizesAttrName;
  auto sizes = dyn_cast<DictionaryAttr>(attribute);
  if (!isa<ModuleOp>(op) || !sizes)
    return op->emitOpError() << "expects '" << name << "' to be a dictionary on a module, got "
                             << attribute;
  for (NamedAttribute entry : sizes) {
    if (!SizeAttr::isName(entry.getName()))
      return op->emitOpError() << "expects names in '" << name
                               << "' of letters, digits and '_' that are no operators, got '"
                               << entry.getName().getValue() << "'";
    auto number = dyn_cast<IntegerAttr>(entry.getValue());
    if (!number || !number.getType().isInteger(64) || number.getInt() < 1)
      return op->emitOpError() << "expects '" << entry.getName().getValue() << "' in '" << name
                               << "' to be an i64 of at least 1, got " << entry.getValue();
  }
  return success();
}

LogicalResult DagrtDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  auto expect = [&](bool holds, StringRef kind) -> LogicalResult {
    if (holds)
      return success();
    return op->emitOpError() << "expects '" << name << "' to be a " << kind << " attribute, got "
                             << attribute.getValue();
  };
  if (name == kRoleAttrName)
    return expect(isa<RoleAttr>(attribute.getValue()), "#dagrt.role");
  if (name == kCostAttrName)
    return expect(isa<CostAttr>(attribute.getValue()), "#dagrt.cost");
  if (name == kClusterAttrName)
    return expect(isa<ClusterAttr>(attribute.getValue()), "#dagrt.cluster");
  if (name == kTimingAttrName)
    return expect(isa<TimingAttr>(attribute.getValue()), "#dagrt.timing");
  if (name == kSizesAttrName)
    return verifyDefaultSizes(op, attribute.getValue());
  if (name == kCostModelAttrName) {
    auto names = dyn_cast<DictionaryAttr>(attribute.getValue());
    return expect(
        names && llvm::all_of(
                     names, [](NamedAttribute entry) { return isa<StringAttr>(entry.getValue()); }),
        "dictionary of strings");
  }
  if (name == kCostsAtAttrName)
    return expect(isa<DictionaryAttr>(attribute.getValue()), "dictionary");
  if (name == kLogicalAttrName) {
    if (failed(expect(isa<LogicalAttr>(attribute.getValue()), "#dagrt.logical")))
      return failure();
    if (!isa<func::FuncOp>(op))
      return op->emitOpError() << "expects '" << name << "' on a function";
    return success();
  }
  return success();
}

LogicalResult MessageType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  RankedTensorType payload) {
  if (getDist(payload))
    return success();
  return emitError() << "expects a placed payload, got " << payload;
}

static LogicalResult verifySlots(Operation *op, const Twine &where, NamedAttribute attribute) {
  if (isa<SlotsAttr>(attribute.getValue()))
    return success();
  return op->emitOpError() << "expects '" << attribute.getName().getValue() << "' of " << where
                           << " to be a #dagrt.slots attribute, got " << attribute.getValue();
}

/// An argument has a role as an op has one: a strategy says by it where the value lies.
LogicalResult DagrtDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument,
                                                     NamedAttribute attribute) {
  if (attribute.getName() == kSlotsAttrName)
    return verifySlots(op, "argument #" + Twine(argument), attribute);
  if (attribute.getName() != kRoleAttrName || isa<RoleAttr>(attribute.getValue()))
    return success();
  return op->emitOpError() << "expects '" << kRoleAttrName << "' of argument #" << argument
                           << " to be a #dagrt.role attribute, got " << attribute.getValue();
}

/// A result has the memory of an argument of its own type.
LogicalResult DagrtDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned result,
                                                        NamedAttribute attribute) {
  if (attribute.getName() == kSlotsAttrName)
    return verifySlots(op, "result #" + Twine(result), attribute);
  if (attribute.getName() != kUpdatesAttrName)
    return success();
  auto function = dyn_cast<FunctionOpInterface>(op);
  auto number = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!function || !number || !number.getType().isInteger(64) || number.getInt() < 0 ||
      number.getInt() >= static_cast<int64_t>(function.getNumArguments()))
    return op->emitOpError() << "expects '" << kUpdatesAttrName << "' of result #" << result
                             << " to be the number of an argument, an i64, got "
                             << attribute.getValue();
  Type updated = function.getArgumentTypes()[number.getInt()];
  Type type = function.getResultTypes()[result];
  if (type == updated)
    return success();
  return op->emitOpError() << "expects result #" << result << " to have the type of argument #"
                           << number.getInt() << ", which it updates, " << updated << ", got "
                           << type;
}
