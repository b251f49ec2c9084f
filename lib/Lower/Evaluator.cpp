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
#include "Kernels.h"
#include "PlacedArray.h"
#include "SeededValues.h"
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/Padding.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Support/Units.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/TypeSwitch.h"
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
  return isLocalCompute(op) ||
         isa<ParameterOp, PositionsOp, AlibiSlopesOp, AxisIndexOp, AllReduceOp, AllGatherOp,
             ReduceScatterOp, AllToAllOp, AllSliceOp, ShiftOp, SendOp, RecvOp, MatmulStepOp,
             arith::ConstantOp, func::ReturnOp>(op);
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
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (constant && !isa<DenseIntOrFPElementsAttr>(constant.getValue()))
    return op->emitOpError() << "expects dense elements to evaluate it, got "
                             << constant.getValue();
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
                                << " to be a whole value to evaluate it, got " << type;
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
// Inputs
//===----------------------------------------------------------------------===//

SmallVector<InputDescription> dagrt::describeInputs(func::FuncOp func) {
  SmallVector<InputDescription> inputs;
  for (BlockArgument argument : func.getArguments()) {
    if (func.getArgAttr(argument.getArgNumber(), kParameterAttrName))
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    InputDescription input;
    input.shape.append(getGlobalShape(type).begin(), getGlobalShape(type).end());
    input.isInteger = isa<IntegerType>(type.getElementType());
    if (input.isInteger)
      input.vocabulary = getVocabulary(argument);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

std::vector<Array> dagrt::makeInputs(func::FuncOp func, const EvaluatorOptions &options) {
  std::vector<Array> arrays;
  for (auto [number, input] : llvm::enumerate(describeInputs(func))) {
    Stream stream(options.seed, ("argument " + Twine(number)).str());
    Array array(input.shape);
    int64_t columns = input.shape.empty() ? 1 : input.shape.back();
    for (auto [i, element] : llvm::enumerate(array.elements)) {
      if (!input.isInteger)
        element = stream.getUniform(i);
      else if (input.vocabulary)
        element = stream.getInteger(i, std::max<int64_t>(*input.vocabulary, 1));
      else
        element = static_cast<double>(static_cast<int64_t>(i) % columns);
    }
    arrays.push_back(std::move(array));
  }
  return arrays;
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
  PlacedArray evaluateOp(Operation *op);
  PlacedArray evaluateLocal(Operation *op, Placement placement);
  PlacedArray evaluateStep(MatmulStepOp op, Placement placement);
  LogicalResult collectResults(func::ReturnOp op);

  /// The operand of an op that has one.
  const PlacedArray &getOperand(Operation *op) { return values.find(op->getOperand(0))->second; }

  func::FuncOp func;
  const EvaluatorOptions &options;
  llvm::DenseMap<Value, PlacedArray> values;
  std::vector<Array> results;
};
} // namespace

static PlacedArray evaluatePositions(PositionsOp op, Placement placement) {
  // The token that stands at each place; padding counts on, past the real tokens.
  SmallVector<int64_t> tokens;
  if (TokenOrderAttr order = op.getOrderAttr())
    for (auto [first, size] : order.getRuns(placement.getGlobalShape()[0]))
      for (int64_t i = 0; i < size; ++i)
        tokens.push_back(first + i);
  int64_t first = op.getFirst();
  return fillByIndex(std::move(placement), [&](ArrayRef<int64_t> index, bool isReal) {
    return static_cast<double>(first + (isReal && !tokens.empty() ? tokens[index[0]] : index[0]));
  });
}

static PlacedArray evaluateConstant(arith::ConstantOp op, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  auto elements = cast<DenseIntOrFPElementsAttr>(op.getValue());
  std::vector<double> numbers;
  if (isa<FloatType>(elements.getElementType()))
    for (APFloat number : elements.getValues<APFloat>()) {
      bool losesInfo;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      numbers.push_back(number.convertToDouble());
    }
  else
    for (const APInt &number : elements.getValues<APInt>())
      numbers.push_back(number.signedRoundToDouble());
  for (Array &local : result.locals)
    local.elements = numbers;
  return result;
}

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

PlacedArray Evaluation::evaluateLocal(Operation *op, Placement placement) {
  PlacedArray result(std::move(placement));
  SmallVector<SmallVector<int64_t>> padded;
  for (unsigned i = 0, e = op->getNumOperands(); i < e; ++i)
    padded.push_back(getContractedPadding(op, i));
  for (int64_t device = 0, e = result.placement.getNumDevices(); device < e; ++device) {
    SmallVector<const Array *> operands;
    std::list<Array> cleared;
    for (auto [operand, dims] : llvm::zip_equal(op->getOperands(), padded)) {
      const PlacedArray &value = values.find(operand)->second;
      operands.push_back(&value.locals[device]);
      if (!dims.empty())
        operands.back() = &cleared.emplace_back(zeroPadding(value, device, dims));
    }
    result.locals.push_back(computeLocal(op, operands, result.placement.localShape));
  }
  return result;
}

/// Each device multiplies what it holds of both operands, and adds it to what it holds of the
/// result.
PlacedArray Evaluation::evaluateStep(MatmulStepOp op, Placement placement) {
  PlacedArray result =
      op.getAcc() ? values.find(op.getAcc())->second : PlacedArray::getZeros(placement);
  const PlacedArray &lhs = values.find(op.getLhs())->second;
  const PlacedArray &rhs = values.find(op.getRhs())->second;
  for (int64_t device = 0, e = placement.getNumDevices(); device < e; ++device) {
    SmallVector<Range> ranges = getStepRanges(op, device);
    auto cut = [&](const PlacedArray &value, ProductSide side) {
      return cutBox(value.locals[device], value.placement.getOrigin(device),
                    getSideRanges(op, side, ranges));
    };
    SmallVector<Range> box = getSideRanges(op, ProductSide::Result, ranges);
    SmallVector<int64_t> shape;
    for (Range range : box)
      shape.push_back(range.size());
    Array product =
        multiply(cut(lhs, ProductSide::Lhs), cut(rhs, ProductSide::Rhs), op.getContract(), shape);
    addBox(product, result.locals[device], placement.getOrigin(device), box);
  }
  return result;
}

static PlacedArray receive(RecvOp op, const PlacedArray &message, Placement placement) {
  if (!op.getPiece())
    return message;
  PlacedArray result(std::move(placement));
  int64_t dim = *op.getDim(), offset = getPieceRange(op).begin;
  for (const Array &local : message.locals)
    result.locals.push_back(sliceAlong(local, dim, offset, result.placement.localShape));
  return result;
}

PlacedArray Evaluation::evaluateOp(Operation *op) {
  Placement placement = getPlacement(op, op->getResult(0));
  return TypeSwitch<Operation *, PlacedArray>(op)
      .Case([&](ParameterOp op) {
        return makeParameter(ParameterInfo::get(op), placement, options.seed);
      })
      .Case([&](PositionsOp op) { return evaluatePositions(op, placement); })
      .Case([&](AlibiSlopesOp op) {
        SmallVector<double> slopes = op.getSlopes();
        int64_t width = placement.getGlobalShape()[1];
        return fillByIndex(placement, [&](ArrayRef<int64_t> index, bool isReal) {
          return isReal ? slopes[index[0] * width + index[1]] : 0;
        });
      })
      .Case([&](AxisIndexOp) {
        return fillByIndex(placement, [](ArrayRef<int64_t> index, bool) { return index[0]; });
      })
      .Case([&](arith::ConstantOp op) { return evaluateConstant(op, placement); })
      .Case([&](AllReduceOp op) { return allReduce(getOperand(op), op.getAxes(), placement); })
      .Case([&](AllGatherOp op) { return exchange(getOperand(op), op.getAxes(), placement); })
      .Case([&](AllToAllOp op) { return exchange(getOperand(op), op.getAxes(), placement); })
      .Case([&](ReduceScatterOp op) {
        return reduceScatter(getOperand(op), op.getAxes(), placement);
      })
      .Case([&](AllSliceOp op) { return cutOwn(getOperand(op), placement); })
      .Case([&](ShiftOp op) {
        AxisRefAttr axis = placement.dist.getDims()[op.getDim()].getAxes()[0];
        return shift(getOperand(op), axis.getName(), op.getBy(), placement);
      })
      .Case([&](SendOp op) { return transfer(getOperand(op), placement); })
      .Case([&](RecvOp op) { return receive(op, getOperand(op), placement); })
      .Case([&](MatmulStepOp op) { return evaluateStep(op, placement); })
      .Default([&](Operation *op) { return evaluateLocal(op, placement); });
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
    Value result = op.getResult(0);
    PlacedArray &value = values.try_emplace(result, evaluateOp(&op)).first->second;
    if (!options.toF64)
      roundToType(value, result.getType());
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
