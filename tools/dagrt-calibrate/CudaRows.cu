//===- CudaRows.cu - Starts kernels of ops on rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels by the names of ops and types. A row that packs of 16 bytes do not divide is read element
// by element, or pair by pair for a rotation.
//
//===----------------------------------------------------------------------===//

#include "CudaRows.h"

#include "CudaRowKernels.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <algorithm>
#include <cstring>

using namespace dagrt;

/// Threads of a block that has no row of its own.
static constexpr unsigned kThreads = 256;
/// Enough blocks for any GPU; what is left, they come back for.
static constexpr int64_t kMostBlocks = 1 << 16;
static constexpr int kPackBytes = 16;

static unsigned getBlocks(int64_t count) {
  return static_cast<unsigned>(
      std::clamp<int64_t>((count + kThreads - 1) / kThreads, 1, kMostBlocks));
}

/// A power of two, and no more than a row has packs for.
static unsigned getThreadsOfRow(int64_t packs) {
  unsigned threads = 32;
  while (threads < packs && threads < kMostThreads)
    threads *= 2;
  return threads;
}

namespace {
/// The kernels of one type and size of packs.
template <typename T, int N>
struct Starter {
  const CudaRows &arrays;
  cudaStream_t stream;

  const T *x() const { return static_cast<const T *>(arrays.x); }
  const T *y() const { return static_cast<const T *>(arrays.y); }
  T *result() const { return static_cast<T *>(arrays.result); }
  T *another() const { return static_cast<T *>(arrays.another); }
  int64_t packs() const { return arrays.rows * arrays.columns / N; }

  template <typename Op>
  void map() const {
    mapElements<T, N, Op><<<getBlocks(packs()), kThreads, 0, stream>>>(x(), y(), result(), packs());
  }
  void gate() const {
    gateRows<T, N>
        <<<getBlocks(packs()), kThreads, 0, stream>>>(x(), result(), packs(), arrays.columns);
  }
  void rotate() const {
    rotateRows<T, N>
        <<<getBlocks(packs()), kThreads, 0, stream>>>(x(), y(), result(), packs(), arrays.columns);
  }
  template <Norm norm>
  void normalize() const {
    normalizeRows<T, N, norm>
        <<<static_cast<unsigned>(arrays.rows), getThreadsOfRow(arrays.columns / N), 0, stream>>>(
            x(), y(), result(), another(), arrays.columns);
  }
  void softmax() const {
    softmaxRows<T, N>
        <<<static_cast<unsigned>(arrays.rows), getThreadsOfRow(arrays.columns / N), 0, stream>>>(
            x(), result(), arrays.columns);
  }
};

template <typename T, int N>
struct NamedStart {
  const char *op;
  void (Starter<T, N>::*start)() const;
};
} // namespace

template <typename T, int N>
static bool startPacks(const char *op, const CudaRows &arrays, cudaStream_t stream) {
  using S = Starter<T, N>;
  static constexpr NamedStart<T, N> starts[] = {
      {"add", &S::template map<Add>},
      {"add_rmsnorm", &S::template normalize<Norm::AddRms>},
      {"copy", &S::template map<Copy>},
      {"gelu", &S::template map<Gelu>},
      {"layernorm", &S::template normalize<Norm::Layer>},
      {"mul", &S::template map<Mul>},
      {"relu", &S::template map<Relu>},
      {"rmsnorm", &S::template normalize<Norm::Rms>},
      {"rope", &S::rotate},
      {"silu", &S::template map<Silu>},
      {"silu_mul", &S::gate},
      {"softmax", &S::softmax},
      {"tanh", &S::template map<Tanh>},
  };
  for (const NamedStart<T, N> &known : starts)
    if (std::strcmp(known.op, op) == 0) {
      (S{arrays, stream}.*known.start)();
      return true;
    }
  return false;
}

template <typename T>
static bool startTyped(const char *op, const CudaRows &arrays, cudaStream_t stream) {
  constexpr int most = kPackBytes / sizeof(T);
  if (arrays.columns % most == 0)
    return startPacks<T, most>(op, arrays, stream);
  if (std::strcmp(op, "rope") != 0)
    return startPacks<T, 1>(op, arrays, stream);
  return arrays.columns % 2 == 0 && startPacks<T, 2>(op, arrays, stream);
}

bool dagrt::startRows(const char *op, const char *type, const CudaRows &arrays,
                      cudaStream_t stream) {
  if (std::strcmp(type, "fp32") == 0)
    return startTyped<float>(op, arrays, stream);
  if (std::strcmp(type, "fp16") == 0)
    return startTyped<__half>(op, arrays, stream);
  if (std::strcmp(type, "bf16") == 0)
    return startTyped<__nv_bfloat16>(op, arrays, stream);
  return false;
}

template <typename T>
static bool fill(void *data, int64_t count, cudaStream_t stream) {
  fillNumbers<<<getBlocks(count), kThreads, 0, stream>>>(static_cast<T *>(data), count);
  return true;
}

bool dagrt::startFill(const char *type, void *data, int64_t count, cudaStream_t stream) {
  if (std::strcmp(type, "fp64") == 0)
    return fill<double>(data, count, stream);
  if (std::strcmp(type, "fp32") == 0)
    return fill<float>(data, count, stream);
  if (std::strcmp(type, "fp16") == 0)
    return fill<__half>(data, count, stream);
  if (std::strcmp(type, "bf16") == 0)
    return fill<__nv_bfloat16>(data, count, stream);
  if (std::strcmp(type, "fp8") == 0)
    return fill<__nv_fp8_e4m3>(data, count, stream);
  return false;
}
