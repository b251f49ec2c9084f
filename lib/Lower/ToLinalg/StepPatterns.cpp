//===- StepPatterns.cpp - Products in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In one step every device takes another block of a whole operand, or fills another block of its
// result: which one is computed from the device's index.
//
//===----------------------------------------------------------------------===//

#include "MeshFactors.h"
#include "Patterns.h"
#include "dagrt/IR/MatmulStep.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// Dim `dim` (the devices counted) of a whole tensor, in blocks of `size` elements over `axis`.
struct Blocks {
  MeshOp mesh;
  AxesAttr axis;
  int64_t dim = 0, size = 0;

  /// The first element of the device's block, inside the body of a map.
  Value emitBegin(OpBuilder &b, Location loc) const {
    Value shard = emitShardIndex(b, loc, mesh, axis, linalg::IndexOp::create(b, loc, 0));
    return arith::MulIOp::create(b, loc, shard, arith::ConstantIndexOp::create(b, loc, size));
  }
};
} // namespace

/// Elements of `source` where `getIndex` of the result's index in `dim` is inside it, else zero.
static Value gatherAlong(Emitter &emit, Value source, int64_t dim, ArrayRef<int64_t> shape,
                         function_ref<Value(OpBuilder &, Location, Value)> getIndex) {
  Type type = Emitter::getElementType(source);
  int64_t size = Emitter::getShape(source)[dim];
  if (size == 0)
    return emit.fill(shape, type, 0);
  return emit.map({}, {}, shape, type, [&](OpBuilder &b, Location loc, ValueRange) -> Value {
    SmallVector<Value> index;
    for (size_t i = 0; i < shape.size(); ++i)
      index.push_back(linalg::IndexOp::create(b, loc, i));
    Value at = getIndex(b, loc, index[dim]);
    // As unsigned numbers, indices below zero are past the end.
    Value isInside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, at,
                                           arith::ConstantIndexOp::create(b, loc, size));
    index[dim] =
        arith::SelectOp::create(b, loc, isInside, at, arith::ConstantIndexOp::create(b, loc, 0));
    Value element = tensor::ExtractOp::create(b, loc, source, index);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    return arith::SelectOp::create(b, loc, isInside, element, zero);
  });
}

/// Each device's block of a whole operand.
static Value pickBlock(Emitter &emit, Value whole, const Blocks &blocks) {
  SmallVector<int64_t> shape(Emitter::getShape(whole));
  shape[blocks.dim] = blocks.size;
  return gatherAlong(emit, whole, blocks.dim, shape, [&](OpBuilder &b, Location loc, Value i) {
    return arith::AddIOp::create(b, loc, blocks.emitBegin(b, loc), i).getResult();
  });
}

/// Each device's block in its place in a whole result of `size` elements; the rest is zero.
static Value placeBlock(Emitter &emit, Value block, int64_t size, const Blocks &blocks) {
  SmallVector<int64_t> shape(Emitter::getShape(block));
  shape[blocks.dim] = size;
  return gatherAlong(emit, block, blocks.dim, shape, [&](OpBuilder &b, Location loc, Value i) {
    return arith::SubIOp::create(b, loc, i, blocks.emitBegin(b, loc)).getResult();
  });
}

namespace {
struct MatmulStepPattern final : OpConversionPattern<MatmulStepOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(MatmulStepOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    // A device multiplies real elements only.
    MeshOp mesh = lookupMesh(op, getDist(op.getType()).getMesh());
    Value sides[] = {zeroPadding(emit, adaptor.getLhs(), mesh, getDist(op.getLhs().getType())),
                     zeroPadding(emit, adaptor.getRhs(), mesh, getDist(op.getRhs().getType()))};
    Type type = getElementTypeOrSelf(getTypeConverter()->convertType(op.getType()));
    std::optional<StepBlock> block = getStepBlock(op);
    Blocks blocks;
    if (block) {
      RankedTensorType holder = getSideType(op, block->holder);
      blocks.mesh = mesh;
      blocks.axis = getDist(holder).getDims()[block->holderDim];
      blocks.size = holder.getDimSize(block->holderDim);
      blocks.dim = block->wholeDim + 1;
      if (block->wholeSide != ProductSide::Result) {
        Value &value = sides[unsigned(block->wholeSide)];
        value = pickBlock(emit, value, blocks);
      }
    } else {
      dagrt::Range rows =
          getBlockRange(getGlobalShape(op.getRhs().getType()).front(), op.getSteps(), op.getStep());
      sides[1] = emit.slice(sides[1], 1, rows.begin, rows.size());
    }
    Value product = emitMatmul(emit, sides[0], sides[1], 1, op.getContract(), getComputeType(type));
    if (block && block->wholeSide == ProductSide::Result)
      product = placeBlock(emit, product, op.getType().getDimSize(block->wholeDim), blocks);
    if (!op.getAcc()) {
      rewriter.replaceOp(op, emit.convert(product, type));
      return success();
    }
    auto add = [](OpBuilder &b, Location loc, ValueRange x) -> Value {
      return arith::AddFOp::create(b, loc, x[0], x[1]);
    };
    rewriter.replaceOp(op, emit.map({adaptor.getAcc(), product}, type, add));
    return success();
  }
};
} // namespace

void dagrt::populateStepPatterns(const LinalgTypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<MatmulStepPattern>(converter, patterns.getContext());
}
