//===- CalibrationFile.h - Calibrations as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_CALIBRATIONFILE_H
#define DAGRT_LIB_COST_CALIBRATIONFILE_H

#include "DescriptionFile.h"

#include "dagrt/Cost/Calibration.h"

namespace dagrt {

/// Checks calibrations as written: every coefficient there, known and within its bounds.
mlir::FailureOr<std::vector<KernelCalibration>>
checkCalibrations(llvm::ArrayRef<CalibrationFile> files, mlir::Location loc);

} // namespace dagrt

#endif // DAGRT_LIB_COST_CALIBRATIONFILE_H
