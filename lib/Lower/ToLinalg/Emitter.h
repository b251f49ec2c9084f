//===- Emitter.h - Short ways to say linalg and tensor ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The conversion is written in terms of tensors: map, contract, reduce, and moving dims. Each
// method is one upstream op and its result shape, or a few where upstream has no single one. All
// shapes are static.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_TOLINALG_EMITTER_H
#define DAGRT_LIB_LOWER_TOLINALG_EMITTER_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dagrt {

/// What is computed in: f32 for narrower floats, else the type itself. Sums of products of bf16
/// accumulate in f32, and are rounded once.
mlir::Type getComputeType(mlir::Type elementType);

enum class Reduction { Sum, Max };

class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  /// Makes one element of a result from the elements of the inputs. Floats are in the compute type.
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

  static llvm::ArrayRef<int64_t> getShape(mlir::Value tensor);
  static mlir::Type getElementType(mlir::Value tensor);

  /// The map of `numDims` dims to those listed.
  mlir::AffineMap select(unsigned numDims, llvm::ArrayRef<unsigned> dims);

  mlir::Value makeEmpty(llvm::ArrayRef<int64_t> shape, mlir::Type type);
  /// All elements are `value`, which integers hold exactly.
  mlir::Value fill(llvm::ArrayRef<int64_t> shape, mlir::Type type, double value);
  /// A scalar constant.
  mlir::Value scalar(mlir::Type type, double value);

  /// Each element of a tensor of `shape`, rounded to `type`; `maps` say which element of each input
  /// it is made of.
  mlir::Value map(mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                  llvm::ArrayRef<int64_t> shape, mlir::Type type, Body body);
  /// The same for inputs of one shape.
  mlir::Value map(mlir::ValueRange inputs, mlir::Type type, Body body);
  /// The tensor with elements of another float type.
  mlir::Value convert(mlir::Value tensor, mlir::Type type);

  /// Sum of products over the dims that `result` does not have, rounded to `type`.
  mlir::Value contract(mlir::Value lhs, mlir::Value rhs, llvm::ArrayRef<mlir::AffineMap> maps,
                       llvm::ArrayRef<int64_t> shape, mlir::Type type);
  /// Without the dims `dims`; elements are of the compute type.
  mlir::Value reduce(mlir::Value tensor, llvm::ArrayRef<int64_t> dims, Reduction reduction);

  /// The tensor repeated along new dims: `dims` of the result, which has `shape`.
  mlir::Value broadcast(mlir::Value tensor, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> dims);
  /// Dim `i` of the result is dim `permutation[i]`.
  mlir::Value transpose(mlir::Value tensor, llvm::ArrayRef<int64_t> permutation);
  /// `size` elements of dim `dim`, every `stride`-th from `offset` on.
  mlir::Value slice(mlir::Value tensor, int64_t dim, int64_t offset, int64_t size,
                    int64_t stride = 1);
  /// The inverse: `part` in its place in `whole`.
  mlir::Value insert(mlir::Value part, mlir::Value whole, int64_t dim, int64_t offset,
                     int64_t stride = 1);
  /// The first element along each of `dims`, which the result does not have.
  mlir::Value takeFirst(mlir::Value tensor, llvm::ArrayRef<int64_t> dims);
  /// Zeros at the end of dim `dim` up to `size`.
  mlir::Value pad(mlir::Value tensor, int64_t dim, int64_t size);
  /// Dim `dim` split into `sizes`.
  mlir::Value split(mlir::Value tensor, int64_t dim, llvm::ArrayRef<int64_t> sizes);
  /// `count` dims from `dim` on as one.
  mlir::Value join(mlir::Value tensor, int64_t dim, int64_t count);
  /// Element `i` of dim `dim` is element `i + by` of the tensor, around the end.
  mlir::Value rotate(mlir::Value tensor, int64_t dim, int64_t by);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_TOLINALG_EMITTER_H
