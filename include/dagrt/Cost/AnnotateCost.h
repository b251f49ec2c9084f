//===- AnnotateCost.h - Costs of ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_ANNOTATECOST_H
#define DAGRT_COST_ANNOTATECOST_H

#include "dagrt/IR/Sizes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"

#include <string>

namespace dagrt {

/// What costs are computed with. Names and files are as on the command line.
struct CostOptions {
  std::string cluster = "dgx-h100"; ///< Name of a built-in cluster, or a file.
  std::string model = "calibrated"; ///< Name of a cost model.
  std::string table;                ///< File of measurements, for models that read one.
  /// Named sizes, `seq_len=8192`, that differ from the module's default.
  std::string sizes;
};

/// The binding that costs of `function` are to hold at: the module's default, with what `sizes`
/// says instead. Costs that are there for another one are an error; they decide if `sizes` is
/// empty.
mlir::FailureOr<SizeBinding> readCostSizes(mlir::func::FuncOp function, llvm::StringRef sizes);

/// Puts a `dagrt.cost` on every op of `function` that takes time and has none. Errors are
/// emitted on the op or function they belong to.
llvm::LogicalResult annotateCosts(mlir::func::FuncOp function, const CostOptions &options);

} // namespace dagrt

#endif // DAGRT_COST_ANNOTATECOST_H
