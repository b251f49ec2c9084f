//===- ModelSummary.h - Parameters and FLOPs of a model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_MODELSUMMARY_H
#define DAGRT_IMPORT_MODELSUMMARY_H

#include "dagrt/IR/Work.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

#include <map>

namespace dagrt {

/// What a function's model consists of and computes in one forward pass.
struct ModelSummary {
  /// The ops of one kind.
  struct KindTotal {
    int64_t ops = 0;
    /// FLOPs in the logical form, and summed over the devices of a placed one.
    double logicalFlops = 0, totalFlops = 0;
  };

  /// Elements and bytes of the distinct stored weights.
  int64_t parameters = 0;
  double parameterBytes = 0;
  std::map<WorkKind, KindTotal> kinds;
  bool isPlaced = false;
  /// Some size is symbolic; the ops that have it count as no FLOPs.
  bool isSymbolic = false;

  double getLogicalFlops() const;
  double getTotalFlops() const;
};

/// Sums up the ops of `function`. Fails with an error if two uses of a parameter disagree
/// about the weight that is stored. Linear in the number of ops.
mlir::FailureOr<ModelSummary> computeModelSummary(mlir::FunctionOpInterface function);

/// Prints the summary of the function `name` for people.
void printModelSummary(const ModelSummary &summary, llvm::StringRef name, llvm::raw_ostream &os);

} // namespace dagrt

#endif // DAGRT_IMPORT_MODELSUMMARY_H
