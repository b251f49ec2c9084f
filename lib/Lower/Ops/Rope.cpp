//===- Rope.cpp - Rotary position embedding -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pairs of elements are turned by the angles of a config, or by tables of cosines and sines.
//
//===----------------------------------------------------------------------===//

#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {
/// Cosines and sines of each token's angles, times the attention factor.
struct Angles {
  Angles(RopeOp op, Operands operands) {
    if (op.getCosines()) {
      cosines = *operands[1];
      sines = *operands[2];
      return;
    }
    const Array &positions = *operands[1];
    SmallVector<double> frequencies = op.getConfig()->getFrequencies();
    double factor = op.getConfig()->getAttentionFactor();
    SmallVector<int64_t> shape(positions.shape);
    shape.push_back(frequencies.size());
    cosines = sines = Array(shape);
    for (size_t i = 0; i < cosines.elements.size(); ++i) {
      double position = positions.elements[i / frequencies.size()];
      double angle = position * frequencies[i % frequencies.size()];
      cosines.elements[i] = factor * std::cos(angle);
      sines.elements[i] = factor * std::sin(angle);
    }
  }
  /// Where the angles of a token stand.
  int64_t getOffset(int64_t batch, int64_t token) const {
    ArrayRef<int64_t> shape = cosines.shape;
    int64_t row = shape.size() == 3 ? batch * shape[1] + token : token;
    return row * shape.back();
  }
  Array cosines, sines;
};
} // namespace

static Array computeRope(RopeOp op, Operands operands, ArrayRef<int64_t>) {
  const Array &x = *operands[0];
  Array result = x;
  Angles angles(op, operands);
  bool neighbours = op.pairsNeighbours();
  int64_t headDim = x.shape.back(), tokens = x.shape[1], pairs = angles.cosines.shape.back();
  int64_t headsPerToken = getNumElements(ArrayRef<int64_t>(x.shape).drop_front(2).drop_back());
  int64_t heads = x.shape[0] * tokens * headsPerToken;
  for (int64_t head = 0; head < heads; ++head) {
    int64_t token = head / headsPerToken;
    int64_t row = angles.getOffset(token / tokens, token % tokens);
    int64_t turned = head * headDim + op.getFirstTurned();
    for (int64_t j = 0; j < pairs; ++j) {
      int64_t first = turned + (neighbours ? 2 * j : j);
      int64_t second = neighbours ? first + 1 : first + pairs;
      double c = angles.cosines.elements[row + j], s = angles.sines.elements[row + j];
      result.elements[first] = x.elements[first] * c - x.elements[second] * s;
      result.elements[second] = x.elements[first] * s + x.elements[second] * c;
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

namespace {
/// cos or sin of the angle of each token and pair, times the attention factor. Angles are f64: a
/// position times a frequency has more digits than an f32.
Value emitAngles(Emitter &emit, Value positions, RopeAttr config, unsigned lead, Type type,
                 bool sine) {
  SmallVector<double> frequencies = config.getFrequencies();
  auto numbers = RankedTensorType::get(frequencies.size(), emit.builder.getF64Type());
  Value table = arith::ConstantOp::create(
      emit.builder, emit.loc, DenseElementsAttr::get(numbers, ArrayRef<double>(frequencies)));
  SmallVector<int64_t> shape(Emitter::getShape(positions));
  shape.push_back(frequencies.size());
  unsigned rank = shape.size();
  SmallVector<unsigned> tokens;
  for (unsigned dim = 0; dim + 1 < rank; ++dim)
    tokens.push_back(dim);
  Type angleType = emit.builder.getF64Type();
  double factor = config.getAttentionFactor();
  Value angles =
      emit.map({positions, table}, {emit.select(rank, tokens), emit.select(rank, rank - 1)}, shape,
               type, [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                 Value position = arith::SIToFPOp::create(b, loc, angleType, x[0]);
                 Value angle = arith::MulFOp::create(b, loc, position, x[1]);
                 Value scale = arith::ConstantOp::create(b, loc, b.getF64FloatAttr(factor));
                 Value turned = sine ? math::SinOp::create(b, loc, angle).getResult()
                                     : math::CosOp::create(b, loc, angle).getResult();
                 return arith::MulFOp::create(b, loc, turned, scale);
               });
  return angles;
}

/// Each pair of elements is turned; what is not in a pair stays.
struct RopePattern final : OpConversionPattern<RopeOp> {
  using OpConversionPattern::OpConversionPattern;

  /// Cosines and sines: those of the op's tables, or of its config.
  static std::pair<Value, Value> getAngles(Emitter &emit, RopeOp op, OpAdaptor adaptor,
                                           unsigned lead, Type type) {
    if (op.getCosines())
      return {emit.convert(adaptor.getCosines(), type), emit.convert(adaptor.getSines(), type)};
    RopeAttr config = *op.getConfig();
    return {emitAngles(emit, adaptor.getPositions(), config, lead, type, false),
            emitAngles(emit, adaptor.getPositions(), config, lead, type, true)};
  }

  LogicalResult matchAndRewrite(RopeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getX();
    Type type = Emitter::getElementType(x), inner = getComputeType(type);
    unsigned lead = getLead(op.getType()), rank = Emitter::getShape(x).size(), last = rank - 1;
    int64_t pairs = op.getNumPairs(), stride = op.pairsNeighbours() ? 2 : 1;
    int64_t firstAt = op.getFirstTurned(), secondAt = firstAt + (stride == 2 ? 1 : pairs);
    if (pairs == 0) {
      rewriter.replaceOp(op, x);
      return success();
    }
    auto [cosine, sine] = getAngles(emit, op, adaptor, lead, inner);
    Value first = emit.slice(x, last, firstAt, pairs, stride);
    Value second = emit.slice(x, last, secondAt, pairs, stride);
    AffineMap all = rewriter.getMultiDimIdentityMap(rank);
    // [devices, batch, tokens, heads..., pairs] to [devices, batch?, tokens, pairs].
    SmallVector<unsigned> dims{lead + 1, last};
    if (Emitter::getShape(cosine).size() > lead + 2)
      dims.insert(dims.begin(), lead);
    if (lead)
      dims.insert(dims.begin(), 0);
    AffineMap angle = emit.select(rank, dims);
    SmallVector<AffineMap> maps{all, all, angle, angle};
    SmallVector<Value> inputs{first, second, cosine, sine};
    SmallVector<int64_t> shape(Emitter::getShape(first));
    auto multiply = [](OpBuilder &b, Location loc, Value a, Value c) -> Value {
      return arith::MulFOp::create(b, loc, a, c);
    };
    Value turnedFirst =
        emit.map(inputs, maps, shape, type, [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          return arith::SubFOp::create(b, loc, multiply(b, loc, v[0], v[2]),
                                       multiply(b, loc, v[1], v[3]));
        });
    Value turnedSecond =
        emit.map(inputs, maps, shape, type, [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
          return arith::AddFOp::create(b, loc, multiply(b, loc, v[0], v[3]),
                                       multiply(b, loc, v[1], v[2]));
        });
    Value result = emit.insert(turnedFirst, x, last, firstAt, stride);
    rewriter.replaceOp(op, emit.insert(turnedSecond, result, last, secondAt, stride));
    return success();
  }
};
} // namespace

void dagrt::populateRopePatterns(const LinalgTypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<RopePattern>(converter, patterns.getContext());
}

/// Frequencies are a table.
static LogicalResult verifyToLinalg(RopeOp op) {
  constexpr int64_t kMostRotated = int64_t(1) << 16;
  if (!op.getConfig() || op.getConfig()->getDims() <= kMostRotated)
    return success();
  return op->emitError() << "expects at most " << kMostRotated
                         << " rotated dims to convert it to linalg, got "
                         << op.getConfig()->getDims();
}

void dagrt::attachRopeModels(MLIRContext &context) {
  RopeOp::attachInterface<LocalModel<RopeOp, computeRope>, ToLinalgModel<RopeOp, verifyToLinalg>>(
      context);
}
