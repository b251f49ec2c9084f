//===- Rowwise.h - Times of elementwise kernels and of kernels on rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels that stream through their operands: elementwise ones, norms, softmax, rotary embeddings.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELS_ROWWISE_H
#define DAGRT_COST_KERNELS_ROWWISE_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/KernelTime.h"

#include "llvm/ADT/ArrayRef.h"

namespace dagrt {

enum class RowwiseOp {
  Add,
  Mul,
  Relu,
  Gelu,
  Tanh,
  Silu,
  SiluMul, ///< A gated activation: reads two rows, writes one.
  LayerNorm,
  RmsNorm,
  AddRmsNorm, ///< A sum and its norm: reads two rows, writes both results.
  Softmax,
  Rope,  ///< Of queries and keys at once.
  Other, ///< Copies, lookups, anything whose bytes are known.
};

/// One kernel.
struct RowwiseCall {
  RowwiseOp op = RowwiseOp::Other;
  double elementBytes = 2;
  /// Of the result. The columns of a rope are (query heads + key heads) * head size.
  double rows = 1, columns = 1;
  /// The time as CUDA events around a call of a framework give it, instead of the kernel's alone.
  bool events = false;
  /// Of an `Other`, whose rows and columns are not looked at.
  double bytesRead = 0, bytesWritten = 0, flops = 0;
  bool isDouble = false; ///< Its FLOPs are those of fp64.
};

/// The coefficients, in the order in which `predictRowwise` wants them.
llvm::ArrayRef<Coefficient> getRowwiseCoefficients();

/// Bytes that the kernel reads and writes if it does so once.
double getRowwiseBytes(const RowwiseCall &call);

/// What an op of a program does beside moving rows: FLOPs outside of matrix units, as the ops of
/// the dialect count them, and bytes of operands that are no rows: a norm's weights, a rope's
/// positions.
struct RowwiseExtras {
  double flops, bytes;
};
RowwiseExtras getRowwiseExtras(const RowwiseCall &call);

/// The time of `call`.
KernelTime predictRowwise(const RowwiseCall &call, const Device &device,
                          llvm::ArrayRef<double> coefficients);

/// The range of sizes that `call` is in, as an index into the names: errors are alike in each.
unsigned getRowwiseRegime(const RowwiseCall &call, const Device &device);
llvm::ArrayRef<const char *> getRowwiseRegimes();

} // namespace dagrt

#endif // DAGRT_COST_KERNELS_ROWWISE_H
