//===- BuiltinPartition.h - The passes' way to a strategy -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_BUILTINPARTITION_H
#define DAGRT_LIB_PARTITION_BUILTINPARTITION_H

#include "dagrt/Partition/Strategy.h"

#include "mlir/IR/BuiltinOps.h"

namespace dagrt {

/// Partitions `module` by the strategy in `yaml` with `options`. What is wrong with the text of a
/// `file` is emitted where it stands, all else on the module.
llvm::LogicalResult partitionByText(mlir::ModuleOp module, llvm::StringRef yaml,
                                    llvm::StringRef name, const StrategyOptions &options,
                                    llvm::StringRef file = "");

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_BUILTINPARTITION_H
