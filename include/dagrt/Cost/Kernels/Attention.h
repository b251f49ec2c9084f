//===- Attention.h - Times of fused attention -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scores, softmax and weighted sum in one kernel, for many new tokens (prefill) or a few at the end
// of many old ones (decode). Heads of queries share the keys of a group.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELS_ATTENTION_H
#define DAGRT_COST_KERNELS_ATTENTION_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/KernelTime.h"

#include "llvm/ADT/ArrayRef.h"

namespace dagrt {

/// One attention. Sizes are doubles: they may be far beyond 64 bits together.
struct AttentionCall {
  bool isDecode = false;
  double elementBytes = 2; ///< Of queries and the result.
  double keyBytes = 0;     ///< Of an element of keys and values; 0 for as queries.
  double batch = 1;
  double queries = 0, keys = 0; ///< Tokens of one sequence. The keys count the new ones too.
  double heads = 1, keyHeads = 1, headDim = 0;
  double valueDim = 0;        ///< Of values and results; 0 for as queries and keys.
  bool valuesAreKeys = false; ///< A value is the first elements of its key: one read is both.
  double pairs = 0;           ///< (query, key) of one sequence and head that are not masked.
  /// A soft cap, ALiBi or keys of another type, which no measurement has.
  bool hasOtherScores = false;
  double matrixFlops = 0; ///< Peak rate for the element type, in FLOP/s.

  double getKeyElementBytes() const { return keyBytes > 0 ? keyBytes : elementBytes; }
};

/// What predictAttention takes, in order: for prefill and for decode.
llvm::ArrayRef<Coefficient> getAttentionCoefficients();

/// The time of `call` with `coefficients`, one for each of getAttentionCoefficients().
KernelTime predictAttention(const AttentionCall &call, const Device &device,
                            llvm::ArrayRef<double> coefficients);

/// The sizes at which errors are alike, of prefill and of decode.
llvm::ArrayRef<const char *> getAttentionRegimes();
unsigned getAttentionRegime(const AttentionCall &call, const Device &device);

} // namespace dagrt

#endif // DAGRT_COST_KERNELS_ATTENTION_H
