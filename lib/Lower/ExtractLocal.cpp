//===- ExtractLocal.cpp - Ops that mean something else on a device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On one device, positions, indices along axes and the place of a slice are numbers, and a lookup
// in cut rows is one in rows that begin somewhere.
//
//===----------------------------------------------------------------------===//

#include "RankExtractor.h"
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/Padding.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dagrt;

Value RankExtractor::getDenseConstant(RankedTensorType type, ArrayRef<int64_t> numbers) {
  SmallVector<APInt> elements;
  unsigned width = type.getElementTypeBitWidth();
  for (int64_t element : numbers)
    elements.push_back(APInt(64, element, /*isSigned=*/true).sextOrTrunc(width));
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, elements));
}

/// The real elements of the device's shard, and zeros behind them.
Value RankExtractor::extractAllSlice(AllSliceOp op) {
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  auto [source, target] = getOwnBox(getPlaced(op.getOperand()), getPlaced(op.getResult()), *place);
  RankedTensorType type = getLocalType(op.getType());
  if (source.getNumElements() == 0)
    return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  SmallVector<OpFoldResult> offsets, sizes, steps, low, high;
  for (auto [dim, size] : llvm::enumerate(source.sizes)) {
    offsets.push_back(builder.getIndexAttr(source.offsets[dim]));
    sizes.push_back(builder.getIndexAttr(size));
    steps.push_back(builder.getIndexAttr(1));
    low.push_back(builder.getIndexAttr(0));
    high.push_back(builder.getIndexAttr(type.getDimSize(dim) - size));
  }
  Value slice = tensor::ExtractSliceOp::create(builder, loc, mapping.lookup(op.getOperand()),
                                               offsets, sizes, steps);
  if (slice.getType() == type)
    return slice;
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(builder, loc, type, slice, low, high, zero);
}

/// Operand `index` of `op` as the device holds it, with zeros in the padding of dims that `op`
/// contracts.
Value RankExtractor::getOperand(Operation *op, unsigned index) {
  Value operand = op->getOperand(index), local = mapping.lookup(operand);
  // Padding of weights, inputs and what is received or cut is zero.
  if (isa<BlockArgument>(operand) ||
      isa<ParameterOp, AllSliceOp, ReduceScatterOp, RecvOp>(operand.getDefiningOp()))
    return local;
  SmallVector<int64_t> padded = getContractedPadding(op, index);
  if (padded.empty())
    return local;
  PlacedType placed = getPlaced(operand);
  SmallVector<dagrt::Range> box = getBox(placed.mesh, placed.dist, *findPlace(placed.type));
  auto type = cast<RankedTensorType>(local.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0)), sizes, high;
  SmallVector<OpFoldResult> steps(type.getRank(), builder.getIndexAttr(1));
  bool isEmpty = false;
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    int64_t real = llvm::is_contained(padded, dim) ? box[dim].size() : size;
    isEmpty |= real == 0;
    sizes.push_back(builder.getIndexAttr(real));
    high.push_back(builder.getIndexAttr(size - real));
  }
  if (isEmpty)
    return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  Value real = tensor::ExtractSliceOp::create(builder, loc, local, offsets, sizes, steps);
  if (real.getType() == type)
    return local;
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(builder, loc, type, real, offsets, high, zero);
}

/// Padding counts on, past the real tokens.
Value RankExtractor::extractPositions(PositionsOp op) {
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  PlacedType value = getPlaced(op.getResult());
  int64_t tokens = value.dist.getOf()[0], size = value.type.getDimSize(0);
  SmallVector<int64_t> order;
  if (TokenOrderAttr attribute = op.getOrderAttr())
    for (auto [first, count] : attribute.getRuns(tokens))
      for (int64_t i = 0; i < count; ++i)
        order.push_back(first + i);
  SmallVector<int64_t> numbers;
  int64_t begin = size * getShardIndex(value.mesh, value.dist.getDims()[0], *place);
  for (int64_t i = begin; i < begin + size; ++i)
    numbers.push_back(op.getFirst() + (i < tokens && !order.empty() ? order[i] : i));
  return getDenseConstant(getLocalType(op.getType()), numbers);
}

/// The slopes of the device's own heads, and zeros for padding.
Value RankExtractor::extractSlopes(AlibiSlopesOp op) {
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  PlacedType value = getPlaced(op.getResult());
  RankedTensorType type = getLocalType(op.getType());
  ArrayRef<int64_t> local = type.getShape(), heads = value.dist.getOf();
  int64_t group = local[0] * getShardIndex(value.mesh, value.dist.getDims()[0], *place);
  int64_t query = local[1] * getShardIndex(value.mesh, value.dist.getDims()[1], *place);
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
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, numbers));
}

Value RankExtractor::extractAxisIndex(AxisIndexOp op) {
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  PlacedType value = getPlaced(op.getResult());
  return getDenseConstant(getLocalType(op.getType()),
                          getShardIndex(value.mesh, value.dist.getDims()[0], *place));
}

/// A constant holds the same elements on every device.
Value RankExtractor::extractConstant(arith::ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!findPlace(type))
    return {};
  auto elements = cast<DenseElementsAttr>(op.getValue());
  RankedTensorType localType = getLocalType(type);
  if (localType.getElementType() != type.getElementType())
    elements = elements.mapValues(localType.getElementType(), [&](const APFloat &element) {
      APFloat number = element;
      bool losesInfo;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      return number.bitcastToAPInt();
    });
  return arith::ConstantOp::create(builder, loc, elements.reshape(localType));
}

/// A lookup in the device's rows: ids count from the first of them. Others give rows of zeros.
Value RankExtractor::extractLookup(EmbeddingOp op) {
  Value ids = mapping.lookup(op.getIds()), table = getOperand(op, 1);
  auto idType = cast<RankedTensorType>(ids.getType());
  Type element = idType.getElementType();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value shard = tensor::ExtractOp::create(builder, loc, mapping.lookup(op.getShard()), zero);
  if (shard.getType().getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
    shard = arith::ExtSIOp::create(builder, loc, element, shard);
  else if (shard.getType() != element)
    shard = arith::TruncIOp::create(builder, loc, element, shard);
  int64_t rows = cast<RankedTensorType>(table.getType()).getDimSize(0);
  Value count = arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(element, rows));
  Value first = arith::MulIOp::create(builder, loc, shard, count);
  Value firsts = tensor::SplatOp::create(builder, loc, first, idType);
  Value own = arith::SubIOp::create(builder, loc, ids, firsts);
  auto lookup =
      EmbeddingOp::create(builder, loc, getLocalType(op.getType()), own, table, /*shard=*/Value());
  lookup->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return lookup;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A call of the runtime's GEMM, which knows one type, or an op.
Value RankExtractor::multiply(Value lhs, Value rhs, int64_t contract, RankedTensorType type) {
  Type element = type.getElementType();
  bool isOneType = getElementTypeOrSelf(lhs) == element && getElementTypeOrSelf(rhs) == element;
  if (!options.useGemm || !hasGemm(element) || !isOneType)
    return MatmulOp::create(builder, loc, type, lhs, rhs, contract);
  Value target = calls.makeBuffer(type.getShape(), type.getElementType(), /*zero=*/false);
  calls.gemm(calls.getBuffer(lhs), calls.getBuffer(rhs), contract, target);
  return calls.getTensor(target);
}

namespace {
/// Offsets, sizes and steps of a part of a local tensor.
struct LocalPart {
  LocalPart(OpBuilder &builder, PlacedType whole, int64_t place, ArrayRef<dagrt::Range> ranges) {
    for (auto [dim, range] : llvm::enumerate(ranges)) {
      int64_t origin =
          getShardIndex(whole.mesh, whole.dist.getDims()[dim], place) * whole.type.getDimSize(dim);
      offsets.push_back(builder.getIndexAttr(range.begin - origin));
      sizes.push_back(builder.getIndexAttr(range.size()));
      steps.push_back(builder.getIndexAttr(1));
      shape.push_back(range.size());
      isEmpty |= range.size() == 0;
    }
  }
  SmallVector<OpFoldResult> offsets, sizes, steps;
  SmallVector<int64_t> shape;
  bool isEmpty = false;
};
} // namespace

Value RankExtractor::cutRanges(Value value, int64_t place, ArrayRef<dagrt::Range> ranges) {
  LocalPart part(builder, getPlaced(value), place, ranges);
  Value local = mapping.lookup(value);
  if (cast<RankedTensorType>(local.getType()).getShape() == ArrayRef<int64_t>(part.shape))
    return local;
  return tensor::ExtractSliceOp::create(builder, loc, local, part.offsets, part.sizes, part.steps);
}

/// The product of the blocks that the device holds, added to the sum in its place.
Value RankExtractor::extractMatmulStep(MatmulStepOp op) {
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  SmallVector<dagrt::Range> ranges = getStepRanges(op, *place);
  SmallVector<dagrt::Range> box = getSideRanges(op, ProductSide::Result, ranges);
  LocalPart part(builder, getPlaced(op.getResult()), *place, box);
  RankedTensorType type = getLocalType(op.getType());
  Value sum = op.getAcc() ? mapping.lookup(op.getAcc()) : Value();
  bool isEmpty = llvm::any_of(ranges, [](dagrt::Range range) { return range.size() == 0; });
  bool isWhole = type.getShape() == ArrayRef<int64_t>(part.shape);
  if (!sum && (isEmpty || !isWhole))
    sum = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  if (isEmpty)
    return sum;
  calls.begin(number);
  auto partType = RankedTensorType::get(part.shape, type.getElementType());
  Value lhs = cutRanges(op.getLhs(), *place, getSideRanges(op, ProductSide::Lhs, ranges));
  Value rhs = cutRanges(op.getRhs(), *place, getSideRanges(op, ProductSide::Rhs, ranges));
  Value result = multiply(lhs, rhs, op.getContract(), partType);
  if (op.getAcc()) {
    Value before = sum;
    if (!isWhole)
      before = tensor::ExtractSliceOp::create(builder, loc, partType, sum, part.offsets, part.sizes,
                                              part.steps);
    result = AddOp::create(builder, loc, partType, before, result);
  }
  if (!isWhole)
    result = tensor::InsertSliceOp::create(builder, loc, result, sum, part.offsets, part.sizes,
                                           part.steps);
  calls.end(number);
  return result;
}

/// On one device two sums are just added.
Value RankExtractor::extractJoin(MatmulJoinOp op) {
  if (!findPlace(op.getType()))
    return {};
  calls.begin(number);
  Value sum = AddOp::create(builder, loc, getLocalType(op.getType()), mapping.lookup(op.getLhs()),
                            mapping.lookup(op.getRhs()));
  calls.end(number);
  return sum;
}
