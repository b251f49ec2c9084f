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
  Value ids = mapping.lookup(op.getIds()), table = mapping.lookup(op.getTable());
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

/// A call of the runtime's GEMM.
Value RankExtractor::extractMatmul(MatmulOp op) {
  RankedTensorType type = getLocalType(op.getType());
  Value target = calls.makeBuffer(type.getShape(), type.getElementType(), /*zero=*/false);
  calls.gemm(calls.getBuffer(mapping.lookup(op.getLhs())),
             calls.getBuffer(mapping.lookup(op.getRhs())), op.getContract(), target);
  return calls.getTensor(target);
}
