//===- Structure.cpp - Parameters, positions and numbers of shards -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What ops without operands hold follows from where a device stands in the mesh. On a rank these
// are numbers.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../SeededValues.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"
#include "dagrt/Lower/Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static PlacedArray evaluatePositions(PositionsOp op, PlacedOperands, Placement placement,
                                     uint64_t) {
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

static PlacedArray evaluateParameter(ParameterOp op, PlacedOperands, Placement placement,
                                     uint64_t seed) {
  return makeParameter(ParameterInfo::get(op), std::move(placement), seed);
}

static PlacedArray evaluateSlopes(AlibiSlopesOp op, PlacedOperands, Placement placement, uint64_t) {
  SmallVector<double> slopes = op.getSlopes();
  int64_t width = placement.getGlobalShape()[1];
  return fillByIndex(std::move(placement), [&](ArrayRef<int64_t> index, bool isReal) {
    return isReal ? slopes[index[0] * width + index[1]] : 0;
  });
}

static PlacedArray evaluateAxisIndex(AxisIndexOp, PlacedOperands, Placement placement, uint64_t) {
  return fillByIndex(std::move(placement), [](ArrayRef<int64_t> index, bool) { return index[0]; });
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// Padding counts on, past the real tokens.
static Value extractPositions(PositionsOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  Layout layout = rank.getLayout(op.getResult());
  int64_t tokens = layout.getShape()[0], size = op.getType().getDimSize(0);
  SmallVector<int64_t> order;
  if (TokenOrderAttr attribute = op.getOrderAttr())
    for (auto [first, count] : attribute.getRuns(tokens))
      for (int64_t i = 0; i < count; ++i)
        order.push_back(first + i);
  SmallVector<int64_t> numbers;
  int64_t begin = layout.getOrigin(*place)[0];
  for (int64_t i = begin; i < begin + size; ++i)
    numbers.push_back(op.getFirst() + (i < tokens && !order.empty() ? order[i] : i));
  return rank.getDenseConstant(rank.getLocalType(op.getType()), numbers);
}

/// The slopes of the device's own heads, and zeros for padding.
static Value extractSlopes(AlibiSlopesOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  Layout layout = rank.getLayout(op.getResult());
  RankedTensorType type = rank.getLocalType(op.getType());
  ArrayRef<int64_t> local = type.getShape();
  GlobalShape heads = layout.getShape();
  SmallVector<int64_t> origin = layout.getOrigin(*place);
  int64_t group = origin[0], query = origin[1];
  SmallVector<double> slopes = op.getSlopes();
  SmallVector<APFloat> numbers;
  for (int64_t g = group; g < group + local[0]; ++g)
    for (int64_t q = query; q < query + local[1]; ++q) {
      bool isReal = g < heads[0] && q < heads[1];
      APFloat number(isReal ? slopes[g * heads[1] + q] : 0.0);
      bool losesInfo;
      number.convert(cast<FloatType>(type.getElementType()).getFloatSemantics(),
                     APFloat::rmNearestTiesToEven, &losesInfo);
      numbers.push_back(number);
    }
  return arith::ConstantOp::create(rank.builder, rank.loc, DenseElementsAttr::get(type, numbers));
}

static Value extractAxisIndex(AxisIndexOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  return rank.getDenseConstant(rank.getLocalType(op.getType()),
                               rank.getLayout(op.getResult()).getShardIndex(0, *place));
}

// Positions are written as constants.
constexpr int64_t kMostPositions = 1 << 24;

static LogicalResult verifyPositions(PositionsOp op) {
  if (getGlobalShape(op.getType())[0] <= kMostPositions)
    return success();
  return op.emitOpError() << "expects at most " << kMostPositions
                          << " positions to run it on ranks, got " << op.getType();
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

/// `first`, `first` + 1, ...
static Value emitCount(Emitter &emit, int64_t first, int64_t size, Type type) {
  return emit.map({}, {}, size, type, [&](OpBuilder &b, Location loc, ValueRange) -> Value {
    Value index = arith::IndexCastOp::create(b, loc, type, linalg::IndexOp::create(b, loc, 0));
    Value start = arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, first));
    return arith::AddIOp::create(b, loc, index, start);
  });
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

namespace {
/// Counts over all tokens and their padding, orders the real ones, and gives each device its part.
struct PositionsPattern final : OpConversionPattern<PositionsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(PositionsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    std::optional<Layout> layout = Layout::get(op, op.getType());
    if (layout && !MeshFactors::get(layout->getMesh(), layout->getDims()))
      return rewriter.notifyMatchFailure(op, "uses parts of an axis that do not nest");
    int64_t tokens = getGlobalShape(op.getType()).front(), size = op.getType().getDimSize(0);
    if (layout)
      size *= layout->getNumShards(0);
    Type type = op.getType().getElementType();
    Value positions = emitCount(emit, op.getFirst(), size, type);
    if (TokenOrderAttr order = op.getOrderAttr())
      positions = emitOrderedCount(emit, op.getFirst(), type,
                                   emitTable(emit, order, tokens, size, /*inverse=*/false));
    rewriter.replaceOp(op, layout ? distribute(emit, positions, *layout) : positions);
    return success();
  }
};

/// A table of all slopes, of which each device gets its part.
struct AlibiSlopesPattern final : OpConversionPattern<AlibiSlopesOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AlibiSlopesOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    std::optional<Layout> layout = Layout::get(op, op.getType());
    if (layout && !MeshFactors::get(layout->getMesh(), layout->getDims()))
      return rewriter.notifyMatchFailure(op, "uses parts of an axis that do not nest");
    auto converted = cast<RankedTensorType>(getTypeConverter()->convertType(op.getType()));
    SmallVector<double> slopes = op.getSlopes();
    ArrayRef<int64_t> heads = getGlobalShape(op.getType());
    auto type = RankedTensorType::get(heads, rewriter.getF64Type());
    Value table = arith::ConstantOp::create(rewriter, op.getLoc(),
                                            DenseElementsAttr::get(type, ArrayRef<double>(slopes)));
    table = emit.convert(table, converted.getElementType());
    rewriter.replaceOp(op, layout ? distribute(emit, table, *layout) : table);
    return success();
  }
};

struct AxisIndexPattern final : OpConversionPattern<AxisIndexOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AxisIndexOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Layout layout = *Layout::get(op, op.getType());
    int64_t devices = layout.getNumDevices();
    auto body = [&](OpBuilder &b, Location loc, ValueRange) -> Value {
      Value device = linalg::IndexOp::create(b, loc, 0);
      Value shard = emitShardIndex(b, loc, layout.getMesh(), layout.getDim(0), device);
      return arith::IndexCastOp::create(b, loc, op.getType().getElementType(), shard);
    };
    rewriter.replaceOp(op, emit.map({}, {}, {devices, op.getType().getDimSize(0)},
                                    op.getType().getElementType(), body));
    return success();
  }
};
} // namespace

void dagrt::populateStructurePatterns(const LinalgTypeConverter &converter,
                                      RewritePatternSet &patterns) {
  patterns.add<PositionsPattern, AlibiSlopesPattern, AxisIndexPattern>(converter,
                                                                       patterns.getContext());
}

static LogicalResult verifyToLinalg(PositionsOp op) {
  return op.getOrderAttr() ? verifyTableOfTokens(op, getGlobalShape(op.getType()).front())
                           : success();
}

void dagrt::attachStructureModels(MLIRContext &context) {
  ParameterOp::attachInterface<PlacedModel<ParameterOp, evaluateParameter>>(context);
  PositionsOp::attachInterface<PlacedModel<PositionsOp, evaluatePositions>,
                               RankModel<PositionsOp, extractPositions, verifyPositions>,
                               ToLinalgModel<PositionsOp, verifyToLinalg>>(context);
  AlibiSlopesOp::attachInterface<PlacedModel<AlibiSlopesOp, evaluateSlopes>,
                                 RankModel<AlibiSlopesOp, extractSlopes>>(context);
  AxisIndexOp::attachInterface<PlacedModel<AxisIndexOp, evaluateAxisIndex>,
                               RankModel<AxisIndexOp, extractAxisIndex>>(context);
}
