//===- MeasurementTable.h - Correction by measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keeps how far measurements were from the calibrated model, and corrects it by what is known near
// a call. Far from every measurement nothing is corrected, so a table has no edge.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_MEASUREMENTTABLE_H
#define DAGRT_COST_MEASUREMENTTABLE_H

#include "dagrt/Cost/Measurements.h"

#include "mlir/IR/Location.h"

#include <memory>

namespace dagrt {

class MeasurementTable {
public:
  /// Reads tables (docs/accuracy.md has the columns), whose paths are separated by commas. Errors
  /// in them are emitted at their line, others at `loc`.
  static mlir::FailureOr<std::unique_ptr<MeasurementTable>>
  read(llvm::StringRef paths, DeviceCache &devices, mlir::Location loc);
  ~MeasurementTable();

  /// `prediction` corrected by what was measured near `query` on `device`, or on the device that it
  /// is calibrated like.
  Prediction correct(const KernelQuery &query, const Device &device, Prediction prediction) const;

private:
  MeasurementTable();
  struct Contents;
  std::unique_ptr<Contents> contents;
};

} // namespace dagrt

#endif // DAGRT_COST_MEASUREMENTTABLE_H
