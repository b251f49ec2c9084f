//===- StructurePatterns.cpp - Positions, rotation, order -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What depends on the numbers of the tokens. An order is a table of them, so that a program does
// not grow with its blocks.
//
//===----------------------------------------------------------------------===//

#include "MeshFactors.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <numeric>

using namespace mlir;
using namespace dagrt;

/// `first`, `first` + 1, ...
static Value emitCount(Emitter &emit, int64_t first, int64_t size, Type type) {
  return emit.map({}, {}, size, type, [&](OpBuilder &b, Location loc, ValueRange) -> Value {
    Value index = arith::IndexCastOp::create(b, loc, type, linalg::IndexOp::create(b, loc, 0));
    Value start = arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, first));
    return arith::AddIOp::create(b, loc, index, start);
  });
}

/// The token at each place of `order`, and past the `tokens` of the order each place itself; the
/// other way round with `inverse`.
static Value emitTable(Emitter &emit, TokenOrderAttr order, int64_t tokens, int64_t size,
                       bool inverse) {
  SmallVector<int32_t> table(size);
  std::iota(table.begin(), table.end(), 0);
  int32_t place = 0;
  for (auto [first, count] : order.getRuns(tokens))
    for (int64_t token = first; token < first + count; ++token, ++place)
      table[inverse ? token : place] = static_cast<int32_t>(inverse ? place : token);
  auto type = RankedTensorType::get(size, emit.builder.getI32Type());
  return arith::ConstantOp::create(emit.builder, emit.loc,
                                   DenseElementsAttr::get(type, ArrayRef<int32_t>(table)));
}

/// The numbers of a table plus `first`.
static Value emitOrderedCount(Emitter &emit, int64_t first, Type type, Value table) {
  return emit.map(table, type, [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
    Value number = x[0];
    if (type.getIntOrFloatBitWidth() > 32)
      number = arith::ExtSIOp::create(b, loc, type, number);
    else if (type.getIntOrFloatBitWidth() < 32)
      number = arith::TruncIOp::create(b, loc, type, number);
    Value start = arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, first));
    return arith::AddIOp::create(b, loc, number, start);
  });
}

/// `tensor` with the tokens of its dim `dim` in `order`, or back. Slices of the order's runs would
/// be as many as there are blocks.
static Value emitReorder(Emitter &emit, Value tensor, unsigned dim, TokenOrderAttr order,
                         bool inverse) {
  ArrayRef<int64_t> shape = Emitter::getShape(tensor);
  unsigned rank = shape.size();
  Value table = emitTable(emit, order, shape[dim], shape[dim], inverse);
  return emit.map(table, emit.select(rank, dim), shape, Emitter::getElementType(tensor),
                  [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                    SmallVector<Value> index;
                    for (unsigned i = 0; i < rank; ++i)
                      index.push_back(linalg::IndexOp::create(b, loc, i));
                    index[dim] = arith::IndexCastOp::create(b, loc, b.getIndexType(), x[0]);
                    return tensor::ExtractOp::create(b, loc, tensor, index);
                  });
}

namespace {
struct SlicePattern final : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    int64_t dim = op.getDim();
    rewriter.replaceOp(op, emit.slice(adaptor.getOperand(), dim + getLead(op.getType()),
                                      op.getOffset().toNumber(), op.getType().getDimSize(dim)));
    return success();
  }
};

struct ConcatPattern final : OpConversionPattern<ConcatOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ConcatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    int64_t dim = op.getDim() + getLead(op.getType()), offset = 0;
    auto type = cast<RankedTensorType>(getTypeConverter()->convertType(op.getType()));
    Value joined =
        tensor::EmptyOp::create(rewriter, op.getLoc(), type.getShape(), type.getElementType());
    for (Value part : adaptor.getParts()) {
      joined = emit.insert(part, joined, dim, offset);
      offset += Emitter::getShape(part)[dim];
    }
    rewriter.replaceOp(op, joined);
    return success();
  }
};

struct ReorderPattern final : OpConversionPattern<ReorderOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ReorderOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    rewriter.replaceOp(op,
                       emitReorder(emit, adaptor.getOperand(), op.getDim() + getLead(op.getType()),
                                   op.getOrder(), op.getInverse()));
    return success();
  }
};

/// Counts over all tokens and their padding, orders the real ones, and gives each device its part.
struct PositionsPattern final : OpConversionPattern<PositionsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(PositionsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    DistAttr dist = getDist(op.getType());
    MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
    if (mesh && !MeshFactors::get(mesh, dist.getDims()))
      return rewriter.notifyMatchFailure(op, "uses parts of an axis that do not nest");
    int64_t tokens = getGlobalShape(op.getType()).front(), size = op.getType().getDimSize(0);
    if (mesh)
      size *= getNumShards(mesh, dist.getDims().front());
    Type type = op.getType().getElementType();
    Value positions = emitCount(emit, op.getFirst(), size, type);
    if (TokenOrderAttr order = op.getOrderAttr())
      positions = emitOrderedCount(emit, op.getFirst(), type,
                                   emitTable(emit, order, tokens, size, /*inverse=*/false));
    rewriter.replaceOp(op, mesh ? distribute(emit, positions, mesh, dist) : positions);
    return success();
  }
};

/// A table of all slopes, of which each device gets its part.
struct AlibiSlopesPattern final : OpConversionPattern<AlibiSlopesOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AlibiSlopesOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    DistAttr dist = getDist(op.getType());
    MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
    if (mesh && !MeshFactors::get(mesh, dist.getDims()))
      return rewriter.notifyMatchFailure(op, "uses parts of an axis that do not nest");
    auto converted = cast<RankedTensorType>(getTypeConverter()->convertType(op.getType()));
    SmallVector<double> slopes = op.getSlopes();
    ArrayRef<int64_t> heads = getGlobalShape(op.getType());
    auto type = RankedTensorType::get(heads, rewriter.getF64Type());
    Value table = arith::ConstantOp::create(rewriter, op.getLoc(),
                                            DenseElementsAttr::get(type, ArrayRef<double>(slopes)));
    table = emit.convert(table, converted.getElementType());
    rewriter.replaceOp(op, mesh ? distribute(emit, table, mesh, dist) : table);
    return success();
  }
};

struct AxisIndexPattern final : OpConversionPattern<AxisIndexOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AxisIndexOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    DistAttr dist = getDist(op.getType());
    MeshOp mesh = lookupMesh(op, dist.getMesh());
    int64_t devices = mesh.getNumDevices();
    auto body = [&](OpBuilder &b, Location loc, ValueRange) -> Value {
      Value device = linalg::IndexOp::create(b, loc, 0);
      Value shard = emitShardIndex(b, loc, mesh, dist.getDims().front(), device);
      return arith::IndexCastOp::create(b, loc, op.getType().getElementType(), shard);
    };
    rewriter.replaceOp(op, emit.map({}, {}, {devices, op.getType().getDimSize(0)},
                                    op.getType().getElementType(), body));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Rope
//===----------------------------------------------------------------------===//

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
  LogicalResult matchAndRewrite(RopeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    RopeAttr config = op.getConfig();
    Value x = adaptor.getX();
    Type type = Emitter::getElementType(x), inner = getComputeType(type);
    unsigned lead = getLead(op.getType()), rank = Emitter::getShape(x).size(), last = rank - 1;
    int64_t pairs = config.getFrequencies().size(), stride = config.getInterleaved() ? 2 : 1;
    int64_t secondAt = config.getInterleaved() ? 1 : pairs;
    if (pairs == 0) {
      rewriter.replaceOp(op, x);
      return success();
    }
    Value cosine = emitAngles(emit, adaptor.getPositions(), config, lead, inner, false);
    Value sine = emitAngles(emit, adaptor.getPositions(), config, lead, inner, true);
    Value first = emit.slice(x, last, 0, pairs, stride);
    Value second = emit.slice(x, last, secondAt, pairs, stride);
    AffineMap all = rewriter.getMultiDimIdentityMap(rank);
    // [devices, batch, tokens, heads..., pairs] to [devices, tokens, pairs].
    SmallVector<unsigned> dims{lead + 1, last};
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
    Value result = emit.insert(turnedFirst, x, last, 0, stride);
    rewriter.replaceOp(op, emit.insert(turnedSecond, result, last, secondAt, stride));
    return success();
  }
};
} // namespace

void dagrt::populateStructurePatterns(const LinalgTypeConverter &converter,
                                      RewritePatternSet &patterns) {
  patterns.add<SlicePattern, ConcatPattern, ReorderPattern, PositionsPattern, AlibiSlopesPattern,
               AxisIndexPattern, RopePattern>(converter, patterns.getContext());
}
