//===- Kernels.h - The definition of every compute op -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What one device computes from the arrays it holds. The kernels know nothing of devices: they see
// padding as ordinary elements, as real kernels do.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_KERNELS_H
#define DAGRT_LIB_LOWER_KERNELS_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Array.h"

namespace dagrt {

/// True if `computeLocal` knows the op: it computes each device's result from that device's
/// operands alone.
bool isLocalCompute(mlir::Operation *op);

/// The result of such an op, of `shape`, from the arrays that one device holds.
Array computeLocal(mlir::Operation *op, llvm::ArrayRef<const Array *> operands,
                   llvm::ArrayRef<int64_t> shape);

/// The product of `lhs` and `rhs` over `contract` dims, of `shape`.
Array multiply(const Array &lhs, const Array &rhs, int64_t contract, llvm::ArrayRef<int64_t> shape);

/// The elements of `x` from `offset` along `dim` on, in `shape`.
Array sliceAlong(const Array &x, int64_t dim, int64_t offset, llvm::ArrayRef<int64_t> shape);

/// cap * tanh(x / cap)
double applyCap(const llvm::APFloat &cap, double x);

/// dagrt.attention, .attention_scores, .softmax and .attention_context.
Array computeAttention(AttentionOp op, llvm::ArrayRef<const Array *> operands);
Array computeScores(AttentionScoresOp op, llvm::ArrayRef<const Array *> operands);
Array computeSoftmax(SoftmaxOp op, llvm::ArrayRef<const Array *> operands);
Array computeContext(llvm::ArrayRef<const Array *> operands);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_KERNELS_H
