//===- Fit.cpp - Fitting coefficients to measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Levenberg-Marquardt (MINPACK's lmdif) on the logarithms of predicted over measured times. A
// soft-L1 loss keeps rows that no model explains from deciding, and each coefficient is held,
// weakly, where it starts, in logarithms too, so that one that no row tells about stays there and
// every fit has one answer. A coefficient stays between its bounds because what is varied is the
// logit of where it lies between them. Coefficients that are choices are tried both ways.
//
// Error bars come from cross-validation: rows of one shape go together into one of five parts, each
// of which is predicted by a fit to the other four.
//
//===----------------------------------------------------------------------===//

#include "Fit.h"

#include "llvm/ADT/STLExtras.h"

#include <cminpack.h>

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace dagrt;

/// Errors from here on count by their size, no longer by its square.
static constexpr double kSoftError = 0.05;
static constexpr unsigned kFolds = 5;
/// Fewer rows than these do not tell the width of an interval.
static constexpr size_t kFewestForBar = 25;

//===----------------------------------------------------------------------===//
// Least squares
//===----------------------------------------------------------------------===//

namespace {
/// What MINPACK's callback sees.
struct LeastSquares {
  const Kernel &kernel;
  ArrayRef<const FitRow *> rows;
  std::vector<double> coefficients; ///< Those that are not varied, too.
  std::vector<unsigned> varied;     ///< Indices of those that are.

  void setVaried(const double *x) {
    for (auto [i, index] : llvm::enumerate(varied)) {
      const Coefficient &c = kernel.coefficients[index];
      double place = 1 / (1 + std::exp(-x[i]));
      coefficients[index] =
          std::exp(std::log(c.low) + place * (std::log(c.high) - std::log(c.low)));
    }
  }

  std::vector<double> getVaried() const {
    std::vector<double> x;
    for (unsigned index : varied) {
      const Coefficient &c = kernel.coefficients[index];
      double place =
          (std::log(coefficients[index]) - std::log(c.low)) / (std::log(c.high) - std::log(c.low));
      place = std::clamp(place, 0.002, 0.998);
      x.push_back(std::log(place / (1 - place)));
    }
    return x;
  }

  int getNumResiduals() const { return static_cast<int>(rows.size() + varied.size()); }

  void computeResiduals(double *residuals) const {
    for (const FitRow *row : rows) {
      KernelTime time = predictTime(row->call, *row->device, coefficients);
      double error = std::log(time.microseconds / row->microseconds) / kSoftError;
      // Its square is the soft-L1 loss 2 (sqrt(1 + e^2) - 1).
      *residuals++ = std::copysign(std::sqrt(2 * (std::hypot(1, error) - 1)), error);
    }
    double weight =
        std::hypot(kernel.prior * std::sqrt(static_cast<double>(rows.size())), kernel.totalPrior);
    for (unsigned index : varied)
      *residuals++ = weight * std::log(coefficients[index] / kernel.coefficients[index].initial);
  }
};
} // namespace

static int evaluate(void *context, int, int, const double *x, double *residuals, int) {
  auto *problem = static_cast<LeastSquares *>(context);
  problem->setVaried(x);
  problem->computeResiduals(residuals);
  return 0;
}

/// Varies the coefficients of `problem` until nothing gets better, or `sweeps` Jacobians are used
/// up. Returns the loss.
static double minimize(LeastSquares &problem, int sweeps) {
  std::vector<double> x = problem.getVaried();
  int m = problem.getNumResiduals(), n = static_cast<int>(x.size()), evaluations = 0;
  std::vector<double> residuals(m), jacobian(static_cast<size_t>(m) * n), scale(n), qtf(n),
      work(3 * n), work4(m);
  std::vector<int> pivots(n);
  constexpr double tolerance = 1e-9, step = 1e-8; // Differences are its root apart.
  lmdif(evaluate, &problem, m, n, x.data(), residuals.data(), tolerance, tolerance, 0,
        sweeps * (n + 2), step, scale.data(), /*mode=*/1, /*factor=*/1, /*nprint=*/0, &evaluations,
        jacobian.data(), m, pivots.data(), qtf.data(), work.data(), work.data() + n,
        work.data() + 2 * n, work4.data());
  evaluate(&problem, m, n, x.data(), residuals.data(), 0);
  double loss = 0;
  for (double r : residuals)
    loss += r * r;
  return loss;
}

//===----------------------------------------------------------------------===//
// Fits
//===----------------------------------------------------------------------===//

/// The best coefficients for `rows`, over all ways to choose.
static std::vector<double> fitChoices(const Kernel &kernel, ArrayRef<const FitRow *> rows) {
  LeastSquares start{kernel, rows, {}, {}};
  std::vector<unsigned> choices;
  for (auto [index, coefficient] : llvm::enumerate(kernel.coefficients)) {
    start.coefficients.push_back(coefficient.initial);
    (coefficient.isChoice ? choices : start.varied).push_back(index);
  }
  std::vector<double> best;
  double bestLoss = INFINITY;
  for (unsigned way = 0; way < 1u << choices.size(); ++way) {
    LeastSquares problem = start;
    for (auto [bit, index] : llvm::enumerate(choices)) {
      const Coefficient &choice = kernel.coefficients[index];
      problem.coefficients[index] = way >> bit & 1 ? choice.high : choice.low;
    }
    double loss = minimize(problem, /*sweeps=*/30);
    if (loss < bestLoss) {
      bestLoss = loss;
      best = problem.coefficients;
    }
  }
  return best;
}

/// Rounds to the digits that a description keeps.
static double round6(double value) {
  double unit = std::pow(10, std::floor(std::log10(value)) - 5);
  return std::round(value / unit) * unit;
}

namespace {
/// FNV-1a, which gives the same parts everywhere.
struct ShapeHash {
  uint64_t hash = 14695981039346656037u;
  ShapeHash &add(double value) {
    unsigned char bytes[sizeof(double)];
    std::memcpy(bytes, &value, sizeof(double));
    for (unsigned char byte : bytes)
      hash = (hash ^ byte) * 1099511628211u;
    return *this;
  }
};

/// Calls with the same number go into the same part.
struct ShapeOf {
  uint64_t operator()(const GemmCall &c) const {
    return ShapeHash().add(c.k).add(c.n).add(c.batch).hash;
  }
  uint64_t operator()(const AttentionCall &c) const {
    return ShapeHash().add(c.heads).add(c.keyHeads).add(c.headDim).hash;
  }
  uint64_t operator()(const RowwiseCall &c) const {
    return ShapeHash().add(c.rows).add(c.columns).hash;
  }
  uint64_t operator()(const CollectiveCall &c) const {
    return ShapeHash().add(c.bytes).add(static_cast<double>(c.ranks)).hash;
  }
};
} // namespace

static unsigned getFold(const FitRow &row) {
  uint64_t hash = std::visit(ShapeOf(), row.call);
  return (hash ^ hash >> 29) % kFolds;
}

static FitResidual getResidual(const FitRow &row, ArrayRef<double> coefficients) {
  KernelTime time = predictTime(row.call, *row.device, coefficients);
  return {row.microseconds / time.microseconds, getRegime(row.call, *row.device, time)};
}

std::vector<FitResidual> dagrt::getResiduals(const FitProblem &problem,
                                             ArrayRef<double> coefficients) {
  std::vector<FitResidual> residuals;
  for (const FitRow &row : problem.rows)
    residuals.push_back(getResidual(row, coefficients));
  return residuals;
}

/// Residuals of rows that the coefficients were not fitted to. Each fit starts from that to all
/// rows.
static std::vector<FitResidual> crossValidate(const FitProblem &problem,
                                              ArrayRef<double> coefficients) {
  std::vector<FitResidual> residuals;
  for (unsigned fold = 0; fold < kFolds; ++fold) {
    std::vector<const FitRow *> others, left;
    for (const FitRow &row : problem.rows)
      (getFold(row) == fold ? left : others).push_back(&row);
    if (left.empty() || others.empty())
      continue;
    LeastSquares part{*problem.kernel, others, coefficients, {}};
    for (auto [index, coefficient] : llvm::enumerate(problem.kernel->coefficients))
      if (!coefficient.isChoice)
        part.varied.push_back(index);
    minimize(part, /*sweeps=*/5);
    for (const FitRow *row : left)
      residuals.push_back(getResidual(*row, part.coefficients));
  }
  return residuals;
}

/// From the least to the most of each trait.
static std::vector<MeasuredRange> getRanges(ArrayRef<const FitRow *> rows) {
  std::vector<MeasuredRange> ranges;
  for (const FitRow *row : rows)
    for (auto [index, trait] : llvm::enumerate(getTraits(row->call))) {
      if (index == ranges.size())
        ranges.push_back({trait.name, trait.value, trait.value});
      ranges[index].least = std::min(ranges[index].least, trait.value);
      ranges[index].most = std::max(ranges[index].most, trait.value);
    }
  return ranges;
}

KernelCalibration dagrt::fit(const FitProblem &problem) {
  std::vector<const FitRow *> rows;
  for (const FitRow &row : problem.rows)
    rows.push_back(&row);
  KernelCalibration result;
  result.kernel = problem.kernel->name;
  result.variant = problem.variant;
  result.rows = static_cast<int64_t>(rows.size());
  result.coefficients = fitChoices(*problem.kernel, rows);
  for (auto [value, coefficient] :
       llvm::zip_equal(result.coefficients, problem.kernel->coefficients))
    value = std::clamp(round6(value), coefficient.low, coefficient.high);
  std::vector<double> errors, all;
  std::vector<std::vector<double>> byRegime(problem.kernel->regimes.size());
  for (const FitResidual &residual : getResiduals(problem, result.coefficients))
    errors.push_back(std::fabs(1 / residual.ratio - 1));
  for (const FitResidual &residual : crossValidate(problem, result.coefficients)) {
    all.push_back(residual.ratio);
    byRegime[residual.regime].push_back(residual.ratio);
  }
  for (std::vector<double> &ratios : byRegime)
    result.errorBars.push_back(getErrorBar(ratios.size() < kFewestForBar ? all : ratios));
  llvm::sort(errors);
  result.medianError = 100 * errors[errors.size() / 2];
  for (const FitRow *row : rows)
    result.largestUs = std::max(result.largestUs, row->microseconds);
  result.ranges = getRanges(rows);
  return result;
}
