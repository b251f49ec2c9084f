//===- Units.h - Times and sizes as people read them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For whatever a person reads: reports, remarks and errors.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_UNITS_H
#define DAGRT_SUPPORT_UNITS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace dagrt {

/// Microseconds with all six decimals: picoseconds, exactly.
std::string formatMicroseconds(int64_t picoseconds);

/// Four digits and a unit: `812.4 ms`, `3.993 d`.
std::string formatTime(int64_t picoseconds);

/// Four digits and a decimal unit: `16.06 GB`.
std::string formatBytes(double bytes);

/// `51.2%`.
std::string formatPercent(double fraction);

/// Runs of consecutive numbers: `0-7, 12`.
std::string formatRanges(llvm::ArrayRef<int64_t> numbers);

/// `text` truncated to `width` columns, with two dots at the end.
std::string fit(llvm::StringRef text, size_t width);

/// `text` in exactly `width` columns.
std::string pad(llvm::StringRef text, size_t width);

} // namespace dagrt

#endif // DAGRT_SUPPORT_UNITS_H
