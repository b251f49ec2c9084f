//===- Movement.cpp - Slice, concat, reorder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An order of tokens is a table of them, so that a program does not grow with its blocks.
//
//===----------------------------------------------------------------------===//

#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "ArrayArithmetic.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
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
static Array computeConcat(ConcatOp op, Operands parts, ArrayRef<int64_t> shape) {
  int64_t dim = op.getDim();
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

static Array computeReorder(ReorderOp op, Operands operands, ArrayRef<int64_t>) {
  const Array &x = *operands[0];
  int64_t dim = op.getDim(), count = x.shape[dim];
  SmallVector<int64_t> tokens = getTokens(op.getOrder(), count);
  SmallVector<int64_t> from = tokens;
  if (op.getInverse())
    for (auto [place, token] : llvm::enumerate(tokens))
      from[token] = place;
  return selectAlong(x, dim, x.shape, [&](int64_t i) { return from[i]; });
}

static Array computeSlice(SliceOp op, Operands operands, ArrayRef<int64_t> shape) {
  return sliceAlong(*operands[0], op.getDim(), op.getOffset().toNumber(), shape);
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

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
} // namespace

void dagrt::populateMovementPatterns(const LinalgTypeConverter &converter,
                                     RewritePatternSet &patterns) {
  patterns.add<SlicePattern, ConcatPattern, ReorderPattern>(converter, patterns.getContext());
}

LogicalResult dagrt::verifyTableOfTokens(Operation *op, int64_t tokens) {
  constexpr int64_t kMostTokens = int64_t(1) << 24;
  if (tokens <= kMostTokens)
    return success();
  return op->emitError() << "expects an order of at most " << kMostTokens
                         << " tokens to convert it to linalg, got " << tokens;
}

static LogicalResult verifyToLinalg(ReorderOp op) {
  return verifyTableOfTokens(op, cast<RankedTensorType>(op.getType()).getDimSize(op.getDim()));
}

void dagrt::attachMovementModels(MLIRContext &context) {
  SliceOp::attachInterface<LocalModel<SliceOp, computeSlice>>(context);
  ConcatOp::attachInterface<LocalModel<ConcatOp, computeConcat>>(context);
  ReorderOp::attachInterface<LocalModel<ReorderOp, computeReorder>,
                             ToLinalgModel<ReorderOp, verifyToLinalg>>(context);
}
