//===- Pipelines.h - From both forms to the LLVM dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The passes between a program and code, in two halves: after the first one a program is loops'
// worth of linalg on buffers, all allocated and freed, so that what it needs of memory can be read
// off; the second one ends in the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PIPELINES_H
#define DAGRT_LOWER_PIPELINES_H

#include "dagrt/Lower/Options.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace dagrt {

struct DagrtToLLVMOptions : mlir::PassPipelineOptions<DagrtToLLVMOptions> {
  Option<ElementTypes> elementType{
      *this, "element-type",
      llvm::cl::desc("Types that are computed in: model or f64 (default: model)"),
      llvm::cl::init(ElementTypes::Model),
      llvm::cl::values(clEnumValN(ElementTypes::Model, "model", "Those of the program"),
                       clEnumValN(ElementTypes::F64, "f64", "f64 for every float"))};
};

/// Parameters become arguments, equal ops functions, and these linalg on buffers. Results become
/// further arguments, after those that are there.
void buildDagrtToBuffersPipeline(mlir::OpPassManager &passes, const DagrtToLLVMOptions &options);

/// Linalg on buffers to the LLVM dialect. With `barePointers` a buffer is passed as a pointer to
/// its first element, else by functions that are marked `llvm.bareptr` only.
void buildBuffersToLLVMPipeline(mlir::OpPassManager &passes, bool barePointers = true);

/// Both; the pipeline `--dagrt-to-llvm`.
void buildDagrtToLLVMPipeline(mlir::OpPassManager &passes, const DagrtToLLVMOptions &options);

} // namespace dagrt

#endif // DAGRT_LOWER_PIPELINES_H
