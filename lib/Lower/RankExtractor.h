//===- RankExtractor.h - Builds the program of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The builder that the extraction of ranks (ExtractRank.cpp) gives to families of ops (Ops).
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_RANKEXTRACTOR_H
#define DAGRT_LIB_LOWER_RANKEXTRACTOR_H

#include "CarriedType.h"
#include "RankCalls.h"
#include "dagrt/Lower/ExtractRank.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

namespace dagrt {

/// Builds the program of one device. Families of ops write their part of it with what is public
/// here (RankExtractionOpInterface).
class RankExtractor {
public:
  RankExtractor(mlir::func::FuncOp placed, mlir::func::FuncOp local, int64_t device,
                const ExtractRankOptions &options);
  llvm::LogicalResult run();

  /// An op that computes a device's results from that device's operands: the op itself.
  llvm::SmallVector<mlir::Value> extractCompute(mlir::Operation *op);
  /// Operand `index` of `op` as the device holds it, with zeros in the padding of dims that `op`
  /// contracts.
  mlir::Value getOperand(mlir::Operation *op, unsigned index);
  /// Sends the device's pieces of a value, after its receives have been posted.
  void exchange(llvm::ArrayRef<RankPiece> pieces, int64_t firstTag, mlir::Value operand,
                mlir::Type elementType);
  /// A buffer that holds what arrives; zero where nothing does.
  mlir::Value makeTarget(llvm::ArrayRef<RankPiece> pieces, mlir::RankedTensorType type, bool sums);
  /// The elements `ranges` of a value, by their global numbers, that the device holds.
  mlir::Value cutRanges(mlir::Value value, int64_t place, llvm::ArrayRef<Range> ranges);
  /// The matmul of two local tensors, of the local type `type`: a call of the runtime's GEMM,
  /// which knows one type, or an op.
  mlir::Value multiply(mlir::Value lhs, mlir::Value rhs, int64_t contract,
                       mlir::RankedTensorType type);
  mlir::Value getDenseConstant(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> numbers);

  mlir::Type convert(mlir::Type elementType) const;
  mlir::RankedTensorType getLocalType(mlir::RankedTensorType type) const;
  /// The device's index in the mesh of a value; none if it holds no part of it.
  std::optional<int64_t> findPlace(mlir::Type type);
  Layout getLayout(mlir::Type type) { return *Layout::get(placed, getCarriedType(type)); }
  Layout getLayout(mlir::Value value) { return getLayout(value.getType()); }
  int64_t getRank(int64_t ofDevice) const { return ranks.lookup(ofDevice); }

  int64_t device;
  ExtractRankOptions options;
  mlir::OpBuilder builder;
  RankCalls calls;
  mlir::IRMapping mapping; ///< From placed values to the device's.
  mlir::Location loc;      ///< Of the op that is extracted.
  int64_t number = 0;      ///< Of the op that is extracted.
  int64_t nextTag = 0;
  llvm::DenseMap<mlir::Operation *, int64_t> sendTags; ///< The first tag of each send.

private:
  void extract(mlir::Operation *op);
  void extractReturn(mlir::func::ReturnOp op);

  mlir::func::FuncOp placed, local;
  llvm::DenseMap<int64_t, int64_t> ranks; ///< Of physical devices.
};

/// Offsets, sizes and steps of the part `ranges` of what device `place` holds of a value that lies
/// as `layout`.
struct LocalPart {
  LocalPart(mlir::OpBuilder &builder, const Layout &layout, int64_t place,
            llvm::ArrayRef<Range> ranges);

  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, steps;
  llvm::SmallVector<int64_t> shape;
};

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_RANKEXTRACTOR_H
