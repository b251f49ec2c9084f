//===- ConvertDagrtToLinalg.cpp - The dialect to linalg -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A logical program becomes linalg, tensor, arith and math on tensors of its shapes. A placed one
// becomes the same with the devices of each mesh as a first dim: one program that computes what all
// devices do, as large for two devices as for a thousand. What cannot be converted is found first,
// and reported where it stands. Linear in the number of ops.
//
//===----------------------------------------------------------------------===//

#include "../EmptyTensors.h"
#include "MeshFactors.h"
#include "Patterns.h"
#include "dagrt/Lower/LowerInterfaces.h"
#include "dagrt/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_CONVERTDAGRTTOLINALGPASS
#include "dagrt/Lower/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LinalgTypeConverter::LinalgTypeConverter(ModuleOp module, bool toF64) : toF64(toF64) {
  addConversion([](Type type) { return type; });
  if (toF64)
    addConversion([](FloatType type) -> Type { return Float64Type::get(type.getContext()); });
  addConversion([this, module](RankedTensorType type) -> std::optional<Type> {
    SmallVector<int64_t> shape;
    DistAttr dist = getDist(type);
    if (dist) {
      MeshOp mesh = lookupMesh(module, dist.getMesh());
      if (!mesh)
        return Type();
      shape.push_back(mesh.getNumDevices());
    }
    llvm::append_range(shape, type.getShape());
    // Buffers have strides only where no dim but the first is empty.
    if (llvm::is_contained(shape, 0)) {
      llvm::replace(shape, 0, 1);
      shape.front() = 0;
    }
    // Encodings of others stay, and with them the ops that need them.
    return RankedTensorType::get(shape, convertType(type.getElementType()),
                                 dist ? Attribute() : type.getEncoding());
  });
  addConversion([this](MessageType type) { return convertType(type.getPayload()); });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static constexpr StringLiteral kPurpose = " to convert it to linalg, got ";

/// Beyond this, sizes would overflow.
static constexpr int64_t kMostElements = int64_t(1) << 48;

/// Element types that compiled code computes with.
static bool isNative(Type type) {
  return !isa<FloatType>(type) || isa<Float64Type, Float32Type, Float16Type, BFloat16Type>(type);
}

/// A type the conversion can change. `what` names the value.
static LogicalResult checkType(Operation *op, Type type, const Twine &what, bool toF64,
                               SymbolTableCollection &symbols) {
  if (auto message = dyn_cast<MessageType>(type))
    type = message.getPayload();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return success();
  if (!tensor.hasStaticShape() || ShapedType::isDynamicShape(getGlobalShape(tensor)))
    return op->emitError() << "expects " << what << " to have a static shape" << kPurpose << type
                           << "; give named sizes numbers with --dagrt-bind-sizes, or import the "
                              "model with numbers";
  if (!toF64 && !isNative(tensor.getElementType()))
    return op->emitError() << "expects " << what << " to have elements of f64, f32, f16 or bf16"
                           << kPurpose << type
                           << "; with element-type=f64 any float is computed in f64";
  DistAttr dist = getDist(tensor);
  if (dist && failed(verifyPlacedType(op, tensor, what, symbols)))
    return failure();
  int64_t elements = dist ? lookupMesh(op, dist.getMesh(), symbols).getNumDevices() : 1;
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(elements, std::max<int64_t>(size, 1), elements) ||
        elements > kMostElements)
      return op->emitError() << "expects " << what
                             << " to have at most 2^48 elements on all devices" << kPurpose << type;
  if (!dist)
    return success();
  SmallVector<AxesAttr> uses(dist.getDims());
  uses.push_back(dist.getPartial());
  if (!MeshFactors::get(lookupMesh(op, dist.getMesh(), symbols), uses))
    return op->emitError() << "expects " << what << " to use parts of an axis that nest" << kPurpose
                           << type;
  return success();
}

/// Ops of other dialects pass if nothing about them changes, if they are elementwise, or if their
/// dialect brings patterns.
static LogicalResult checkForeignOp(Operation *op, const TypeConverter &converter) {
  Dialect *dialect = op->getDialect();
  if (dialect && dialect->getRegisteredInterface<ToLinalgDialectInterface>())
    return success();
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (isa<func::ReturnOp, func::CallOp>(op) || converter.isLegal(op) ||
      (constant && isa<DenseIntOrFPElementsAttr>(constant.getValue())) ||
      (!constant && OpTrait::hasElementwiseMappableTraits(op)))
    return success();
  InFlightDiagnostic error = op->emitError();
  if (constant)
    return error << "expects dense elements" << kPurpose << constant.getValue();
  bool placed =
      llvm::any_of(op->getOperandTypes(), getDist) || llvm::any_of(op->getResultTypes(), getDist);
  return error << "expects an op that has a meaning "
               << (placed ? "in placed form" : "with elements of f64") << kPurpose << "'"
               << op->getName() << "'";
}

static LogicalResult checkOp(Operation *op, const LinalgTypeConverter &converter,
                             SymbolTableCollection &symbols) {
  if (isa<ParameterOp>(op))
    return op->emitError() << "expects parameters as arguments" << kPurpose
                           << "'dagrt.parameter'; '--dagrt-hoist-parameters' makes them";
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result #" + Twine(i), converter.isToF64(), symbols)))
      return failure();
  auto limited = dyn_cast<ToLinalgOpInterface>(op);
  if (limited && failed(limited.verifyToLinalg()))
    return failure();
  return isa_and_nonnull<DagrtDialect>(op->getDialect()) ? checkEmptyOperands(op)
                                                         : checkForeignOp(op, converter);
}

/// Emits an error at the first thing in `func` that cannot be converted.
static LogicalResult check(func::FuncOp func, const LinalgTypeConverter &converter) {
  SymbolTableCollection symbols;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (failed(checkType(func, type, "argument #" + Twine(i), converter.isToF64(), symbols)))
      return failure();
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    if (failed(checkType(func, type, "result #" + Twine(i), converter.isToF64(), symbols)))
      return failure();
  if (func.isExternal())
    return success();
  if (!func.getBody().hasOneBlock())
    return func.emitError() << "expects a body of one block" << kPurpose
                            << llvm::range_size(func.getBody()) << " blocks";
  for (Operation &op : func.getBody().front())
    if (failed(checkOp(&op, converter, symbols)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// The ops of `module` that are to be converted.
static int64_t countOps(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](Operation *op) {
    count += isa_and_nonnull<DagrtDialect>(op->getDialect()) && !isa<MeshOp>(op);
  });
  return count;
}

namespace {
struct ConvertDagrtToLinalg final
    : dagrt::impl::ConvertDagrtToLinalgPassBase<ConvertDagrtToLinalg> {
  using ConvertDagrtToLinalgPassBase::ConvertDagrtToLinalgPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    LinalgTypeConverter converter(module, elementType == ElementTypes::F64);
    for (auto func : module.getOps<func::FuncOp>()) {
      replaceEmptyTensors(func);
      if (failed(check(func, converter)))
        return signalPassFailure();
    }

    int64_t numOps = countOps(module);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([&](Operation *op) { return converter.isLegal(op); });
    target.addIllegalDialect<DagrtDialect>();
    target.addLegalOp<MeshOp, ModuleOp>();
    target.addDynamicallyLegalOp<func::FuncOp>(
        [&](func::FuncOp func) { return converter.isSignatureLegal(func.getFunctionType()); });
    RewritePatternSet patterns(&getContext());
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns, converter);
    populateCallOpTypeConversionPattern(patterns, converter);
    populateReturnOpTypeConversionPattern(patterns, converter);
    populateAttentionPatterns(converter, patterns);
    populateAttentionMergePatterns(converter, patterns);
    populateCachePatterns(converter, patterns);
    populateCommunicationPatterns(converter, patterns);
    populateElementwisePatterns(converter, patterns);
    populateEmbeddingPatterns(converter, patterns);
    populateMatmulPatterns(converter, patterns);
    populateMovementPatterns(converter, patterns);
    populateNormPatterns(converter, patterns);
    populateRopePatterns(converter, patterns);
    populateStructurePatterns(converter, patterns);
    populateUpstreamPatterns(converter, patterns);
    for (Dialect *dialect : getContext().getLoadedDialects())
      if (auto *other = dialect->getRegisteredInterface<ToLinalgDialectInterface>())
        other->populatePatterns(converter, patterns);
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      return signalPassFailure();
    remark::analysis(module.getLoc(),
                     remark::RemarkOpts::name("OpsConverted").category("convert-dagrt-to-linalg"))
        << remark::add("{0} ops compute in {1}", numOps,
                       elementType == ElementTypes::F64 ? "f64" : "their own types")
        << remark::metric("Ops", numOps);
    // Totals and clusters are those of the program before.
    for (auto func : module.getOps<func::FuncOp>()) {
      func->removeAttr(DagrtDialect::kLogicalAttrName);
      func->removeAttr(DagrtDialect::kClusterAttrName);
    }
    // No type names a mesh any more.
    for (MeshOp mesh : llvm::make_early_inc_range(module.getOps<MeshOp>()))
      mesh.erase();
  }
};
} // namespace
