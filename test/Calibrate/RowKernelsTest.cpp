//===- RowKernelsTest.cpp - What the kernels of GPUs compute -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel whose time is measured should compute what its name says. Blocks of one thread, one
// after the other, do so on any machine: the words of CUDA are defined here for that.
//
//===----------------------------------------------------------------------===//

#include "gtest/gtest.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#define __global__
#define __device__
#define __shared__ static
static void __syncthreads() {}
namespace {
struct Index {
  unsigned x;
};
Index blockIdx = {0}, threadIdx = {0}, blockDim = {1}, gridDim = {1};
} // namespace

#include "CudaRowKernels.h"

using namespace dagrt;

static constexpr int64_t kRows = 3, kColumns = 8, kCount = kRows * kColumns;

namespace {
class RowKernelsTest : public testing::Test {
protected:
  RowKernelsTest() {
    for (int64_t i = 0; i < 2 * kCount; ++i) {
      x.push_back(2 * std::sin(static_cast<float>(i)));
      y.push_back(std::cos(static_cast<float>(3 * i)) + 0.25F);
    }
  }

  /// Runs `kernel` for one block after the other.
  static void runBlocks(unsigned count, const std::function<void()> &kernel) {
    gridDim.x = count;
    for (blockIdx.x = 0; blockIdx.x < count; ++blockIdx.x)
      kernel();
  }

  /// `expected(row, column)` is what `result` has.
  static void check(const std::vector<float> &result,
                    const std::function<double(int64_t, int64_t)> &expected) {
    for (int64_t row = 0; row < kRows; ++row)
      for (int64_t column = 0; column < kColumns; ++column)
        EXPECT_NEAR(result[row * kColumns + column], expected(row, column), 2e-6)
            << row << ", " << column;
  }

  double getX(int64_t row, int64_t column) const { return x[row * kColumns + column]; }
  double getY(int64_t row, int64_t column) const { return y[row * kColumns + column]; }

  /// The mean of `f` over a row.
  static double getMean(const std::function<double(int64_t)> &f) {
    double sum = 0;
    for (int64_t column = 0; column < kColumns; ++column)
      sum += f(column);
    return sum / kColumns;
  }

  std::vector<float> x, y;
  std::vector<float> result = std::vector<float>(kCount), another = std::vector<float>(kCount);
};
} // namespace

TEST_F(RowKernelsTest, MapsEachElement) {
  auto run = [&](auto op) {
    // Fewer blocks than packs: they come back for the rest.
    runBlocks(5, [&] {
      mapElements<float, 4, decltype(op)>(x.data(), y.data(), result.data(), kCount / 4);
    });
  };
  run(Add());
  check(result, [&](int64_t r, int64_t c) { return getX(r, c) + getY(r, c); });
  run(Mul());
  check(result, [&](int64_t r, int64_t c) { return getX(r, c) * getY(r, c); });
  run(Copy());
  check(result, [&](int64_t r, int64_t c) { return getX(r, c); });
  run(Relu());
  check(result, [&](int64_t r, int64_t c) { return std::max(getX(r, c), 0.0); });
  run(Gelu());
  check(result, [&](int64_t r, int64_t c) {
    return getX(r, c) / 2 * (1 + std::erf(getX(r, c) / std::sqrt(2)));
  });
  run(Tanh());
  check(result, [&](int64_t r, int64_t c) { return std::tanh(getX(r, c)); });
  run(Silu());
  check(result, [&](int64_t r, int64_t c) { return getX(r, c) / (1 + std::exp(-getX(r, c))); });
}

TEST_F(RowKernelsTest, GatesTheOtherHalfOfARow) {
  runBlocks(2, [&] { gateRows<float, 4>(x.data(), result.data(), kCount / 4, kColumns); });
  check(result, [&](int64_t r, int64_t c) {
    double gate = x[r * 2 * kColumns + c], up = x[r * 2 * kColumns + kColumns + c];
    return gate / (1 + std::exp(-gate)) * up;
  });
}

TEST_F(RowKernelsTest, RotatesPairs) {
  runBlocks(3,
            [&] { rotateRows<float, 2>(x.data(), y.data(), result.data(), kCount / 2, kColumns); });
  check(result, [&](int64_t r, int64_t c) {
    int64_t even = c / 2 * 2;
    double cosine = getY(0, even), sine = getY(0, even + 1);
    return c == even ? getX(r, even) * cosine - getX(r, even + 1) * sine
                     : getX(r, even) * sine + getX(r, even + 1) * cosine;
  });
}

TEST_F(RowKernelsTest, NormalizesRows) {
  runBlocks(kRows, [&] {
    normalizeRows<float, 4, Norm::Layer>(x.data(), y.data(), result.data(), nullptr, kColumns);
  });
  check(result, [&](int64_t r, int64_t c) {
    double mean = getMean([&](int64_t i) { return getX(r, i); });
    double variance = getMean([&](int64_t i) { return std::pow(getX(r, i) - mean, 2); });
    return (getX(r, c) - mean) / std::sqrt(variance + 1e-5) * getY(0, c);
  });
  runBlocks(kRows, [&] {
    normalizeRows<float, 1, Norm::Rms>(x.data(), y.data(), result.data(), nullptr, kColumns);
  });
  check(result, [&](int64_t r, int64_t c) {
    double squares = getMean([&](int64_t i) { return std::pow(getX(r, i), 2); });
    return getX(r, c) / std::sqrt(squares + 1e-5) * getY(0, c);
  });
}

TEST_F(RowKernelsTest, AddsBeforeItNormalizes) {
  runBlocks(kRows, [&] {
    normalizeRows<float, 4, Norm::AddRms>(x.data(), y.data(), result.data(), another.data(),
                                          kColumns);
  });
  auto sum = [&](int64_t r, int64_t c) { return getX(r, c) + getY(r, c); };
  check(another, sum);
  check(result, [&](int64_t r, int64_t c) {
    double squares = getMean([&](int64_t i) { return std::pow(sum(r, i), 2); });
    return sum(r, c) / std::sqrt(squares + 1e-5) * getY(0, c);
  });
}

TEST_F(RowKernelsTest, TakesSoftmaxOfLargeNumbers) {
  for (float &value : x)
    value += 1000; // exp overflows unless the largest is taken off.
  runBlocks(kRows, [&] { softmaxRows<float, 4>(x.data(), result.data(), kColumns); });
  check(result, [&](int64_t r, int64_t c) {
    return std::exp(getX(r, c) - 1000) /
           (kColumns * getMean([&](int64_t i) { return std::exp(getX(r, i) - 1000); }));
  });
}

TEST_F(RowKernelsTest, FillsWithNumbersThatDiffer) {
  std::vector<float> data(1000);
  runBlocks(7, [&] { fillNumbers(data.data(), 1000); });
  double sum = 0, squares = 0;
  for (float value : data) {
    ASSERT_GE(value, -0.5F);
    ASSERT_LT(value, 0.5F);
    sum += value;
    squares += value * value;
  }
  // Of numbers that are spread evenly: 0, and 1/12.
  EXPECT_NEAR(sum / 1000, 0, 0.02);
  EXPECT_NEAR(squares / 1000, 1.0 / 12, 0.01);
}
