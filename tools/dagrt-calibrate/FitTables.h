//===- FitTables.h - From tables of measurements to descriptions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_FITTABLES_H
#define DAGRT_CALIBRATE_FITTABLES_H

#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/LLVM.h"

#include <string>
#include <vector>

namespace dagrt {

/// What `dagrt-calibrate fit` is asked for.
struct FitOptions {
  std::vector<std::string> tables;  ///< CSV files.
  std::vector<std::string> devices; ///< Descriptions of devices that are not built in.
  std::string descriptions;         ///< Folder with a `<gpu>.yaml` for each device of the tables.
  std::string output;               ///< Folder that the descriptions with coefficients go to.
  std::string source;               ///< Where the measurements come from, for the descriptions.
  bool generic = false;             ///< Fit all devices together as well, into `generic.yaml`.
};

/// Fits all variants of all kernels on all devices of the tables.
mlir::LogicalResult fitTables(const FitOptions &options, mlir::MLIRContext *context);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_FITTABLES_H
