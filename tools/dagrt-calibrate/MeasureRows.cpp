//===- MeasureRows.cpp - Times of loops over rows on this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise ops, norms, softmax and rotary embeddings as plain loops, the way a compiler lowers
// them. A kernel writes all results of a row before it reads the next one.
//
//===----------------------------------------------------------------------===//

#include "MeasureCpu.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace dagrt;

namespace {
/// The operands and results of a kernel.
template <typename T>
struct Arrays {
  int64_t rows, columns;
  const T *x;          ///< As long as the result, or twice where `y` would be its other half.
  const T *y;          ///< The second operand, or one row of weights or of angles.
  T *result, *another; ///< `another` is the sum of `add_rmsnorm`.

  int64_t count() const { return rows * columns; }
};

/// An op, and the rows that its arrays have for each row of the result.
template <typename T>
struct RowKernel {
  const char *name;
  void (*run)(const Arrays<T> &arrays);
  bool hasPair = false;   ///< A row of `x` is twice as long.
  bool hasSecond = false; ///< `y` has all rows.
  bool hasSum = false;    ///< There is another result.
};
} // namespace

template <typename T>
static void add(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = arrays.x[i] + arrays.y[i];
}

template <typename T>
static void mul(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = arrays.x[i] * arrays.y[i];
}

template <typename T>
static void copy(const Arrays<T> &arrays) {
  std::copy_n(arrays.x, arrays.count(), arrays.result);
}

template <typename T>
static void relu(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = std::max(arrays.x[i], T(0));
}

template <typename T>
static void gelu(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = arrays.x[i] / 2 * (1 + std::erf(arrays.x[i] * T(M_SQRT1_2)));
}

template <typename T>
static void tanh(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = std::tanh(arrays.x[i]);
}

template <typename T>
static void silu(const Arrays<T> &arrays) {
  for (int64_t i = 0; i < arrays.count(); ++i)
    arrays.result[i] = arrays.x[i] / (1 + std::exp(-arrays.x[i]));
}

template <typename T>
static void siluMul(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row) {
    const T *gate = arrays.x + row * 2 * arrays.columns, *up = gate + arrays.columns;
    T *result = arrays.result + row * arrays.columns;
    for (int64_t i = 0; i < arrays.columns; ++i)
      result[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  }
}

template <typename T>
static void layerNorm(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row) {
    const T *x = arrays.x + row * arrays.columns;
    T *result = arrays.result + row * arrays.columns;
    T sum = 0, squares = 0;
    for (int64_t i = 0; i < arrays.columns; ++i) {
      sum += x[i];
      squares += x[i] * x[i];
    }
    T mean = sum / arrays.columns, variance = squares / arrays.columns - mean * mean;
    T scale = 1 / std::sqrt(std::max(variance, T(0)) + T(1e-5));
    for (int64_t i = 0; i < arrays.columns; ++i)
      result[i] = (x[i] - mean) * scale * arrays.y[i];
  }
}

/// One row of an RMS norm.
template <typename T>
static void normalize(const T *x, const T *weights, T *result, int64_t columns) {
  T squares = 0;
  for (int64_t i = 0; i < columns; ++i)
    squares += x[i] * x[i];
  T scale = 1 / std::sqrt(squares / columns + T(1e-5));
  for (int64_t i = 0; i < columns; ++i)
    result[i] = x[i] * scale * weights[i];
}

template <typename T>
static void rmsNorm(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row)
    normalize(arrays.x + row * arrays.columns, arrays.y, arrays.result + row * arrays.columns,
              arrays.columns);
}

/// The first row of `y` serves as weights.
template <typename T>
static void addRmsNorm(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row) {
    int64_t begin = row * arrays.columns;
    T *sum = arrays.another + begin;
    for (int64_t i = 0; i < arrays.columns; ++i)
      sum[i] = arrays.x[begin + i] + arrays.y[begin + i];
    normalize(sum, arrays.y, arrays.result + begin, arrays.columns);
  }
}

template <typename T>
static void softmax(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row) {
    const T *x = arrays.x + row * arrays.columns;
    T *result = arrays.result + row * arrays.columns;
    T largest = *std::max_element(x, x + arrays.columns), sum = 0;
    for (int64_t i = 0; i < arrays.columns; ++i) {
      result[i] = std::exp(x[i] - largest);
      sum += result[i];
    }
    for (int64_t i = 0; i < arrays.columns; ++i)
      result[i] /= sum;
  }
}

/// `y` has a frequency for each pair of columns. Sines and cosines are computed, as ranks do. An
/// odd last column is copied.
template <typename T>
static void rope(const Arrays<T> &arrays) {
  for (int64_t row = 0; row < arrays.rows; ++row) {
    const T *x = arrays.x + row * arrays.columns;
    T *result = arrays.result + row * arrays.columns;
    for (int64_t i = 0; i + 1 < arrays.columns; i += 2) {
      T angle = row * arrays.y[i], cosine = std::cos(angle), sine = std::sin(angle);
      result[i] = x[i] * cosine - x[i + 1] * sine;
      result[i + 1] = x[i] * sine + x[i + 1] * cosine;
    }
    if (arrays.columns % 2 == 1)
      result[arrays.columns - 1] = x[arrays.columns - 1];
  }
}

template <typename T>
static constexpr RowKernel<T> kKernels[] = {
    {"add", add<T>, false, true},
    {"add_rmsnorm", addRmsNorm<T>, false, true, true},
    {"copy", copy<T>},
    {"gelu", gelu<T>},
    {"layernorm", layerNorm<T>},
    {"mul", mul<T>, false, true},
    {"relu", relu<T>},
    {"rmsnorm", rmsNorm<T>},
    {"rope", rope<T>},
    {"silu", silu<T>},
    {"silu_mul", siluMul<T>, true},
    {"softmax", softmax<T>},
    {"tanh", tanh<T>},
};

template <typename T>
static Timing measureKernel(const RowKernel<T> &kernel, int64_t rows, int64_t columns,
                            const MeasureOptions &options) {
  int64_t count = rows * columns;
  std::vector<T> x = makeOperand<T>(kernel.hasPair ? 2 * count : count);
  std::vector<T> y = makeOperand<T>(kernel.hasSecond ? count : columns);
  std::vector<T> result(count), another(kernel.hasSum ? count : 0);
  Arrays<T> arrays = {rows, columns, x.data(), y.data(), result.data(), another.data()};
  auto run = [&] {
    kernel.run(arrays);
    keep(result.data());
  };
  return measureInCaches(run, options);
}

llvm::ArrayRef<const char *> dagrt::getElementwiseOps() {
  static constexpr auto names = [] {
    std::array<const char *, std::size(kKernels<float>)> names = {};
    for (size_t i = 0; i < names.size(); ++i)
      names[i] = kKernels<float>[i].name;
    return names;
  }();
  return names;
}

std::optional<ElementwiseRow> dagrt::measureElementwise(llvm::StringRef op, int64_t rows,
                                                        int64_t columns, llvm::StringRef dtype,
                                                        const MeasureOptions &options) {
  llvm::ArrayRef<const char *> ops = getElementwiseOps();
  size_t index = llvm::find(ops, op) - ops.begin();
  if (index == ops.size() || (dtype != "fp32" && dtype != "fp64") || std::min(rows, columns) < 1)
    return std::nullopt;
  Timing measured = dtype == "fp32"
                        ? measureKernel(kKernels<float>[index], rows, columns, options)
                        : measureKernel(kKernels<double>[index], rows, columns, options);
  return ElementwiseRow{op.str(),
                        options.device,
                        dtype.str(),
                        rows,
                        columns,
                        measured.fastestUs,
                        getTiming(options.caches),
                        options.source};
}
