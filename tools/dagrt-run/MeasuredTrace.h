//===- MeasuredTrace.h - The timeline of a run on ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same file as the predicted timeline's (`--critical-path="trace=FILE"`): the same format,
// names of ops and names of tracks, so that the two can be looked at side by side.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_MEASUREDTRACE_H
#define DAGRT_RUN_MEASUREDTRACE_H

#include "dagrt/Report/Report.h"
#include "dagrt/Runtime/Ranks.h"

namespace dagrt {

/// What reports say of the ops of a placed function, by the numbers that ranks give them: in
/// program order, without parameters.
class OpTable {
public:
  /// Costs are added where there are none, in a copy. Where that fails, names are roles and
  /// numbers.
  explicit OpTable(mlir::func::FuncOp func);

  struct Entry {
    std::string name, mnemonic, kind;
    Resource resource = Resource::Compute;
  };
  const Entry &operator[](int64_t number) const { return entries[number]; }

  /// The predicted timeline, as text; empty if there is none.
  const std::string &getPrediction() const { return prediction; }

private:
  void describe(mlir::Operation *op, std::string name);

  std::vector<Entry> entries;
  std::string prediction;
};

/// One process for each rank; `devices` and `stamps` are by rank. With `prediction`, the events of
/// that trace stand before them.
std::string renderMeasuredTrace(const OpTable &ops, llvm::ArrayRef<int64_t> devices,
                                llvm::ArrayRef<std::vector<Stamp>> stamps,
                                llvm::StringRef prediction);

} // namespace dagrt

#endif // DAGRT_RUN_MEASUREDTRACE_H
