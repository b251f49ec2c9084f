//===- Options.td - Options of passes that take costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_OPTIONS_TD
#define DAGRT_COST_OPTIONS_TD

include "mlir/Pass/PassBase.td"

// `what` begins the description.
class CostModelOption<string what>
    : Option<"model", "model", "::dagrt::ModelChoice", "::dagrt::ModelChoice::Auto",
             what # ": auto, calibrated, table or roofline (default: auto)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::ModelChoice::Auto, "auto",
                            "What computed the costs in the program, or else calibrated"),
                 clEnumValN(::dagrt::ModelChoice::Calibrated, "calibrated",
                            "Fitted to measurements, with an error bar"),
                 clEnumValN(::dagrt::ModelChoice::Table, "table",
                            "The same, with measurements from the files of option table"),
                 clEnumValN(::dagrt::ModelChoice::Roofline, "roofline",
                            "A lower bound by the data sheet: no latency, no efficiency"))}]>;

#endif // DAGRT_COST_OPTIONS_TD
