//===- MatmulStep.h - Which part of a matmul a step computes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dims of a matmul are its factors, m..., k... and n...; each is in two of the three
// tensors. A step of a ring is told by its types: one factor is sharded in one tensor and
// replicated in the other.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_MATMULSTEP_H
#define DAGRT_IR_MATMULSTEP_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Distribution.h"

namespace dagrt {

/// The tensors of a matmul.
enum class ProductSide { Lhs, Rhs, Result };

/// A dim of a matmul, and where it is.
struct ProductFactor {
  ProductSide first = ProductSide::Lhs, second = ProductSide::Rhs;
  int64_t firstDim = 0, secondDim = 0;
};

/// The factors of a matmul, m..., k..., n..., of operands with these ranks.
llvm::SmallVector<ProductFactor> getProductFactors(int64_t lhsRank, int64_t rhsRank,
                                                   int64_t contract);

/// The factor that a ring's step takes a block of.
struct StepBlock {
  ProductFactor factor;
  /// The tensor that holds blocks, and its dim; the other replicates the dim.
  ProductSide holder = ProductSide::Lhs, wholeSide = ProductSide::Rhs;
  int64_t holderDim = 0, wholeDim = 0;
  AxisRefAttr axis;

  /// True if sums travel, and not operands.
  bool isTravelling() const { return holder == ProductSide::Result; }
};

/// The block of a step in a ring; none of a piece. Precondition: the op verifies.
std::optional<StepBlock> getStepBlock(MatmulStepOp op);

/// The type of a side.
mlir::RankedTensorType getSideType(MatmulStepOp op, ProductSide side);

/// Block `index` of `size` elements in `count` blocks.
inline Range getBlockRange(int64_t size, int64_t count, int64_t index) {
  int64_t block = getShardSize(size, count), begin = std::min(index * block, size);
  return {begin, std::min(begin + block, size)};
}

/// For each factor the elements, by their global numbers in the full matmul, that the device at
/// `place` multiplies.
llvm::SmallVector<Range> getStepRanges(MatmulStepOp op, int64_t place);

/// The elements of one side among `ranges`, and by how much the side's own global numbers are
/// behind those of the matmul (a piece of `lhs` begins at 0).
llvm::SmallVector<Range> getSideRanges(MatmulStepOp op, ProductSide side,
                                       llvm::ArrayRef<Range> ranges);

/// The elements of the payload's dim that a received piece holds.
Range getPieceRange(RecvOp op);

/// The type of piece `piece` of `pieces` of `payload`, along a dim that is replicated.
mlir::RankedTensorType getPieceType(mlir::RankedTensorType payload, int64_t dim, int64_t piece,
                                    int64_t pieces);

} // namespace dagrt

#endif // DAGRT_IR_MATMULSTEP_H
