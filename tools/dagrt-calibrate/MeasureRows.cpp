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

template <typename T>
struct RowLoop {
  const char *name;
  void (*run)(const Arrays<T> &arrays);
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
static constexpr RowLoop<T> kLoops[] = {
    {"add", add<T>},   {"add_rmsnorm", addRmsNorm<T>}, {"copy", copy<T>},
    {"gelu", gelu<T>}, {"layernorm", layerNorm<T>},    {"mul", mul<T>},
    {"relu", relu<T>}, {"rmsnorm", rmsNorm<T>},        {"rope", rope<T>},
    {"silu", silu<T>}, {"silu_mul", siluMul<T>},       {"softmax", softmax<T>},
    {"tanh", tanh<T>},
};

template <typename T>
static std::optional<Timing> measureTyped(const RowOp &op, int64_t rows, int64_t columns,
                                          const MeasureOptions &options) {
  const auto *loop = llvm::find_if(
      kLoops<T>, [&](const RowLoop<T> &known) { return llvm::StringRef(op.name) == known.name; });
  if (loop == std::end(kLoops<T>))
    return std::nullopt;
  int64_t count = rows * columns;
  std::vector<T> x = makeOperand<T>(op.hasPair ? 2 * count : count);
  std::vector<T> y = makeOperand<T>(op.hasSecond ? count : columns);
  std::vector<T> result(count), another(op.hasSum ? count : 0);
  Arrays<T> arrays = {rows, columns, x.data(), y.data(), result.data(), another.data()};
  auto run = [&] {
    loop->run(arrays);
    keep(result.data());
  };
  return measureInCaches(run, options);
}

std::optional<Timing> dagrt::measureLoop(const RowOp &op, int64_t rows, int64_t columns,
                                         llvm::StringRef type, const MeasureOptions &options) {
  if (type == "fp32")
    return measureTyped<float>(op, rows, columns, options);
  if (type == "fp64")
    return measureTyped<double>(op, rows, columns, options);
  return std::nullopt;
}
