//===- CudaRows.h - Starts kernels of ops on rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What nvcc compiles, seen from C++. Types are `fp64`, `fp32`, `fp16`, `bf16` and `fp8` (E4M3).
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_CUDAROWS_H
#define DAGRT_CALIBRATE_CUDAROWS_H

#include <cuda_runtime_api.h>

#include <cstdint>

namespace dagrt {

/// The operands and results of an op, which lie on the GPU and start at 16 bytes.
struct CudaRows {
  int64_t rows, columns;
  const void *x, *y;
  void *result, *another;
};

/// Starts an op on rows of fp32, fp16 or bf16. False if it knows no such op or type.
bool startRows(const char *op, const char *type, const CudaRows &arrays, cudaStream_t stream);

/// Writes `count` numbers of any type. False if it knows no such type.
bool startFill(const char *type, void *data, int64_t count, cudaStream_t stream);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_CUDAROWS_H
