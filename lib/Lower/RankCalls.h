//===- RankCalls.h - Calls of the runtime -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the calls that dagrt/Runtime/Calls.h defines. An external function cannot take or return a
// tensor, so operands are seen as buffers, and results are buffers of their own that become
// tensors when all of their pieces have arrived. Bufferization does not see what calls read of a
// buffer: such tensors are never overwritten in place.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_RANKCALLS_H
#define DAGRT_LIB_LOWER_RANKCALLS_H

#include "RankPieces.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dagrt {

/// True if the runtime can send values of this type.
bool hasRuntimeCalls(mlir::Type elementType);

/// True if the runtime multiplies matrices of this type.
bool hasGemm(mlir::Type elementType);

/// What sums of `elementType` are added up in: itself, or f32 for 16 bits.
mlir::Type getSumType(mlir::Type elementType);

class RankCalls {
public:
  /// Calls are built at the insertion point of `builder`, constants at the start of `func`.
  RankCalls(mlir::OpBuilder &builder, mlir::func::FuncOp func) : builder(builder), func(func) {}

  /// Marks the begin and the end of op `number`.
  void begin(int64_t number);
  void end(int64_t number);

  /// A tensor's elements, to read.
  mlir::Value getBuffer(mlir::Value tensor);
  /// A new buffer; `zero` fills it.
  mlir::Value makeBuffer(llvm::ArrayRef<int64_t> shape, mlir::Type elementType, bool zero);
  /// The tensor that a buffer of `makeBuffer` has become.
  mlir::Value getTensor(mlir::Value buffer);

  void post(int64_t peer, int64_t tag, const LocalBox &box, mlir::Type elementType);
  void send(int64_t peer, int64_t tag, mlir::Value buffer, const LocalBox &box);
  void receive(int64_t peer, int64_t tag, mlir::Value buffer, const LocalBox &box);
  /// Adds elements of `elementType`.
  void accumulate(int64_t peer, int64_t tag, mlir::Value buffer, const LocalBox &box,
                  mlir::Type elementType);
  /// Uses `tag` and the next.
  void allReduce(llvm::ArrayRef<int64_t> group, int64_t tag, mlir::Value source,
                 mlir::Value target);

  /// Multiplies buffers of [m..., k...] and [k..., n...], with `contract` dims k.
  void gemm(mlir::Value lhs, mlir::Value rhs, int64_t contract, mlir::Value target);

private:
  mlir::Value getMatrix(mlir::Value buffer, int64_t rows, int64_t columns);
  void call(const llvm::Twine &name, mlir::ValueRange operands);
  mlir::Value getNumber(int64_t number);
  mlir::Value getPiece(mlir::Value buffer, const LocalBox &box);
  mlir::Value forgetShape(mlir::Value buffer);

  mlir::OpBuilder &builder;
  mlir::func::FuncOp func;
  llvm::DenseMap<int64_t, mlir::Value> numbers;
  int64_t numViews = 0;
};

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_RANKCALLS_H
