//===- Warnings.h - Warnings of a report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_WARNINGS_H
#define DAGRT_LIB_REPORT_WARNINGS_H

#include "SweepReport.h"

#include "llvm/Support/JSON.h"

namespace dagrt {

/// All warnings of a report, in order.
std::vector<std::string> getWarnings(const Report &report);
std::vector<std::string> getWarnings(const SweepReport &report);

/// Writes `warning: ...` lines of at most 100 columns after an empty line; nothing if there are
/// none.
void writeWarnings(llvm::raw_ostream &os, llvm::ArrayRef<std::string> warnings);

/// Writes the key `warnings`: an array of strings, empty if there are none.
void writeWarnings(llvm::json::OStream &json, llvm::ArrayRef<std::string> warnings);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_WARNINGS_H
