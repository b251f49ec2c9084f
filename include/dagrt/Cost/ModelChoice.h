//===- ModelChoice.h - Cost models of passes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_MODELCHOICE_H
#define DAGRT_COST_MODELCHOICE_H

#include "dagrt/Support/EnumOption.h"

namespace dagrt {

/// The cost models that passes know. Models of an embedder's own are given to `annotateCosts`.
enum class ModelChoice {
  Auto, ///< What computed the costs in the program, or else `calibrated`.
  Calibrated,
  Table,
  Roofline,
};

/// The name of the model as in `CostOptions`; empty for `Auto`.
llvm::StringRef getModelName(ModelChoice choice);

/// What reports say of times by the model of this name: that they are a lower bound, or nothing.
llvm::StringRef describeBound(llvm::StringRef model);

} // namespace dagrt

DAGRT_ENUM_OPTION(dagrt::ModelChoice)

#endif // DAGRT_COST_MODELCHOICE_H
