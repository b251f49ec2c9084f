//===- CsvMode.h - Answers for a CSV file -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_GETTIME_CSVMODE_H
#define DAGRT_GETTIME_CSVMODE_H

#include "dagrt/Cost/MeasurementTable.h"
#include "dagrt/Cost/Measurements.h"

namespace dagrt {

/// Answers a query: a model.
using AskFn = llvm::function_ref<Prediction(const KernelQuery &, const Device &)>;

/// Reads the table of `kind` at `input` and writes a row `id,pred_us,low_us,high_us,provenance` for
/// each of its rows to `output` (`-` is standard output), which is replaced only when all is well.
mlir::LogicalResult answerTable(llvm::StringRef input, llvm::StringRef output, TableKind kind,
                                DeviceCache &devices, mlir::MLIRContext *context, AskFn ask);

} // namespace dagrt

#endif // DAGRT_GETTIME_CSVMODE_H
