//===- Mutants.h - Mutants of placed programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_MUTANTS_H
#define DAGRT_TOOLS_FUZZ_MUTANTS_H

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <string>
#include <vector>

namespace dagrt {

/// One damage to a program. It is applied to a clone, whose ops are counted as in the program.
struct Mutant {
  /// Number of the damaged op, in the order of a walk.
  unsigned op = 0;
  /// What is damaged: `dagrt.all_gather.axes`, `dagrt.matmul: type`, `dagrt.recv: left out`.
  std::string what;
  /// All fields of the dialect's definition that are damaged.
  std::vector<std::string> fields;
  /// From what to what.
  std::string how;
  /// Damages the ops of a clone; returns false if that changes nothing. Empty if the damaged
  /// value's own verifier refuses it.
  std::function<bool(llvm::ArrayRef<mlir::Operation *> ops)> apply;
};

/// All ops of a program, in the order of a walk.
std::vector<mlir::Operation *> listOps(mlir::ModuleOp program);

/// All mutants of a placed program.
std::vector<Mutant> listMutants(mlir::ModuleOp program);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_MUTANTS_H
