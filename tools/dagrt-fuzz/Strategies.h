//===- Strategies.h - Strategies of the random pairs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_STRATEGIES_H
#define DAGRT_TOOLS_FUZZ_STRATEGIES_H

#include "Case.h"

#include "mlir/IR/BuiltinOps.h"

namespace dagrt {

/// Partitions `module` as `setup` says.
llvm::LogicalResult partition(mlir::ModuleOp module, const Setup &setup);

/// Command line of dagrt-opt that does the same. A strategy that is not built in is read
/// from `strategyFile`.
std::string getPartitionCommand(const Setup &setup, llvm::StringRef strategyFile);

/// Text of a strategy that is not built in, with its options at `setup`'s values; else empty.
std::string getStrategyText(const Setup &setup);

/// What the error says when a strategy is refused, as the documentation of the passes does:
/// numbers of devices that heads, widths or layers do not allow. Empty where it may not be refused.
std::string getExpectedRefusal(const Setup &setup);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_STRATEGIES_H
