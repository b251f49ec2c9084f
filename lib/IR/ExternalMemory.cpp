//===- ExternalMemory.cpp - Work of copies between buffers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies of buffers, and the copies that bufferization writes down before it makes buffers. Views,
// casts and allocations of these dialects take no time and say so by interfaces of their own.
//
//===----------------------------------------------------------------------===//

#include "ExternalWork.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dagrt;

namespace {
struct BufferCopyWork final : WorkOpInterface::ExternalModel<BufferCopyWork, memref::CopyOp> {
  Work getWork(Operation *op) const {
    return getCopyWork(op, cast<memref::CopyOp>(op).getTarget().getType());
  }
};

/// A destination that is written: the source is read.
struct MaterializeWork final
    : WorkOpInterface::ExternalModel<MaterializeWork, bufferization::MaterializeInDestinationOp> {
  Work getWork(Operation *op) const {
    auto materialize = cast<bufferization::MaterializeInDestinationOp>(op);
    return getCopyWork(op, materialize.getSource().getType());
  }
};

/// An allocation that is filled with a copy.
struct AllocTensorWork final
    : WorkOpInterface::ExternalModel<AllocTensorWork, bufferization::AllocTensorOp> {
  Work getWork(Operation *op) const {
    return cast<bufferization::AllocTensorOp>(op).getCopy() ? getCopyWork(op) : Work();
  }
};
} // namespace

static void attachMemRef(MLIRContext *context, memref::MemRefDialect *) {
  memref::CopyOp::attachInterface<BufferCopyWork>(*context);
}

static void attachBufferization(MLIRContext *context, bufferization::BufferizationDialect *) {
  attachModels<CopyWork, bufferization::CloneOp>(context);
  bufferization::MaterializeInDestinationOp::attachInterface<MaterializeWork>(*context);
  bufferization::AllocTensorOp::attachInterface<AllocTensorWork>(*context);
}

void dagrt::registerMemoryModels(DialectRegistry &registry) {
  registry.addExtension(attachMemRef);
  registry.addExtension(attachBufferization);
}
