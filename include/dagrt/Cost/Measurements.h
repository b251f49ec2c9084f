//===- Measurements.h - Tables of measured times -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads CSV files of measured kernels (docs/accuracy.md has the columns): what coefficients are
// fitted to, what a table corrects the model with, and what dagrt-get-time answers a million at a
// time.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_MEASUREMENTS_H
#define DAGRT_COST_MEASUREMENTS_H

#include "dagrt/Cost/KernelQuery.h"

#include "mlir/IR/Location.h"

#include "llvm/ADT/StringMap.h"

#include <memory>

namespace dagrt {

/// The kinds of tables, each with its own columns.
enum class TableKind { Gemm, Attention, Elementwise, Collective };

/// `gemm`, `attention`, `elementwise`, `collective`; nothing for another name.
std::optional<TableKind> parseTableKind(llvm::StringRef name);

/// The kind that the columns of a file belong to.
mlir::FailureOr<TableKind> guessTableKind(llvm::StringRef text, llvm::StringRef path,
                                          mlir::MLIRContext *context);

/// One row.
struct Measurement {
  std::string id;
  const Device *device = nullptr;
  KernelQuery query;
  double microseconds = 0; ///< 0 if the table has no times.
  std::string source;      ///< Who measured it; empty if the table does not say.
  int64_t line = 0;
};

/// Devices by name, each loaded once.
class DeviceCache {
public:
  explicit DeviceCache(mlir::MLIRContext *context) : context(context) {}
  /// `replacement` stands in for the built-in device of its name.
  void add(Device replacement);
  mlir::FailureOr<const Device *> get(llvm::StringRef name, mlir::Location loc);

private:
  mlir::MLIRContext *context;
  llvm::StringMap<std::unique_ptr<Device>> devices;
};

/// Reads the rows of `text` one after the other, in constant memory. `visit` may stop with a
/// failure. Errors are emitted at their line of `path`; ten at most.
mlir::LogicalResult readMeasurements(llvm::StringRef text, llvm::StringRef path, TableKind kind,
                                     DeviceCache &devices, mlir::MLIRContext *context,
                                     llvm::function_ref<mlir::LogicalResult(Measurement &)> visit);

} // namespace dagrt

#endif // DAGRT_COST_MEASUREMENTS_H
