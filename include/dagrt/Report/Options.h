//===- Options.h - Options of passes that report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_OPTIONS_H
#define DAGRT_REPORT_OPTIONS_H

#include "dagrt/Support/EnumOption.h"

namespace dagrt {

/// Formats of the report of a schedule; `getReportFormat` has what renders each.
enum class ReportFormatName { Text, Json, Formula };

/// Formats of other reports.
enum class DocumentFormat { Text, Json };

/// What becomes of ops whose time is not counted.
enum class UnknownWork {
  Report, ///< They are listed.
  Error,  ///< The first is an error.
};

} // namespace dagrt

DAGRT_ENUM_OPTION(dagrt::ReportFormatName)
DAGRT_ENUM_OPTION(dagrt::DocumentFormat)
DAGRT_ENUM_OPTION(dagrt::UnknownWork)

#endif // DAGRT_REPORT_OPTIONS_H
