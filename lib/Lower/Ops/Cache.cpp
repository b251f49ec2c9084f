//===- Cache.cpp - KV caches -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row goes to the slot that has its position. The evaluator looks for it row by row; in linalg
// each slot first learns the number of its row.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// The position of `token` of a request, from positions for all requests or for each.
static double getPosition(const Array &positions, int64_t batch, int64_t token) {
  int64_t tokens = positions.shape.back();
  return positions.elements[(positions.shape.size() == 2 ? batch * tokens : 0) + token];
}

static Array computeUpdate(CacheUpdateOp, Operands operands, ArrayRef<int64_t>) {
  Array cache = *operands[0];
  const Array &rows = *operands[1], &ofSlots = *operands[2], &ofRows = *operands[3];
  int64_t row = getNumElements(ArrayRef<int64_t>(cache.shape).drop_front(2));
  for (int64_t batch = 0; batch < cache.shape[0]; ++batch)
    for (int64_t slot = 0; slot < cache.shape[1]; ++slot)
      for (int64_t token = 0; token < rows.shape[1]; ++token)
        if (getPosition(ofSlots, batch, slot) == getPosition(ofRows, batch, token)) {
          std::copy_n(rows.elements.begin() + (batch * rows.shape[1] + token) * row, row,
                      cache.elements.begin() + (batch * cache.shape[1] + slot) * row);
          break;
        }
  return cache;
}

static Array computeRolling(RollingPositionsOp op, Operands operands, ArrayRef<int64_t> shape) {
  const Array &slots = *operands[0], &positions = *operands[1];
  int64_t cycle = op.getCycle().toNumber(), tokens = positions.shape.back();
  int64_t size = slots.shape[0];
  Array result(shape);
  for (size_t i = 0; i < result.elements.size(); ++i) {
    int64_t batch = i / size, slot = static_cast<int64_t>(slots.elements[i % size]), last = -1;
    for (int64_t token = 0; token < tokens; ++token)
      last = std::max(last, static_cast<int64_t>(getPosition(positions, batch, token)));
    bool isEmpty = slot > last;
    result.elements[i] = isEmpty ? RollingPositionsOp::kEmptySlot : last - (last - slot) % cycle;
  }
  return result;
}

static Array computeOffset(OffsetPositionsOp op, Operands operands, ArrayRef<int64_t>) {
  Array result = *operands[0];
  for (double &position : result.elements)
    position += static_cast<double>(op.getBy());
  return result;
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

static Value widen(OpBuilder &b, Location loc, Value position) {
  if (position.getType().isInteger(64))
    return position;
  return arith::ExtSIOp::create(b, loc, b.getI64Type(), position);
}

/// The map from `rank` dims to those of positions `[devices?, batch?, tokens]`, whose tokens are
/// dim `token`.
static AffineMap selectPositions(Emitter &emit, Value positions, unsigned rank, unsigned token) {
  SmallVector<unsigned> dims = countFrom(0, Emitter::getShape(positions).size() - 1);
  dims.push_back(token);
  return emit.select(rank, dims);
}

namespace {
struct CacheUpdatePattern final : OpConversionPattern<CacheUpdateOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(CacheUpdateOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    unsigned lead = getLead(op.getType());
    Value cache = adaptor.getCache(), rows = adaptor.getRows();
    Value numbers = emitRowNumbers(emit, adaptor, lead);
    unsigned rank = Emitter::getShape(cache).size();
    Type type = Emitter::getElementType(cache);
    AffineMap all = emit.builder.getMultiDimIdentityMap(rank);
    AffineMap slots = emit.select(rank, countFrom(0, lead + 2));
    Value result = emit.map(
        {cache, numbers}, {all, slots}, Emitter::getShape(cache), type,
        [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
          Value none = arith::ConstantOp::create(b, loc, b.getFloatAttr(x[1].getType(), 0.5));
          Value isNew = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x[1], none);
          // Numbers count from 1. Where there is no row, the first is read and not used.
          Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(x[1].getType(), 1));
          Value number = arith::SelectOp::create(b, loc, isNew, x[1], one);
          number = arith::SubFOp::create(b, loc, number, one);
          number = arith::FPToSIOp::create(b, loc, b.getI64Type(), number);
          SmallVector<Value> index;
          for (unsigned dim = 0; dim < rank; ++dim)
            index.push_back(linalg::IndexOp::create(b, loc, dim));
          index[lead + 1] = arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
          Value row = tensor::ExtractOp::create(b, loc, rows, index);
          if (row.getType() != x[0].getType())
            row = arith::ExtFOp::create(b, loc, x[0].getType(), row);
          return arith::SelectOp::create(b, loc, isNew, row, x[0]);
        });
    rewriter.replaceOp(op, result);
    return success();
  }

  /// For each slot, 1 and the number of its row, or 0: `[devices?, batch, slots]`.
  static Value emitRowNumbers(Emitter &emit, OpAdaptor adaptor, unsigned lead) {
    ArrayRef<int64_t> cache = Emitter::getShape(adaptor.getCache());
    SmallVector<int64_t> shape(cache.take_front(lead + 2));
    int64_t tokens = Emitter::getShape(adaptor.getRows())[lead + 1];
    shape.push_back(tokens);
    unsigned rank = lead + 3;
    // The tokens of a batch fit f64 exactly.
    Type type = emit.builder.getF64Type();
    Value ofSlots = adaptor.getSlotPositions(), ofRows = adaptor.getRowPositions();
    AffineMap slots = selectPositions(emit, ofSlots, rank, lead + 1);
    AffineMap rows = selectPositions(emit, ofRows, rank, lead + 2);
    Value hits =
        emit.map({ofSlots, ofRows}, {slots, rows}, shape, type,
                 [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                   Value isSame = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                                        widen(b, loc, x[0]), widen(b, loc, x[1]));
                   Value token = linalg::IndexOp::create(b, loc, lead + 2);
                   Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), token);
                   number = arith::SIToFPOp::create(b, loc, type, number);
                   Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1));
                   number = arith::AddFOp::create(b, loc, number, one);
                   Value none = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0));
                   return arith::SelectOp::create(b, loc, isSame, number, none);
                 });
    return emit.reduce(hits, lead + 2, Reduction::Max);
  }
};

struct RollingPositionsPattern final : OpConversionPattern<RollingPositionsOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(RollingPositionsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    unsigned lead = getLead(op.getType());
    Value slots = adaptor.getSlots(), positions = adaptor.getPositions();
    unsigned rank = Emitter::getShape(positions).size();
    // The largest position of each request, as a float that holds it exactly.
    Type type = emit.builder.getF64Type();
    Value largest = emit.map(positions, type, [&](OpBuilder &b, Location loc, ValueRange x) {
      return arith::SIToFPOp::create(b, loc, type, x[0]).getResult();
    });
    largest = emit.reduce(largest, rank - 1, Reduction::Max);
    auto converted = cast<RankedTensorType>(getTypeConverter()->convertType(op.getType()));
    SmallVector<unsigned> ofSlots = countFrom(0, lead);
    ofSlots.push_back(rank - 1);
    AffineMap maps[] = {emit.select(rank, ofSlots), emit.select(rank, countFrom(0, rank - 1))};
    int64_t cycle = op.getCycle().toNumber();
    Type element = converted.getElementType();
    rewriter.replaceOp(op, emit.map({slots, largest}, maps, converted.getShape(), element,
                                    [&](OpBuilder &b, Location loc, ValueRange x) {
                                      return emitHeld(b, loc, widen(b, loc, x[0]), x[1], cycle,
                                                      element);
                                    }));
    return success();
  }

  /// The last token of `slot` that is not after `last`.
  static Value emitHeld(OpBuilder &b, Location loc, Value slot, Value last, int64_t cycle,
                        Type type) {
    Type wide = b.getI64Type();
    auto number = [&](int64_t value) -> Value {
      return arith::ConstantIntOp::create(b, loc, value, 64);
    };
    last = arith::FPToSIOp::create(b, loc, wide, last);
    Value isEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, slot, last);
    Value past = arith::SubIOp::create(b, loc, last, slot);
    past = arith::RemSIOp::create(b, loc, past, number(cycle));
    Value held = arith::SubIOp::create(b, loc, last, past);
    held = arith::SelectOp::create(b, loc, isEmpty, number(RollingPositionsOp::kEmptySlot), held);
    return type == wide ? held : arith::TruncIOp::create(b, loc, type, held).getResult();
  }
};

struct OffsetPositionsPattern final : OpConversionPattern<OffsetPositionsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(OffsetPositionsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value positions = adaptor.getPositions();
    Type type = Emitter::getElementType(positions);
    auto by = static_cast<int64_t>(op.getBy());
    auto add = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
      Value number = arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, by));
      return arith::AddIOp::create(b, loc, x[0], number);
    };
    rewriter.replaceOp(op, emit.map(positions, type, add));
    return success();
  }
};
} // namespace

void dagrt::populateCachePatterns(const LinalgTypeConverter &converter,
                                  RewritePatternSet &patterns) {
  patterns.add<CacheUpdatePattern, RollingPositionsPattern, OffsetPositionsPattern>(
      converter, patterns.getContext());
}

void dagrt::attachCacheModels(MLIRContext &context) {
  CacheUpdateOp::attachInterface<LocalModel<CacheUpdateOp, computeUpdate>>(context);
  RollingPositionsOp::attachInterface<LocalModel<RollingPositionsOp, computeRolling>>(context);
  OffsetPositionsOp::attachInterface<LocalModel<OffsetPositionsOp, computeOffset>>(context);
}
