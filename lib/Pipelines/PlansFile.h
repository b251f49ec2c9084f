//===- PlansFile.h - Files of plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_PLANSFILE_H
#define DAGRT_LIB_PIPELINES_PLANSFILE_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>
#include <vector>

namespace dagrt {

/// A way to lay out a model: a name for people, and the passes that do it.
struct Plan {
  std::string name, pipeline;
};

/// Reads plans from a YAML file, or from `nameOrText` itself if that starts with a bracket. Errors,
/// as "expects X, got Y", go to `emitError`.
mlir::FailureOr<std::vector<Plan>>
readPlans(llvm::StringRef nameOrText, llvm::function_ref<void(const llvm::Twine &)> emitError);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_PLANSFILE_H
