//===- Matmul.cpp - Matmuls, and steps of a ring -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In one step of a ring every device takes another block of a replicated operand, or fills another
// block of its result: which one is computed from the device's index.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "ArrayArithmetic.h"
#include "Models.h"
#include "dagrt/IR/MatmulStep.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
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

/// A matmul for each element of the batch dims, which are the first of `rhs` and any of `lhs`.
static Array computeMatmul(MatmulOp op, Operands operands, ArrayRef<int64_t> shape) {
  const Array &lhs = *operands[0], &rhs = *operands[1];
  ArrayRef<int64_t> batch = op.getBatch(), right = rhs.shape;
  if (batch.empty())
    return multiply(lhs, rhs, op.getContract(), shape);
  ArrayRef<int64_t> kept = ArrayRef<int64_t>(lhs.shape).drop_back(op.getContract());
  ArrayRef<int64_t> matrix = right.drop_front(batch.size());
  int64_t k = getNumElements(matrix.take_front(op.getContract()));
  int64_t n = getNumElements(matrix.drop_front(op.getContract())), row = 0;
  Array result(shape);
  forEachIndex(kept, [&](ArrayRef<int64_t> index) {
    int64_t number = 0;
    for (auto [i, dim] : llvm::enumerate(batch))
      number = number * right[i] + index[dim];
    for (int64_t i = 0; i < k; ++i)
      for (int64_t column = 0; column < n; ++column)
        result.elements[row * n + column] +=
            lhs.elements[row * k + i] * rhs.elements[(number * k + i) * n + column];
    ++row;
  });
  return result;
}

static Array computeJoin(MatmulJoinOp, Operands operands, ArrayRef<int64_t>) {
  Array sum = *operands[0];
  for (auto [element, other] : llvm::zip_equal(sum.elements, operands[1]->elements))
    element += other;
  return sum;
}

/// Each device multiplies what it holds of both operands, and adds it to what it holds of the
/// result.
static PlacedArray evaluateStep(MatmulStepOp op, PlacedOperands operands, Placement placement,
                                uint64_t) {
  PlacedArray result = op.getAcc() ? *operands[2] : PlacedArray::getZeros(placement);
  const PlacedArray &lhs = *operands[0];
  const PlacedArray &rhs = *operands[1];
  for (int64_t device = 0, e = placement.getNumDevices(); device < e; ++device) {
    SmallVector<dagrt::Range> ranges = getStepRanges(op, device);
    auto cut = [&](const PlacedArray &value, ProductSide side) {
      return cutBox(value.locals[device], value.placement.getOrigin(device),
                    getSideRanges(op, side, ranges));
    };
    SmallVector<dagrt::Range> box = getSideRanges(op, ProductSide::Result, ranges);
    SmallVector<int64_t> shape;
    for (dagrt::Range range : box)
      shape.push_back(range.size());
    Array product =
        multiply(cut(lhs, ProductSide::Lhs), cut(rhs, ProductSide::Rhs), op.getContract(), shape);
    addBox(product, result.locals[device], placement.getOrigin(device), box);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// The matmul of the blocks that the device holds, added to the sum in its place.
static Value extractMatmulStep(MatmulStepOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  Box ranges = getStepRanges(op, *place);
  Box box = getSideRanges(op, ProductSide::Result, ranges);
  LocalPart part(rank.builder, rank.getLayout(op.getResult()), *place, box);
  RankedTensorType type = rank.getLocalType(op.getType());
  Value sum = op.getAcc() ? rank.mapping.lookup(op.getAcc()) : Value();
  bool isEmpty = llvm::any_of(ranges, [](dagrt::Range range) { return range.size() == 0; });
  bool isWhole = type.getShape() == ArrayRef<int64_t>(part.shape);
  if (!sum && (isEmpty || !isWhole))
    sum = arith::ConstantOp::create(rank.builder, rank.loc, rank.builder.getZeroAttr(type));
  if (isEmpty)
    return sum;
  rank.calls.begin(rank.number);
  auto partType = RankedTensorType::get(part.shape, type.getElementType());
  Value lhs = rank.cutRanges(op.getLhs(), *place, getSideRanges(op, ProductSide::Lhs, ranges));
  Value rhs = rank.cutRanges(op.getRhs(), *place, getSideRanges(op, ProductSide::Rhs, ranges));
  Value result = rank.multiply(lhs, rhs, op.getContract(), partType);
  if (op.getAcc()) {
    Value before = sum;
    if (!isWhole)
      before = tensor::ExtractSliceOp::create(rank.builder, rank.loc, partType, sum, part.offsets,
                                              part.sizes, part.steps);
    result = AddOp::create(rank.builder, rank.loc, partType, before, result);
  }
  if (!isWhole)
    result = tensor::InsertSliceOp::create(rank.builder, rank.loc, result, sum, part.offsets,
                                           part.sizes, part.steps);
  rank.calls.end(rank.number);
  return result;
}

/// On one device two sums are just added.
static Value extractJoin(MatmulJoinOp op, RankExtractor &rank) {
  if (!rank.findPlace(op.getType()))
    return {};
  rank.calls.begin(rank.number);
  Value sum = AddOp::create(rank.builder, rank.loc, rank.getLocalType(op.getType()),
                            rank.mapping.lookup(op.getLhs()), rank.mapping.lookup(op.getRhs()));
  rank.calls.end(rank.number);
  return sum;
}

static SmallVector<Value> extractMatmul(MatmulOp op, RankExtractor &rank) {
  Type element = rank.convert(op.getType().getElementType());
  if (!op.getBatch().empty() || !rank.options.useGemm || !hasGemm(element))
    return rank.extractCompute(op);
  if (!rank.findPlace(op.getType()))
    return {};
  rank.calls.begin(rank.number);
  Value result = rank.multiply(rank.getOperand(op, 0), rank.getOperand(op, 1), op.getContract(),
                               rank.getLocalType(op.getType()));
  rank.calls.end(rank.number);
  return {result};
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

Value dagrt::emitMatmul(Emitter &emit, Value lhs, Value rhs, unsigned lead, unsigned k, Type type,
                        ArrayRef<int64_t> batch) {
  ArrayRef<int64_t> left = Emitter::getShape(lhs), right = Emitter::getShape(rhs);
  unsigned m = left.size() - lead - k, n = right.size() - lead - k - batch.size();
  unsigned rank = lead + m + k + n;
  // The columns are innermost: consecutive in the right operand and in the result.
  SmallVector<unsigned> devices = countFrom(0, lead), rows = countFrom(lead, m),
                        sums = countFrom(lead + m, k), columns = countFrom(lead + m + k, n), matrix;
  for (int64_t dim : batch)
    matrix.push_back(rows[dim]);
  llvm::append_range(matrix, sums);
  auto pick = [&](ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
    return emit.select(rank, llvm::to_vector(llvm::concat<const unsigned>(devices, a, b)));
  };
  SmallVector<int64_t> shape(left.drop_back(k));
  llvm::append_range(shape, right.drop_front(lead + batch.size() + k));
  return emit.contract(lhs, rhs, {pick(rows, sums), pick(matrix, columns), pick(rows, columns)},
                       shape, type);
}

namespace {
struct MatmulPattern final : OpConversionPattern<dagrt::MatmulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dagrt::MatmulOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value lhs = zeroContracted(emit, op, 0, adaptor.getLhs());
    Value rhs = zeroContracted(emit, op, 1, adaptor.getRhs());
    Type type = getElementTypeOrSelf(getTypeConverter()->convertType(op.getType()));
    rewriter.replaceOp(op, emitMatmul(emit, lhs, rhs, getLead(op.getType()), op.getContract(), type,
                                      op.getBatch()));
    return success();
  }
};

struct JoinPattern final : OpConversionPattern<MatmulJoinOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MatmulJoinOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value lhs = adaptor.getLhs(), rhs = adaptor.getRhs();
    ArrayRef<int64_t> shape = Emitter::getShape(lhs);
    AffineMap all = rewriter.getMultiDimIdentityMap(shape.size());
    auto body = [](OpBuilder &b, Location loc, ValueRange x) -> Value {
      return arith::AddFOp::create(b, loc, x[0], x[1]);
    };
    rewriter.replaceOp(op,
                       emit.map({lhs, rhs}, {all, all}, shape, Emitter::getElementType(lhs), body));
    return success();
  }
};
} // namespace

namespace {
/// Dim `dim` (the devices counted) of a replicated tensor, in blocks of `size` elements over
/// `axis`.
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

/// Each device's block of a replicated operand.
static Value pickBlock(Emitter &emit, Value whole, const Blocks &blocks) {
  SmallVector<int64_t> shape(Emitter::getShape(whole));
  shape[blocks.dim] = blocks.size;
  return gatherAlong(emit, whole, blocks.dim, shape, [&](OpBuilder &b, Location loc, Value i) {
    return arith::AddIOp::create(b, loc, blocks.emitBegin(b, loc), i).getResult();
  });
}

/// Each device's block in its position in a replicated result of `size` elements; the rest is zero.
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
    Value sides[] = {zeroPadding(emit, adaptor.getLhs(), *Layout::get(op, op.getLhs().getType())),
                     zeroPadding(emit, adaptor.getRhs(), *Layout::get(op, op.getRhs().getType()))};
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

void dagrt::populateMatmulPatterns(const LinalgTypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<MatmulPattern, JoinPattern, MatmulStepPattern>(converter, patterns.getContext());
}

void dagrt::attachMatmulModels(MLIRContext &context) {
  MatmulOp::attachInterface<LocalModel<MatmulOp, computeMatmul>,
                            RankModel<MatmulOp, extractMatmul>>(context);
  MatmulJoinOp::attachInterface<LocalModel<MatmulJoinOp, computeJoin>,
                                RankModel<MatmulJoinOp, extractJoin>>(context);
  MatmulStepOp::attachInterface<PlacedModel<MatmulStepOp, evaluateStep>,
                                RankModel<MatmulStepOp, extractMatmulStep>>(context);
}
