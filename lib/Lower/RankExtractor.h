//===- RankExtractor.h - Builds the program of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the extraction of ranks: communication in ExtractCommunication.cpp, all else in
// ExtractRank.cpp.
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

/// Builds the program of one device.
class RankExtractor {
public:
  RankExtractor(mlir::func::FuncOp placed, mlir::func::FuncOp local, int64_t device,
                const ExtractRankOptions &options);
  llvm::LogicalResult run();

private:
  llvm::LogicalResult extract(mlir::Operation *op);
  mlir::Value extractCollective(mlir::Operation *op, AxesAttr axes, bool sums);
  mlir::Value extractAllReduce(AllReduceOp op);
  mlir::Value extractAllSlice(AllSliceOp op);
  void extractSend(SendOp op);
  mlir::Value extractRecv(RecvOp op);
  mlir::Value extractPositions(PositionsOp op);
  mlir::Value extractSlopes(AlibiSlopesOp op);
  mlir::Value extractAxisIndex(AxisIndexOp op);
  mlir::Value extractConstant(mlir::arith::ConstantOp op);
  mlir::Value extractLookup(EmbeddingOp op);
  mlir::Value extractMatmulStep(MatmulStepOp op);
  mlir::Value extractJoin(MatmulJoinOp op);
  mlir::Value getOperand(mlir::Operation *op, unsigned index);
  mlir::FailureOr<mlir::Value> extractCompute(mlir::Operation *op);
  void extractReturn(mlir::func::ReturnOp op);

  /// Sends the device's pieces of a value, after its receives have been posted.
  void exchange(llvm::ArrayRef<RankPiece> pieces, int64_t firstTag, mlir::Value operand,
                mlir::Type elementType);
  /// A buffer that holds what arrives; zero where nothing does.
  mlir::Value makeTarget(llvm::ArrayRef<RankPiece> pieces, mlir::RankedTensorType type, bool sums);
  /// The elements `ranges` of a value, by their global numbers, that the device holds.
  mlir::Value cutRanges(mlir::Value value, int64_t place, llvm::ArrayRef<Range> ranges);
  /// The product of two local tensors, of the local type `type`.
  mlir::Value multiply(mlir::Value lhs, mlir::Value rhs, int64_t contract,
                       mlir::RankedTensorType type);
  mlir::Value getDenseConstant(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> numbers);

  mlir::Type convert(mlir::Type elementType) const;
  mlir::RankedTensorType getLocalType(mlir::RankedTensorType type) const;
  std::optional<int64_t> findPlace(mlir::Type type);
  PlacedType getPlaced(mlir::Value value) {
    return PlacedType(placed, getCarriedType(value.getType()));
  }
  int64_t getRank(int64_t ofDevice) const { return ranks.lookup(ofDevice); }

  mlir::func::FuncOp placed, local;
  int64_t device;
  ExtractRankOptions options;
  mlir::OpBuilder builder;
  RankCalls calls;
  mlir::IRMapping mapping;
  mlir::Location loc;
  llvm::DenseMap<int64_t, int64_t> ranks; ///< Of physical devices.
  int64_t nextTag = 0;
  llvm::DenseMap<mlir::Operation *, int64_t> sendTags; ///< The first tag of each send.
  int64_t number = 0;                                  ///< Of the op that is extracted.
};

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_RANKEXTRACTOR_H
