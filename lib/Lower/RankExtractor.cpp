//===- RankExtractor.cpp - Builds the program of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankExtractor.h"
#include "dagrt/IR/Padding.h"
#include "dagrt/Lower/LowerInterfaces.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

RankExtractor::RankExtractor(func::FuncOp placed, func::FuncOp local, int64_t device,
                             const ExtractRankOptions &options)
    : device(device), options(options), builder(OpBuilder::atBlockEnd(local.addEntryBlock())),
      calls(builder, local), loc(placed.getLoc()), placed(placed), local(local) {
  for (auto [rank, id] : llvm::enumerate(getRankDevices(placed)))
    ranks[id] = static_cast<int64_t>(rank);
}

Type RankExtractor::convert(Type elementType) const {
  return options.toF64 && isa<FloatType>(elementType) ? Float64Type::get(elementType.getContext())
                                                      : elementType;
}

RankedTensorType RankExtractor::getLocalType(RankedTensorType type) const {
  return RankedTensorType::get(type.getShape(), convert(type.getElementType()));
}

std::optional<int64_t> RankExtractor::findPlace(Type type) {
  return findDevice(getLayout(type).getMesh(), device);
}

SmallVector<Value> RankExtractor::extractCompute(Operation *op) {
  if (op->getNumResults() == 0 || !findPlace(op->getResultTypes().front()))
    return {};
  calls.begin(number);
  SmallVector<Value> operands;
  for (unsigned i = 0, e = op->getNumOperands(); i < e; ++i)
    operands.push_back(getOperand(op, i));
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  for (Value result : copy->getResults())
    result.setType(getLocalType(cast<RankedTensorType>(result.getType())));
  calls.end(number);
  return SmallVector<Value>(copy->getResults());
}

Value RankExtractor::getDenseConstant(RankedTensorType type, ArrayRef<int64_t> numbers) {
  SmallVector<APInt> elements;
  unsigned width = type.getElementTypeBitWidth();
  for (int64_t element : numbers)
    elements.push_back(APInt(64, element, /*isSigned=*/true).sextOrTrunc(width));
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, elements));
}

Value RankExtractor::getOperand(Operation *op, unsigned index) {
  Value operand = op->getOperand(index), local = mapping.lookup(operand);
  // Padding of weights and inputs, which are arguments, is zero.
  Operation *source = operand.getDefiningOp();
  if (!source || isa<ParameterOp>(source))
    return local;
  auto extraction = dyn_cast<RankExtractionOpInterface>(source);
  if (extraction && extraction.hasZeroPadding())
    return local;
  SmallVector<int64_t> padded = getContractedPadding(op, index);
  if (padded.empty())
    return local;
  Box box = getLayout(operand).getBox(*findPlace(operand.getType()));
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

Value RankExtractor::multiply(Value lhs, Value rhs, int64_t contract, RankedTensorType type) {
  Type element = type.getElementType();
  bool isOneType = getElementTypeOrSelf(lhs) == element && getElementTypeOrSelf(rhs) == element;
  if (!options.useGemm || !hasGemm(element) || !isOneType)
    return MatmulOp::create(builder, loc, type, lhs, rhs, contract);
  Value target = calls.makeBuffer(type.getShape(), type.getElementType(), /*zero=*/false);
  calls.gemm(calls.getBuffer(lhs), calls.getBuffer(rhs), contract, target);
  return calls.getTensor(target);
}

LocalPart::LocalPart(OpBuilder &builder, const Layout &layout, int64_t place,
                     ArrayRef<dagrt::Range> ranges) {
  for (auto [range, origin] : llvm::zip_equal(ranges, layout.getOrigin(place))) {
    offsets.push_back(builder.getIndexAttr(range.begin - origin));
    sizes.push_back(builder.getIndexAttr(range.size()));
    steps.push_back(builder.getIndexAttr(1));
    shape.push_back(range.size());
  }
}

Value RankExtractor::cutRanges(Value value, int64_t place, ArrayRef<dagrt::Range> ranges) {
  LocalPart part(builder, getLayout(value), place, ranges);
  Value local = mapping.lookup(value);
  if (cast<RankedTensorType>(local.getType()).getShape() == ArrayRef<int64_t>(part.shape))
    return local;
  return tensor::ExtractSliceOp::create(builder, loc, local, part.offsets, part.sizes, part.steps);
}

void RankExtractor::exchange(ArrayRef<RankPiece> pieces, int64_t firstTag, Value operand,
                             Type elementType) {
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.receiver == device && piece.sender != device)
      calls.post(getRank(piece.sender), firstTag + i, piece.source, elementType);
  if (!llvm::is_contained(llvm::map_range(pieces, [](auto &piece) { return piece.sender; }),
                          device))
    return;
  Value buffer = calls.getBuffer(operand);
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.sender == device)
      calls.send(getRank(piece.receiver), firstTag + i, buffer, piece.source);
}

Value RankExtractor::makeTarget(ArrayRef<RankPiece> pieces, RankedTensorType type, bool sums) {
  int64_t missing = type.getNumElements();
  for (const RankPiece &piece : pieces)
    if (piece.receiver == device)
      missing -= piece.target.getNumElements();
  Type elementType = sums ? getSumType(type.getElementType()) : type.getElementType();
  return calls.makeBuffer(type.getShape(), elementType, /*zero=*/sums || missing > 0);
}
