//===- CudaRowKernels.h - Ops on rows as CUDA kernels -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise ops, norms, softmax and rotary embeddings the way that engines write them: threads
// load and store packs of 16 bytes, sums are in fp32, and a norm or a softmax gives each row to a
// block. A pack has `N` elements, which divide a row. With blocks of one thread these are plain
// C++ functions, which is how a test runs them without a GPU.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_CUDAROWKERNELS_H
#define DAGRT_CALIBRATE_CUDAROWKERNELS_H

#include <cmath>
#include <cstdint>

namespace dagrt {

/// The most threads of a block that reduces; a power of two.
inline constexpr unsigned kMostThreads = 512;

/// Elements that are loaded and stored together.
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

template <typename T, int N>
__device__ Pack<T, N> loadPack(const T *data, int64_t index) {
  return reinterpret_cast<const Pack<T, N> *>(data)[index];
}

template <typename T, int N>
__device__ void storePack(T *data, int64_t index, const Pack<T, N> &pack) {
  reinterpret_cast<Pack<T, N> *>(data)[index] = pack;
}

/// The first pack of this thread, and how far the next one is.
__device__ inline int64_t getFirst() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline int64_t getStride() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

//===----------------------------------------------------------------------===//
// One element for each
//===----------------------------------------------------------------------===//

struct Add {
  static constexpr bool isBinary = true;
  __device__ static float apply(float x, float y) { return x + y; }
};
struct Mul {
  static constexpr bool isBinary = true;
  __device__ static float apply(float x, float y) { return x * y; }
};
struct Copy {
  static constexpr bool isBinary = false;
  __device__ static float apply(float x, float) { return x; }
};
struct Relu {
  static constexpr bool isBinary = false;
  __device__ static float apply(float x, float) { return fmaxf(x, 0.0F); }
};
struct Gelu {
  static constexpr bool isBinary = false;
  __device__ static float apply(float x, float) {
    constexpr float half = 0.70710678118654752F; // The square root of 1/2.
    return x / 2 * (1 + erff(x * half));
  }
};
struct Tanh {
  static constexpr bool isBinary = false;
  __device__ static float apply(float x, float) { return tanhf(x); }
};
struct Silu {
  static constexpr bool isBinary = false;
  __device__ static float apply(float x, float) { return x / (1 + expf(-x)); }
};

/// result[i] = Op(x[i], y[i]) for `packs` packs; `y` may be null where the op has one operand.
template <typename T, int N, typename Op>
__global__ void mapElements(const T *x, const T *y, T *result, int64_t packs) {
  for (int64_t i = getFirst(); i < packs; i += getStride()) {
    Pack<T, N> left = loadPack<T, N>(x, i), right = left;
    if constexpr (Op::isBinary)
      right = loadPack<T, N>(y, i);
    for (int j = 0; j < N; ++j)
      left.values[j] = static_cast<T>(
          Op::apply(static_cast<float>(left.values[j]), static_cast<float>(right.values[j])));
    storePack<T, N>(result, i, left);
  }
}

/// result[row, i] = silu(x[row, i]) x[row, columns + i] for `packs` packs of the result.
template <typename T, int N>
__global__ void gateRows(const T *x, T *result, int64_t packs, int64_t columns) {
  int64_t packsPerRow = columns / N;
  for (int64_t i = getFirst(); i < packs; i += getStride()) {
    int64_t row = i / packsPerRow, gateAt = i + row * packsPerRow;
    Pack<T, N> gate = loadPack<T, N>(x, gateAt), up = loadPack<T, N>(x, gateAt + packsPerRow);
    for (int j = 0; j < N; ++j)
      gate.values[j] = static_cast<T>(Silu::apply(static_cast<float>(gate.values[j]), 0) *
                                      static_cast<float>(up.values[j]));
    storePack<T, N>(result, i, gate);
  }
}

/// Turns each pair of elements by an angle. `y` has the cosine and the sine for each pair of a row;
/// all rows take the same, from a cache, as the heads of a token do. `N` is even.
template <typename T, int N>
__global__ void rotateRows(const T *x, const T *y, T *result, int64_t packs, int64_t columns) {
  int64_t packsPerRow = columns / N;
  for (int64_t i = getFirst(); i < packs; i += getStride()) {
    Pack<T, N> pack = loadPack<T, N>(x, i), angles = loadPack<T, N>(y, i % packsPerRow);
    for (int j = 0; j + 1 < N; j += 2) {
      float even = static_cast<float>(pack.values[j]), odd = static_cast<float>(pack.values[j + 1]);
      float cosine = static_cast<float>(angles.values[j]);
      float sine = static_cast<float>(angles.values[j + 1]);
      pack.values[j] = static_cast<T>(even * cosine - odd * sine);
      pack.values[j + 1] = static_cast<T>(even * sine + odd * cosine);
    }
    storePack<T, N>(result, i, pack);
  }
}

//===----------------------------------------------------------------------===//
// One block for each row
//===----------------------------------------------------------------------===//

/// What all threads of a block have, put together; `blockDim.x` is a power of two.
template <typename Join>
__device__ float reduceBlock(float value, Join join) {
  __shared__ float parts[kMostThreads];
  parts[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half)
      parts[threadIdx.x] = join(parts[threadIdx.x], parts[threadIdx.x + half]);
    __syncthreads();
  }
  float all = parts[0];
  __syncthreads();
  return all;
}

struct Sum {
  __device__ float operator()(float x, float y) const { return x + y; }
};
struct Largest {
  __device__ float operator()(float x, float y) const { return fmaxf(x, y); }
};

enum class Norm { Layer, Rms, AddRms };

/// Of `x`, or of `x + y`, which is then written to `another`. The first row of `y` serves as
/// weights.
template <typename T, int N, Norm norm>
__global__ void normalizeRows(const T *x, const T *y, T *result, T *another, int64_t columns) {
  int64_t begin = blockIdx.x * columns, packs = columns / N;
  float sum = 0, squares = 0;
  for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    Pack<T, N> pack = loadPack<T, N>(x + begin, i);
    if constexpr (norm == Norm::AddRms) {
      Pack<T, N> other = loadPack<T, N>(y + begin, i);
      for (int j = 0; j < N; ++j)
        pack.values[j] = static_cast<T>(static_cast<float>(pack.values[j]) +
                                        static_cast<float>(other.values[j]));
      storePack<T, N>(another + begin, i, pack);
    }
    for (int j = 0; j < N; ++j) {
      float value = static_cast<float>(pack.values[j]);
      sum += value;
      squares += value * value;
    }
  }
  float mean = norm == Norm::Layer ? reduceBlock(sum, Sum()) / columns : 0;
  float variance = fmaxf(reduceBlock(squares, Sum()) / columns - mean * mean, 0);
  float scale = 1 / sqrtf(variance + 1e-5F);
  // Each thread reads what it has read, or written, before.
  const T *from = (norm == Norm::AddRms ? another : x) + begin;
  for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    Pack<T, N> pack = loadPack<T, N>(from, i), weights = loadPack<T, N>(y, i);
    for (int j = 0; j < N; ++j)
      pack.values[j] = static_cast<T>((static_cast<float>(pack.values[j]) - mean) * scale *
                                      static_cast<float>(weights.values[j]));
    storePack<T, N>(result + begin, i, pack);
  }
}

/// Reads a row twice: threads keep a largest element and a sum that is relative to it.
template <typename T, int N>
__global__ void softmaxRows(const T *x, T *result, int64_t columns) {
  int64_t begin = blockIdx.x * columns, packs = columns / N;
  float largest = -INFINITY, sum = 0;
  for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    Pack<T, N> pack = loadPack<T, N>(x + begin, i);
    float before = largest;
    for (int j = 0; j < N; ++j)
      largest = fmaxf(largest, static_cast<float>(pack.values[j]));
    sum *= expf(before - largest);
    for (int j = 0; j < N; ++j)
      sum += expf(static_cast<float>(pack.values[j]) - largest);
  }
  float ofAll = reduceBlock(largest, Largest());
  // A thread without elements has the sum 0.
  float share = 1 / reduceBlock(sum > 0 ? sum * expf(largest - ofAll) : 0, Sum());
  for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    Pack<T, N> pack = loadPack<T, N>(x + begin, i);
    for (int j = 0; j < N; ++j)
      pack.values[j] = static_cast<T>(expf(static_cast<float>(pack.values[j]) - ofAll) * share);
    storePack<T, N>(result + begin, i, pack);
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Numbers from -1/2 to 1/2 without a pattern: power, and so the clock, depends on how many bits
/// change.
template <typename T>
__global__ void fillNumbers(T *data, int64_t count) {
  for (int64_t i = getFirst(); i < count; i += getStride()) {
    uint32_t bits = static_cast<uint32_t>(i) * 2654435761U; // Knuth's multiplicative hash.
    bits ^= bits >> 15;
    data[i] = static_cast<T>(static_cast<float>(bits & 0xffffU) / 65536.0F - 0.5F);
  }
}

} // namespace dagrt

#endif // DAGRT_CALIBRATE_CUDAROWKERNELS_H
