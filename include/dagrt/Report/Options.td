//===- Options.td - Options of passes that report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_OPTIONS_TD
#define DAGRT_REPORT_OPTIONS_TD

include "mlir/Pass/PassBase.td"


class DocumentFormatOption
    : Option<"format", "format", "::dagrt::DocumentFormat", "::dagrt::DocumentFormat::Text",
             "Format of the report: text or json (default: text)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::DocumentFormat::Text, "text", "For people"),
                 clEnumValN(::dagrt::DocumentFormat::Json, "json", "For programs"))}]>;

#endif // DAGRT_REPORT_OPTIONS_TD
