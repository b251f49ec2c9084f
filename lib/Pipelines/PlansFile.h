//===- PlansFile.h - Files of plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_PLANSFILE_H
#define DAGRT_LIB_PIPELINES_PLANSFILE_H

#include "dagrt/Support/TextPosition.h"

#include <string>
#include <vector>

namespace dagrt {

/// A way to partition a model: a name for people, and the passes that do it.
struct Plan {
  std::string name, pipeline;
  TextPosition at = {}; ///< In its file.
};

/// Reads plans from a YAML file, or from `nameOrText` itself if that starts with a bracket. Errors
/// are emitted where they are in the file, or at `loc`.
mlir::FailureOr<std::vector<Plan>> readPlans(llvm::StringRef nameOrText, mlir::Location loc);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_PLANSFILE_H
