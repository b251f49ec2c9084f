//===- Gemm.h - Times of matmuls -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELS_GEMM_H
#define DAGRT_COST_KERNELS_GEMM_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/KernelTime.h"

#include "llvm/ADT/ArrayRef.h"

namespace dagrt {

/// `batch` matmuls `[m, k] x [k, n]`. Sizes are doubles: they may be far beyond 64 bits together.
struct GemmCall {
  double batch = 1, m = 0, k = 0, n = 0;
  double elementBytes = 2; ///< Of what is multiplied.
  double resultBytes = 2;
  double matrixFlops = 0; ///< Peak rate for the element type, in FLOP/s.
  bool events = false;    ///< Timed by events around a call from the host, which adds to it.
  /// Of the operands as they are stored: weights that are widened on the way are narrower.
  double leftBytes = elementBytes, rightBytes = elementBytes;
};

/// What predictGemm takes, in order.
llvm::ArrayRef<Coefficient> getGemmCoefficients();

/// The time of `call` with `coefficients`, or of a slightly larger one if that is faster, because
/// few blocks draw less of the bandwidth: what a cost is, while predictGemm is what is fitted.
KernelTime predictPaddedGemm(const GemmCall &call, const Device &device,
                             llvm::ArrayRef<double> coefficients);

/// The time of `call` with `coefficients`, one for each of getGemmCoefficients().
KernelTime predictGemm(const GemmCall &call, const Device &device,
                       llvm::ArrayRef<double> coefficients);

/// The sizes at which errors are alike: `launch`, `memory`, ...
llvm::ArrayRef<const char *> getGemmRegimes();
unsigned getGemmRegime(const GemmCall &call, const Device &device, const KernelTime &time);

} // namespace dagrt

#endif // DAGRT_COST_KERNELS_GEMM_H
