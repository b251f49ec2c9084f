//===- ExternalWork.h - Work of ops of other dialects -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the files of models by dialect have in common: sizes, and the work of ops that are matmuls
// or that move their operands through memory once. A symbolic size counts as 0, as in all work.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IR_EXTERNALWORK_H
#define DAGRT_LIB_IR_EXTERNALWORK_H

#include "dagrt/IR/Dagrt.h"

namespace dagrt {

/// Elements of a tensor, buffer or vector; 0 for any other type.
double getShapedElements(mlir::Type type);

/// Bytes of a tensor, buffer or vector; 0 for any other type.
double getShapedBytes(mlir::Type type);

/// True for a tensor or buffer in memory whose rank is known.
bool isStored(mlir::Type type);

/// Work of an op that takes time of which nothing is known.
Work getUnknownWork();

/// Sets FLOPs: on one device `flops`, and on all devices of the mesh if the op is placed. Without
/// a sharding rule each device that holds no replica is taken to do a part of its own.
void setFlops(mlir::Operation *op, Work &work, double flops);

/// Work of an op that reads `read` and writes `written`, which also gives rows and columns.
Work getMovingWork(mlir::Operation *op, WorkKind kind, mlir::TypeRange read, mlir::Type written);

/// Makes `work` the matmul of `shape`. `lhs` and `rhs` are what is multiplied, which need not be
/// what is read.
void setGemm(mlir::Operation *op, Work &work, const GemmShape &shape, mlir::Type lhs,
             mlir::Type rhs);

/// One FLOP for each element of a tensor result. Scalars take no time; of vectors and unranked
/// tensors it is unknown.
Work getElementwiseWork(mlir::Operation *op);

/// Reads and writes `type` once; nothing is known of what has no rank.
Work getCopyWork(mlir::Operation *op, mlir::Type type);

/// Reads and writes each element of the first result.
Work getCopyWork(mlir::Operation *op);

template <typename OpT>
struct ElementwiseWork final : WorkOpInterface::ExternalModel<ElementwiseWork<OpT>, OpT> {
  Work getWork(mlir::Operation *op) const { return getElementwiseWork(op); }
};

template <typename OpT>
struct CopyWork final : WorkOpInterface::ExternalModel<CopyWork<OpT>, OpT> {
  Work getWork(mlir::Operation *op) const { return getCopyWork(op); }
};

template <typename OpT>
struct NoWork final : WorkOpInterface::ExternalModel<NoWork<OpT>, OpT> {
  Work getWork(mlir::Operation *) const { return Work(); }
};

/// Gives each of `Ops` the model of its type.
template <template <typename> class Model, typename... Ops>
void attachModels(mlir::MLIRContext *context) {
  (Ops::template attachInterface<Model<Ops>>(*context), ...);
}

void registerLinalgModels(mlir::DialectRegistry &registry);
void registerMemoryModels(mlir::DialectRegistry &registry);
void registerShardModels(mlir::DialectRegistry &registry);
void registerTosaModels(mlir::DialectRegistry &registry);

} // namespace dagrt

#endif // DAGRT_LIB_IR_EXTERNALWORK_H
