//===- Options.td - Options of passes that lower programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_OPTIONS_TD
#define DAGRT_LOWER_OPTIONS_TD

include "mlir/Pass/PassBase.td"

class ElementTypesOption
    : Option<"elementType", "element-type", "::dagrt::ElementTypes", "::dagrt::ElementTypes::Model",
             "Types that are computed in: model or f64 (default: model)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::ElementTypes::Model, "model", "Those of the program"),
                 clEnumValN(::dagrt::ElementTypes::F64, "f64", "f64 for every float"))}]>;

#endif // DAGRT_LOWER_OPTIONS_TD
