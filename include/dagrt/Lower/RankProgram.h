//===- RankProgram.h - Compiles and runs one device's program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a rank does between the messages of its job: it makes its own shards of weights and inputs,
// runs the compiled program of its device, and gives back its shards of the results, which the
// caller puts together. Knows nothing of processes: the program calls the functions that it is
// given.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_RANKPROGRAM_H
#define DAGRT_LOWER_RANKPROGRAM_H

#include "dagrt/Lower/Jit.h"

namespace dagrt {

/// A device's part of a result, by the number of the result in the placed function.
struct ResultShard {
  int64_t number = 0;
  Array array;
};

class RankProgram {
public:
  ~RankProgram();

  /// Compiles what `device` does of `func`, which stays as it is. `options.memoryLimit` is the
  /// rank's. Emits an error if it cannot run on ranks, or not on this device.
  static llvm::FailureOr<std::unique_ptr<RankProgram>>
  compile(mlir::func::FuncOp func, int64_t device, const CompiledRunOptions &options);

  /// Makes the device's shards of the weights and inputs that follow from the seed.
  llvm::LogicalResult prepare();

  /// Runs it on them, once.
  llvm::FailureOr<std::vector<ResultShard>> run();

private:
  RankProgram();
  struct State;
  std::unique_ptr<State> state;
};

/// Joins the shards of each of `devices` to the results of `func`. A sum not yet reduced is reduced
/// first. Emits an error if replicas differ by more than `tolerance`, relative to the largest
/// element.
llvm::FailureOr<std::vector<Array>> joinResults(mlir::func::FuncOp func,
                                                llvm::ArrayRef<int64_t> devices,
                                                llvm::ArrayRef<std::vector<ResultShard>> shards,
                                                double tolerance);

} // namespace dagrt

#endif // DAGRT_LOWER_RANKPROGRAM_H
