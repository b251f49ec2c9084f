//===- Fit.h - Fitting coefficients to measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_FIT_H
#define DAGRT_CALIBRATE_FIT_H

#include "dagrt/Cost/KernelQuery.h"

#include <string>
#include <vector>

namespace dagrt {

/// One measurement that coefficients are fitted to.
struct FitRow {
  KernelCall call;
  const Device *device = nullptr;
  double microseconds = 0;
};

/// The measurements of one variant of a kernel.
struct FitProblem {
  const Kernel *kernel = nullptr;
  std::string variant;
  std::vector<FitRow> rows;
};

/// A measured time over the predicted one, and where it belongs.
struct FitResidual {
  double ratio = 1;
  unsigned regime = 0;
};

/// Fits coefficients; error bars are those of rows that were left out (cross-validation over groups
/// of rows of one shape).
KernelCalibration fit(const FitProblem &problem);

/// How far the measurements of `problem` are from what `coefficients` say.
std::vector<FitResidual> getResiduals(const FitProblem &problem,
                                      llvm::ArrayRef<double> coefficients);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_FIT_H
