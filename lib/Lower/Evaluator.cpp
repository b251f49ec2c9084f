//===- Evaluator.cpp - Runs both forms of a program in f64 -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pass over the block. A value is dropped after its last use, and the memory estimate walks
// the block with the same rule, so it is the peak and not the sum. Linear in the number of ops.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Evaluator.h"
#include "CarriedType.h"
#include "SeededValues.h"
#include "dagrt/IR/Padding.h"
#include "dagrt/Lower/LowerInterfaces.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <list>

using namespace mlir;
using namespace dagrt;

static Placement getPlacement(Operation *from, Value value) {
  return Placement::get(from, getCarriedType(value.getType()));
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static bool isKnown(Operation *op) {
  return isa<LocalComputeOpInterface, PlacedEvaluationOpInterface, func::ReturnOp>(op);
}

/// A static tensor of floats or integers, consistently placed. `what` names the value.
static LogicalResult checkType(Operation *op, Type type, const Twine &what,
                               SymbolTableCollection &symbols) {
  RankedTensorType tensor = getCarriedType(type);
  if (!tensor || !(isa<FloatType, IntegerType>(tensor.getElementType())))
    return op->emitOpError() << "expects " << what << " to be a tensor of numbers to evaluate it, "
                             << "got " << type;
  if (!tensor.hasStaticShape() || ShapedType::isDynamicShape(getGlobalShape(tensor)))
    return op->emitOpError() << "expects " << what << " to have a static shape to evaluate it, got "
                             << type
                             << "; give named sizes numbers with --dagrt-bind-sizes, or import the "
                                "model with numbers";
  if (failed(verifyPlacedType(op, tensor, what, symbols)))
    return failure();
  // Every device has arrays of its own, and a collective looks at all pairs of them.
  constexpr int64_t kMostDevices = 1024;
  int64_t devices = Placement::get(op, tensor).getNumDevices();
  if (devices > kMostDevices)
    return op->emitOpError() << "expects " << what << " on at most " << kMostDevices
                             << " devices to evaluate it, got " << devices;
  return success();
}

static LogicalResult checkOp(Operation *op, SymbolTableCollection &symbols) {
  if (!isKnown(op))
    return op->emitError() << "expects an op that the evaluator knows, got '" << op->getName()
                           << '\'';
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result #" + Twine(i), symbols)))
      return failure();
  auto placed = dyn_cast<PlacedEvaluationOpInterface>(op);
  if (placed && failed(placed.verifyEvaluable()))
    return failure();
  return success();
}

LogicalResult dagrt::checkSignature(func::FuncOp func) {
  SymbolTableCollection symbols;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    if (failed(checkType(func, type, "argument #" + Twine(i), symbols)))
      return failure();
    DistAttr dist = getDist(type);
    if (isa<MessageType>(type) || (dist && dist.isPartial()))
      return func.emitOpError() << "expects argument #" << i
                                << " to be a global value to evaluate it, got " << type;
    if (failed(getHoistedParameter(func, i)))
      return failure();
  }
  for (auto [i, type] : llvm::enumerate(func.getResultTypes())) {
    if (failed(checkType(func, type, "result #" + Twine(i), symbols)))
      return failure();
    if (isa<MessageType>(type))
      return func.emitOpError() << "expects result #" << i << " to be a tensor to evaluate it, got "
                                << type;
  }
  return success();
}

LogicalResult dagrt::checkEvaluable(func::FuncOp func, const EvaluatorOptions &options) {
  if (!func.getBody().hasOneBlock())
    return func.emitOpError() << "expects a body of one block to evaluate it, got "
                              << llvm::range_size(func.getBody()) << " blocks";
  if (failed(checkSignature(func)))
    return failure();
  SymbolTableCollection symbols;
  for (Operation &op : func.getBody().front())
    if (failed(checkOp(&op, symbols)))
      return failure();
  return checkMemory(func.getLoc(), "evaluate", estimateMemory(func), options.memoryLimit);
}

LogicalResult dagrt::checkMemory(Location loc, StringRef how, double bytes, double limit) {
  if (bytes <= limit)
    return success();
  return emitError(loc)
         << "expects to " << how << " within " << formatBytes(limit) << ", got an estimate of "
         << formatBytes(bytes)
         << "; 'dagrt-translate --shrink' imports a small model of the same family (2 layers, "
            "heads of 8, a vocabulary of 101), which takes megabytes";
}

double dagrt::estimateInputMemory(func::FuncOp func) {
  double bytes = 0;
  for (const InputDescription &input : describeInputs(func)) {
    double size = sizeof(double);
    for (int64_t dim : input.shape)
      size *= static_cast<double>(dim);
    bytes += size;
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// Lifetimes
//===----------------------------------------------------------------------===//

/// Calls `visit` with each op of the block and the values that are used there for the last time,
/// or never.
static void forEachOp(Block &block,
                      function_ref<LogicalResult(Operation &op, ArrayRef<Value> finished)> visit) {
  llvm::DenseMap<Value, Operation *> lastUse;
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      lastUse[operand] = &op;
  for (Operation &op : block) {
    SmallVector<Value> finished;
    for (Value operand : op.getOperands())
      if (lastUse.lookup(operand) == &op && !llvm::is_contained(finished, operand))
        finished.push_back(operand);
    for (Value result : op.getResults())
      if (!lastUse.contains(result))
        finished.push_back(result);
    if (failed(visit(op, finished)))
      return;
  }
}

static double getBytes(Operation *from, Value value) {
  Placement placement = getPlacement(from, value);
  double bytes = sizeof(double) * static_cast<double>(placement.getNumDevices());
  for (int64_t size : placement.localShape)
    bytes *= static_cast<double>(size);
  return bytes;
}

double dagrt::estimateMemory(func::FuncOp func) {
  Block &block = func.getBody().front();
  double bytes = 0, peak = 0;
  for (BlockArgument argument : block.getArguments())
    bytes += getBytes(func, argument);
  forEachOp(block, [&](Operation &op, ArrayRef<Value> finished) {
    for (Value result : op.getResults())
      bytes += getBytes(&op, result);
    peak = std::max(peak, bytes);
    for (Value value : finished)
      bytes -= getBytes(&op, value);
    return success();
  });
  return std::max(peak, bytes);
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// Rounds what all devices hold to the element type of `type`.
static void roundToType(PlacedArray &value, Type type) {
  auto element = dyn_cast<FloatType>(getCarriedType(type).getElementType());
  if (!element || element.getWidth() >= 64)
    return;
  for (Array &local : value.locals)
    for (double &number : local.elements) {
      if (element.isF32()) {
        number = static_cast<float>(number);
        continue;
      }
      APFloat rounded(number);
      bool losesInfo;
      rounded.convert(element.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
      number = rounded.convertToDouble();
    }
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {
/// The values of one run.
class Evaluation {
public:
  Evaluation(func::FuncOp func, const EvaluatorOptions &options) : func(func), options(options) {}
  FailureOr<std::vector<Array>> run(ArrayRef<Array> inputs);

private:
  /// The results of an op.
  SmallVector<PlacedArray> evaluateOp(Operation *op);
  SmallVector<PlacedArray> evaluateLocal(LocalComputeOpInterface compute);
  LogicalResult collectResults(func::ReturnOp op);

  func::FuncOp func;
  const EvaluatorOptions &options;
  llvm::DenseMap<Value, PlacedArray> values;
  std::vector<Array> results;
};
} // namespace

/// What `device` holds of `value`, with zeros in the padding of `dims`.
static Array zeroPadding(const PlacedArray &value, int64_t device, ArrayRef<int64_t> dims) {
  Array array = value.locals[device];
  SmallVector<int64_t> origin = value.placement.getOrigin(device);
  ArrayRef<int64_t> of = value.placement.getGlobalShape();
  double *element = array.elements.data();
  forEachIndex(array.shape, [&](ArrayRef<int64_t> index) {
    if (llvm::any_of(dims, [&](int64_t dim) { return origin[dim] + index[dim] >= of[dim]; }))
      *element = 0;
    ++element;
  });
  return array;
}

SmallVector<PlacedArray> Evaluation::evaluateLocal(LocalComputeOpInterface compute) {
  Operation *op = compute;
  SmallVector<PlacedArray> results;
  SmallVector<SmallVector<int64_t>> shapes, padded;
  for (Value result : op->getResults()) {
    results.emplace_back(getPlacement(op, result));
    shapes.push_back(results.back().placement.localShape);
  }
  for (unsigned i = 0, e = op->getNumOperands(); i < e; ++i)
    padded.push_back(getContractedPadding(op, i));
  // All results lie on one mesh.
  int64_t devices = results.empty() ? 0 : results.front().placement.getNumDevices();
  for (int64_t device = 0; device < devices; ++device) {
    SmallVector<const Array *> operands;
    std::list<Array> cleared;
    for (auto [operand, dims] : llvm::zip_equal(op->getOperands(), padded)) {
      const PlacedArray &value = values.find(operand)->second;
      operands.push_back(&value.locals[device]);
      if (!dims.empty())
        operands.back() = &cleared.emplace_back(zeroPadding(value, device, dims));
    }
    for (auto [result, array] : llvm::zip_equal(results, compute.computeLocal(operands, shapes)))
      result.locals.push_back(std::move(array));
  }
  return results;
}

SmallVector<PlacedArray> Evaluation::evaluateOp(Operation *op) {
  if (auto compute = dyn_cast<LocalComputeOpInterface>(op))
    return evaluateLocal(compute);
  SmallVector<const PlacedArray *> operands;
  for (Value operand : op->getOperands())
    operands.push_back(&values.find(operand)->second);
  // The interface is for ops of one result.
  SmallVector<PlacedArray> results;
  for (Value result : op->getResults())
    results.push_back(cast<PlacedEvaluationOpInterface>(op).evaluatePlaced(
        operands, getPlacement(op, result), options.seed));
  return results;
}

/// Gathers the function's results.
LogicalResult Evaluation::collectResults(func::ReturnOp op) {
  for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
    if (failed(collectResult(op, i, values.find(operand)->second, options.replicaTolerance,
                             results.emplace_back())))
      return failure();
  }
  return success();
}

FailureOr<std::vector<Array>> Evaluation::run(ArrayRef<Array> inputs) {
  for (BlockArgument argument : func.getArguments()) {
    Placement placement = getPlacement(func, argument);
    std::optional<ParameterInfo> parameter = *getHoistedParameter(func, argument.getArgNumber());
    if (parameter) {
      values.try_emplace(argument, makeParameter(*parameter, placement, options.seed));
      continue;
    }
    values.try_emplace(argument, scatter(inputs.front(), placement));
    inputs = inputs.drop_front();
  }
  if (!options.toF64)
    for (auto &[argument, value] : values)
      roundToType(value, argument.getType());
  bool ok = true;
  forEachOp(func.getBody().front(), [&](Operation &op, ArrayRef<Value> finished) {
    if (auto terminator = dyn_cast<func::ReturnOp>(op)) {
      ok = succeeded(collectResults(terminator));
      return success(ok);
    }
    for (auto [result, array] : llvm::zip_equal(op.getResults(), evaluateOp(&op))) {
      PlacedArray &value = values.try_emplace(result, std::move(array)).first->second;
      if (!options.toF64)
        roundToType(value, result.getType());
    }
    for (Value value : finished)
      values.erase(value);
    return success();
  });
  if (!ok)
    return failure();
  return std::move(results);
}

FailureOr<std::vector<Array>> dagrt::evaluate(func::FuncOp func, ArrayRef<Array> inputs,
                                              const EvaluatorOptions &options) {
  return Evaluation(func, options).run(inputs);
}
