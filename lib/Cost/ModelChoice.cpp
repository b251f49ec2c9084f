//===- ModelChoice.cpp - Cost models of passes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/ModelChoice.h"

#include "llvm/Support/ErrorHandling.h"

llvm::StringRef dagrt::getModelName(ModelChoice choice) {
  switch (choice) {
  case ModelChoice::Auto:
    return "";
  case ModelChoice::Calibrated:
    return "calibrated";
  case ModelChoice::Table:
    return "table";
  case ModelChoice::Roofline:
    return "roofline";
  }
  llvm_unreachable("not a choice of a cost model");
}

llvm::StringRef dagrt::describeBound(llvm::StringRef model) {
  if (model != getModelName(ModelChoice::Roofline))
    return "";
  return "a lower bound by the data sheet, without latency and efficiency";
}
