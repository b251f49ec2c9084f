//===- ResultType.h - A result's type, from dims of operands -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts the type of a result together from dims of operands, in both forms: a dim brings its global
// size, and in a placed type also its axes and what one device holds of it. So the type of a
// result follows without the mesh, which an op that is being built cannot look up yet.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_RESULTTYPE_H
#define DAGRT_IR_RESULTTYPE_H

#include "dagrt/IR/Distribution.h"

namespace dagrt {

class ResultType {
public:
  /// Appends `count` dims of `type`, from `first` on.
  ResultType &addDims(mlir::RankedTensorType type, int64_t first, int64_t count);
  /// Appends all dims of `type`.
  ResultType &addDims(mlir::RankedTensorType type) { return addDims(type, 0, type.getRank()); }
  /// Appends a dim that is not sharded.
  ResultType &addDim(GlobalSize size);

  /// The result is a sum over `count` dims of `type`: pending over the axes that shard them.
  ResultType &contract(mlir::RankedTensorType type, int64_t first, int64_t count);
  /// A sum that is pending in `type` is pending in the result, unless another one is.
  ResultType &keepPartial(mlir::RankedTensorType type);

  /// The type with these elements; null if a dim that was asked for does not exist, or if nothing
  /// is known of the size of a placed one.
  mlir::RankedTensorType get(mlir::Type elementType) const;

private:
  struct Dim {
    GlobalSize global;
    int64_t local;
    AxesAttr axes; ///< Null in the logical form.
  };
  bool hasDims(mlir::RankedTensorType type, int64_t first, int64_t count);
  mlir::RankedTensorType getPlaced(mlir::Type elementType, GlobalShape shape) const;

  llvm::SmallVector<Dim, 6> dims;
  llvm::SmallVector<AxisRefAttr, 2> partial;
  mlir::FlatSymbolRefAttr mesh; ///< Null in the logical form.
  bool isValid = true;
};

/// Appends `type` to `types`, and fails if it is null: what an op's inferReturnTypes ends with.
llvm::LogicalResult addInferred(llvm::SmallVectorImpl<mlir::Type> &types,
                                mlir::RankedTensorType type);

} // namespace dagrt

#endif // DAGRT_IR_RESULTTYPE_H
