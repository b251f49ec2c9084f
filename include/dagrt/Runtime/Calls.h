//===- Calls.h - What compiled programs call -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface of the runtime, as `--extract-rank` writes its calls. Arrays are unranked
// memrefs: a rank, and a pointer to MLIR's descriptor (two pointers, an offset, sizes, strides).
// For each element type `T` of f64, f32, f16, bf16, i64, i32 there are
//
//   dagrt_send_T(peer, tag, memref)        packs a copy and sends it; returns at once
//   dagrt_receive_T(peer, tag, memref)     waits for a message and unpacks it
//   dagrt_accumulate_T(peer, tag, memref)  waits for a message and adds it to an array of sums
//   dagrt_all_reduce_T(group, tag, memref, memref)
//
// `peer` is a rank, which may be the own one. A pair of ranks and a tag name a message; nothing
// else orders messages. `accumulate` adds f16 and bf16 to arrays of f32. `group` is an array of the
// i64 ranks that reduce together, the same on each; an all-reduce uses its tag and the next.
// Besides,
//
//   dagrt_post(peer, tag, bytes)           lets a message arrive from now on
//   dagrt_begin(op), dagrt_end(op)         work on op number `op` begins or ends
//   dagrt_gemm_f64(a, b, c), _f32          c = a b
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUNTIME_CALLS_H
#define DAGRT_RUNTIME_CALLS_H

#include <cstdint>
#include <utility>
#include <vector>

extern "C" {
/// c = a b, of [m, k], [k, n] and [m, n] arrays whose last dims are contiguous.
void dagrt_gemm_f64(int64_t aRank, void *a, int64_t bRank, void *b, int64_t cRank, void *c);
void dagrt_gemm_f32(int64_t aRank, void *a, int64_t bRank, void *b, int64_t cRank, void *c);
}

namespace dagrt {

/// A function that compiled programs call, by its name.
using RuntimeSymbol = std::pair<const char *, void *>;

/// The functions above. Those that communicate may be called while a `Ranks` exists.
std::vector<RuntimeSymbol> getRuntimeSymbols();

/// The library that computes matmuls: a BLAS, or `loops`.
const char *getGemmName();

} // namespace dagrt

#endif // DAGRT_RUNTIME_CALLS_H
