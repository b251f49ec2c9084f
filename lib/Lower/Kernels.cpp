//===- Kernels.cpp - The definition of every compute op -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

using Operands = ArrayRef<const Array *>;

//===----------------------------------------------------------------------===//
// Matmul and embedding
//===----------------------------------------------------------------------===//

Array dagrt::multiply(const Array &lhs, const Array &rhs, int64_t contract,
                      ArrayRef<int64_t> shape) {
  int64_t k = getNumElements(ArrayRef<int64_t>(rhs.shape).take_front(contract));
  int64_t n = getNumElements(ArrayRef<int64_t>(rhs.shape).drop_front(contract));
  int64_t m = getNumElements(ArrayRef<int64_t>(lhs.shape).drop_back(contract));
  Array result(shape);
  for (int64_t row = 0; row < m; ++row)
    for (int64_t i = 0; i < k; ++i) {
      double factor = lhs.elements[row * k + i];
      for (int64_t column = 0; column < n; ++column)
        result.elements[row * n + column] += factor * rhs.elements[i * n + column];
    }
  return result;
}

static Array computeEmbedding(EmbeddingOp op, Operands operands, ArrayRef<int64_t> shape) {
  const Array &ids = *operands[0], &table = *operands[1];
  int64_t rows = table.shape[0];
  int64_t realRows = getGlobalShape(op.getTable().getType()).front();
  int64_t first = op.getShard() ? static_cast<int64_t>(operands[2]->elements[0]) * rows : 0;
  int64_t width = getNumElements(ArrayRef<int64_t>(table.shape).drop_front());
  Array result(shape);
  for (auto [i, number] : llvm::enumerate(ids.elements)) {
    int64_t id = static_cast<int64_t>(number), row = id - first;
    if (id < 0 || id >= realRows || row < 0 || row >= rows)
      continue;
    std::copy_n(table.elements.begin() + row * width, width, result.elements.begin() + i * width);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static Array mapElements(const Array &x, function_ref<double(double)> function) {
  Array result = x;
  for (double &element : result.elements)
    element = function(element);
  return result;
}

/// `rhs` has the last dims of `lhs`, and is repeated along the others.
static Array mapElements(const Array &lhs, const Array &rhs,
                         function_ref<double(double, double)> function) {
  Array result = lhs;
  for (auto [i, element] : llvm::enumerate(result.elements))
    element = function(element, rhs.elements[i % rhs.elements.size()]);
  return result;
}

static double silu(double x) { return x / (1 + std::exp(-x)); }

static double gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }

/// Hendrycks and Gimpel's approximation.
static double geluTanh(double x) {
  double inner = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(inner));
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

/// The mean of a power over the last dims, of whose elements a device may hold a part.
static Array computeMoment(MomentOp op, const Array &x, ArrayRef<int64_t> shape) {
  Array result(shape);
  int64_t dims = op.getDims();
  int64_t columns = getNumElements(ArrayRef<int64_t>(x.shape).take_back(dims));
  auto count = static_cast<double>(op.getCount());
  for (auto [i, element] : llvm::enumerate(x.elements))
    result.elements[i / columns] += (op.getOrder() == 2 ? element * element : element) / count;
  return result;
}

namespace {
/// Weights and moments of a norm.
struct NormArrays {
  const Array *scale = nullptr;
  const Array *bias = nullptr; ///< Null if nothing is added.
  /// Null where the norm finds them itself; the mean also for an rms norm.
  const Array *mean = nullptr, *square = nullptr;
  bool isPlusOne = false; ///< The scale is stored less one.
  bool centers = false;   ///< A layer norm, which subtracts the mean.
};
} // namespace

/// Mean and variance of a row, the mean 0 and the variance the mean square for an rms norm.
static std::pair<double, double> getRowMoments(ArrayRef<double> x, const NormArrays &arrays,
                                               int64_t row) {
  auto columns = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  if (arrays.square) {
    mean = arrays.mean ? arrays.mean->elements[row] : 0;
    return {mean, std::max(arrays.square->elements[row] - mean * mean, 0.0)};
  }
  if (arrays.centers)
    for (double element : x)
      mean += element / columns;
  for (double element : x)
    variance += (element - mean) * (element - mean) / columns;
  return {mean, variance};
}

/// Normalizes rows, the last `normed` dims. The scale may go on over more dims than these.
static Array computeNorm(const Array &x, const NormArrays &arrays, int64_t normed, double epsilon) {
  Array result = x;
  int64_t columns = getNumElements(ArrayRef<int64_t>(x.shape).take_back(normed));
  double offset = arrays.isPlusOne ? 1 : 0;
  size_t weights = arrays.scale->elements.size();
  int64_t rows = columns ? x.elements.size() / columns : 0;
  for (int64_t row = 0; row < rows; ++row) {
    MutableArrayRef<double> out(&result.elements[row * columns], columns);
    auto [mean, variance] = getRowMoments(out, arrays, row);
    for (auto [i, element] : llvm::enumerate(out)) {
      size_t weight = (row * columns + i) % weights;
      double scale = offset + arrays.scale->elements[weight];
      element = (element - mean) / std::sqrt(variance + epsilon) * scale +
                (arrays.bias ? arrays.bias->elements[weight] : 0);
    }
  }
  return result;
}

static Array computeRmsNorm(RmsNormOp op, Operands operands) {
  NormArrays arrays{operands[1]};
  arrays.isPlusOne = op.getPlusOne();
  if (op.getSquare())
    arrays.square = operands[2];
  return computeNorm(*operands[0], arrays, op.getNormed(), op.getEpsilon().convertToDouble());
}

static Array computeLayerNorm(LayerNormOp op, Operands operands) {
  NormArrays arrays{operands[1]};
  arrays.centers = true;
  if (op.getBias())
    arrays.bias = operands[2];
  if (op.getMean()) {
    arrays.mean = operands.drop_back().back();
    arrays.square = operands.back();
  }
  return computeNorm(*operands[0], arrays, op.getNormed(), op.getEpsilon().convertToDouble());
}

//===----------------------------------------------------------------------===//
// Rope
//===----------------------------------------------------------------------===//

static Array computeRope(RopeOp op, Operands operands) {
  const Array &x = *operands[0], &positions = *operands[1];
  Array result = x;
  RopeAttr config = op.getConfig();
  SmallVector<double> frequencies = config.getFrequencies();
  double factor = config.getAttentionFactor();
  int64_t headDim = x.shape.back(), tokens = x.shape[1], pairs = frequencies.size();
  int64_t headsPerToken = getNumElements(ArrayRef<int64_t>(x.shape).drop_front(2).drop_back());
  int64_t heads = x.shape[0] * tokens * headsPerToken;
  for (int64_t head = 0; head < heads; ++head) {
    double position = positions.elements[head / headsPerToken % tokens];
    for (int64_t j = 0; j < pairs; ++j) {
      int64_t first = head * headDim + (config.getInterleaved() ? 2 * j : j);
      int64_t second = config.getInterleaved() ? first + 1 : first + pairs;
      double c = factor * std::cos(position * frequencies[j]);
      double s = factor * std::sin(position * frequencies[j]);
      result.elements[first] = x.elements[first] * c - x.elements[second] * s;
      result.elements[second] = x.elements[first] * s + x.elements[second] * c;
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Slice, concat and reorder
//===----------------------------------------------------------------------===//

/// Result of `shape` whose element `i` along `dim` is the operand's element `from(i)`.
static Array selectAlong(const Array &x, int64_t dim, ArrayRef<int64_t> shape,
                         function_ref<int64_t(int64_t)> from) {
  Array result(shape);
  int64_t inner = getNumElements(ArrayRef<int64_t>(x.shape).drop_front(dim + 1));
  int64_t outer = getNumElements(ArrayRef<int64_t>(x.shape).take_front(dim));
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < shape[dim]; ++i)
      std::copy_n(x.elements.begin() + (o * x.shape[dim] + from(i)) * inner, inner,
                  result.elements.begin() + (o * shape[dim] + i) * inner);
  return result;
}

/// The operands one after the other along `dim`.
static Array computeConcat(int64_t dim, Operands parts, ArrayRef<int64_t> shape) {
  Array result(shape);
  int64_t inner = getNumElements(shape.drop_front(dim + 1));
  int64_t outer = getNumElements(shape.take_front(dim));
  auto target = result.elements.begin();
  for (int64_t o = 0; o < outer; ++o)
    for (const Array *part : parts) {
      int64_t run = part->shape[dim] * inner;
      target = std::copy_n(part->elements.begin() + o * run, run, target);
    }
  return result;
}

Array dagrt::sliceAlong(const Array &x, int64_t dim, int64_t offset, ArrayRef<int64_t> shape) {
  return selectAlong(x, dim, shape, [=](int64_t i) { return offset + i; });
}

/// The token that stands at each place of `order`, read off the order's runs.
static SmallVector<int64_t> getTokens(TokenOrderAttr order, int64_t count) {
  SmallVector<int64_t> tokens;
  for (auto [first, size] : order.getRuns(count))
    for (int64_t i = 0; i < size; ++i)
      tokens.push_back(first + i);
  return tokens;
}

static Array computeReorder(ReorderOp op, const Array &x) {
  int64_t dim = op.getDim(), count = x.shape[dim];
  SmallVector<int64_t> tokens = getTokens(op.getOrder(), count);
  SmallVector<int64_t> from = tokens;
  if (op.getInverse())
    for (auto [place, token] : llvm::enumerate(tokens))
      from[token] = place;
  return selectAlong(x, dim, x.shape, [&](int64_t i) { return from[i]; });
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

bool dagrt::isLocalCompute(Operation *op) {
  return isa<EmbeddingOp, MatmulOp, MatmulJoinOp, SiluOp, ReluOp, GeluOp, ScaleOp, SoftCapOp, AddOp,
             MulOp, MomentOp, RmsNormOp, LayerNormOp, RopeOp, AttentionOp, AttentionScoresOp,
             SoftmaxOp, AttentionContextOp, SliceOp, ConcatOp, ReorderOp, arith::AddFOp,
             arith::SubFOp, arith::MulFOp, arith::DivFOp>(op);
}

Array dagrt::computeLocal(Operation *op, Operands operands, ArrayRef<int64_t> shape) {
  auto add = [](double a, double b) { return a + b; };
  auto subtract = [](double a, double b) { return a - b; };
  auto multiply = [](double a, double b) { return a * b; };
  auto divide = [](double a, double b) { return a / b; };
  const Array &x = *operands[0];
  const Array &y = *operands.back();
  return TypeSwitch<Operation *, Array>(op)
      .Case([&](EmbeddingOp op) { return computeEmbedding(op, operands, shape); })
      .Case([&](MatmulOp op) { return dagrt::multiply(x, y, op.getContract(), shape); })
      .Case([&](SiluOp) { return mapElements(x, silu); })
      .Case([&](ReluOp) { return mapElements(x, [](double e) { return std::max(e, 0.0); }); })
      .Case([&](GeluOp op) { return mapElements(x, op.getTanh() ? geluTanh : gelu); })
      .Case([&](ScaleOp op) {
        return mapElements(x, [&](double e) { return op.getBy().convertToDouble() * e; });
      })
      .Case([&](SoftCapOp op) {
        return mapElements(x, [&](double e) { return applyCap(op.getCap(), e); });
      })
      .Case<AddOp, MatmulJoinOp, arith::AddFOp>([&](auto) { return mapElements(x, y, add); })
      .Case<MulOp, arith::MulFOp>([&](auto) { return mapElements(x, y, multiply); })
      .Case([&](arith::SubFOp) { return mapElements(x, y, subtract); })
      .Case([&](arith::DivFOp) { return mapElements(x, y, divide); })
      .Case([&](MomentOp op) { return computeMoment(op, x, shape); })
      .Case([&](RmsNormOp op) { return computeRmsNorm(op, operands); })
      .Case([&](LayerNormOp op) { return computeLayerNorm(op, operands); })
      .Case([&](RopeOp op) { return computeRope(op, operands); })
      .Case([&](AttentionOp op) { return computeAttention(op, operands); })
      .Case([&](AttentionScoresOp op) { return computeScores(op, operands); })
      .Case([&](SoftmaxOp op) { return computeSoftmax(op, operands); })
      .Case([&](AttentionContextOp) { return computeContext(operands); })
      .Case(
          [&](SliceOp op) { return sliceAlong(x, op.getDim(), op.getOffset().toNumber(), shape); })
      .Case([&](ConcatOp op) { return computeConcat(op.getDim(), operands, shape); })
      .Case([&](ReorderOp op) { return computeReorder(op, x); });
}
