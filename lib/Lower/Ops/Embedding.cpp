//===- Embedding.cpp - Lookups in tables -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On one device, a lookup in sharded rows is one in rows that begin somewhere: ids outside of them
// give rows of zeros.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

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
// Ranks
//===----------------------------------------------------------------------===//

/// A lookup in the device's rows: ids count from the first of them. Others give rows of zeros.
static Value lookUpShard(EmbeddingOp op, RankExtractor &rank) {
  Value ids = rank.mapping.lookup(op.getIds()), table = rank.getOperand(op, 1);
  auto idType = cast<RankedTensorType>(ids.getType());
  Type element = idType.getElementType();
  Value zero = arith::ConstantIndexOp::create(rank.builder, rank.loc, 0);
  Value shard =
      tensor::ExtractOp::create(rank.builder, rank.loc, rank.mapping.lookup(op.getShard()), zero);
  if (shard.getType().getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
    shard = arith::ExtSIOp::create(rank.builder, rank.loc, element, shard);
  else if (shard.getType() != element)
    shard = arith::TruncIOp::create(rank.builder, rank.loc, element, shard);
  int64_t rows = cast<RankedTensorType>(table.getType()).getDimSize(0);
  Value count =
      arith::ConstantOp::create(rank.builder, rank.loc, rank.builder.getIntegerAttr(element, rows));
  Value first = arith::MulIOp::create(rank.builder, rank.loc, shard, count);
  Value firsts = tensor::SplatOp::create(rank.builder, rank.loc, first, idType);
  Value own = arith::SubIOp::create(rank.builder, rank.loc, ids, firsts);
  auto lookup = EmbeddingOp::create(rank.builder, rank.loc, rank.getLocalType(op.getType()), own,
                                    table, /*shard=*/Value());
  lookup->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return lookup;
}

static SmallVector<Value> extractEmbedding(EmbeddingOp op, RankExtractor &rank) {
  if (!op.getShard())
    return rank.extractCompute(op);
  if (!rank.findPlace(op.getType()))
    return {};
  rank.calls.begin(rank.number);
  Value result = lookUpShard(op, rank);
  rank.calls.end(rank.number);
  return {result};
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

namespace {
/// Looks up rows: a row outside the table, or outside a device's shard of it, is zero.
struct EmbeddingPattern final : OpConversionPattern<EmbeddingOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(EmbeddingOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value ids = adaptor.getIds(), table = adaptor.getTable();
    unsigned lead = getLead(op.getType());
    unsigned idDims = Emitter::getShape(ids).size(),
             rowDims = op.getTable().getType().getRank() - 1;
    int64_t rows = op.getTable().getType().getDimSize(0);
    int64_t realRows = getGlobalShape(op.getTable().getType()).front();
    SmallVector<int64_t> shape(Emitter::getShape(ids));
    llvm::append_range(shape, Emitter::getShape(table).take_back(rowDims));
    Type type = Emitter::getElementType(table);
    if (rows == 0) {
      rewriter.replaceOp(op, emit.fill(shape, type, 0));
      return success();
    }
    unsigned rank = shape.size();
    SmallVector<Value> inputs{ids};
    SmallVector<AffineMap> maps{emit.select(rank, countFrom(0, idDims))};
    if (op.getShard()) {
      inputs.push_back(emit.takeFirst(adaptor.getShard(), {lead}));
      maps.push_back(emit.select(rank, countFrom(0, lead)));
    }
    auto body = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
      auto number = [&](int64_t value) -> Value {
        return arith::ConstantIndexOp::create(b, loc, value);
      };
      auto toIndex = [&](Value integer) -> Value {
        return arith::IndexCastOp::create(b, loc, b.getIndexType(), integer);
      };
      // As unsigned numbers, indices below zero are past the end.
      auto isBelow = [&](Value a, int64_t limit) -> Value {
        return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, a, number(limit));
      };
      Value id = toIndex(x[0]), row = id, found = isBelow(id, realRows);
      if (x.size() > 1) {
        Value first = arith::MulIOp::create(b, loc, toIndex(x[1]), number(rows));
        row = arith::SubIOp::create(b, loc, id, first);
        found = arith::AndIOp::create(b, loc, found, isBelow(row, rows));
      } else if (rows < realRows) {
        found = isBelow(id, rows);
      }
      row = arith::SelectOp::create(b, loc, found, row, number(0));
      SmallVector<Value> index;
      if (lead)
        index.push_back(linalg::IndexOp::create(b, loc, 0));
      index.push_back(row);
      for (unsigned dim = rank - rowDims; dim < rank; ++dim)
        index.push_back(linalg::IndexOp::create(b, loc, dim));
      Value element = tensor::ExtractOp::create(b, loc, table, index);
      Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0));
      return arith::SelectOp::create(b, loc, found, element, zero);
    };
    rewriter.replaceOp(op, emit.map(inputs, maps, shape, type, body));
    return success();
  }
};
} // namespace

void dagrt::populateEmbeddingPatterns(const LinalgTypeConverter &converter,
                                      RewritePatternSet &patterns) {
  patterns.add<EmbeddingPattern>(converter, patterns.getContext());
}

void dagrt::attachEmbeddingModels(MLIRContext &context) {
  EmbeddingOp::attachInterface<LocalModel<EmbeddingOp, computeEmbedding>,
                               RankModel<EmbeddingOp, extractEmbedding>>(context);
}
