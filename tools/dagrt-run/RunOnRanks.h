//===- RunOnRanks.h - One process for each device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_RUNONRANKS_H
#define DAGRT_RUN_RUNONRANKS_H

#include "Program.h"
#include "dagrt/Lower/Jit.h"

namespace dagrt {

struct RankRunOptions {
  CompiledRunOptions run;
  /// How errors call the options that all ranks must share.
  std::string shared;
  double stallLimit = 10; ///< Seconds.
  std::string trace;      ///< File of the measured timeline; empty for none.
  bool withPrediction = false;
};

/// Runs `program`, which is not loaded yet, as one rank of the job that mpirun started. On rank 0,
/// where its outputs are put together, `loadReference` is called before and `finish` after the run.
/// Fails on all ranks if it fails on one.
llvm::LogicalResult runOnRanks(mlir::MLIRContext &context, Program &program,
                               const RankRunOptions &options,
                               llvm::function_ref<llvm::LogicalResult()> loadReference,
                               llvm::function_ref<llvm::LogicalResult()> finish);

} // namespace dagrt

#endif // DAGRT_RUN_RUNONRANKS_H
