//===- ErrorBars.h - Error bars in reports -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All reports print error bars in the same words and under the same JSON keys.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_ERRORBARS_H
#define DAGRT_REPORT_ERRORBARS_H

#include "dagrt/Schedule/Uncertainty.h"

#include "llvm/Support/JSON.h"

namespace dagrt {

/// What the makespan may be shorter and longer, for a column of a table: `6.1%` if that is the
/// same, or `-4/+9%`, rounded; with a `+` behind it if a part of the path has no error bar; `?` if
/// that part is large, and empty if it is everything, or nothing takes time.
std::string formatError(const Uncertainty &uncertainty, int64_t makespan);

/// The same for a line of text: `+- 6.1%` or `-4.0% +9.2%`, and `or more` for the `+`; empty for
/// `?`.
std::string formatErrorBar(const Uncertainty &uncertainty, int64_t makespan);

/// `+- 8.000 us` or `-6.000 us +9.000 us`.
std::string formatDeviation(const Deviation &error);

/// The key `uncertainty`, in an object. Nothing if no op on the path has an error bar.
void writeUncertainty(llvm::json::OStream &json, const Uncertainty &uncertainty, int64_t makespan);

} // namespace dagrt

#endif // DAGRT_REPORT_ERRORBARS_H
