//===- Gemm.cpp - Matmuls -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By a BLAS if there was one at configure time, else by loops. One thread: each rank stands for one
// device, and there are as many ranks as cores, or more.
//
//===----------------------------------------------------------------------===//

#include "MemRef.h"
#include "dagrt/Runtime/Calls.h"

#include <algorithm>

#ifdef DAGRT_HAS_BLAS
#include <cblas.h>

// OpenBLAS only; another BLAS has a way of its own, or is sequential.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);

static void useOneThread() {
  static const bool once = [] {
    if (openblas_set_num_threads)
      openblas_set_num_threads(1);
    return true;
  }();
  (void)once;
}

static void multiply(int m, int n, int k, const double *a, int lda, const double *b, int ldb,
                     double *c, int ldc) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

static void multiply(int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                     float *c, int ldc) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

const char *dagrt::getGemmName() { return "BLAS"; }
#else
static void useOneThread() {}

template <typename T>
static void multiply(int m, int n, int k, const T *a, int lda, const T *b, int ldb, T *c, int ldc) {
  for (int64_t row = 0; row < m; ++row) {
    std::fill_n(c + row * ldc, n, T(0));
    for (int64_t i = 0; i < k; ++i)
      for (int64_t column = 0; column < n; ++column)
        c[row * ldc + column] += a[row * lda + i] * b[i * ldb + column];
  }
}

const char *dagrt::getGemmName() { return "loops"; }
#endif

template <typename T>
static void gemm(dagrt::MemRef<T> a, dagrt::MemRef<T> b, dagrt::MemRef<T> c) {
  int m = static_cast<int>(a.sizes[0]), k = static_cast<int>(a.sizes[1]);
  int n = static_cast<int>(b.sizes[1]);
  if (m == 0 || n == 0)
    return;
  // A BLAS wants a row to be as long as it is wide, even where there is one row.
  auto getLeading = [](const dagrt::MemRef<T> &matrix) {
    return static_cast<int>(
        std::max<int64_t>({matrix.sizes[0] > 1 ? matrix.strides[0] : 0, matrix.sizes[1], 1}));
  };
  useOneThread();
  multiply(m, n, k, a.data, getLeading(a), b.data, getLeading(b), c.data, getLeading(c));
}

void dagrt_gemm_f64(int64_t aRank, void *a, int64_t bRank, void *b, int64_t cRank, void *c) {
  gemm<double>({aRank, a}, {bRank, b}, {cRank, c});
}

void dagrt_gemm_f32(int64_t aRank, void *a, int64_t bRank, void *b, int64_t cRank, void *c) {
  gemm<float>({aRank, a}, {bRank, b}, {cRank, c});
}
