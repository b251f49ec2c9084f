//===- BytecodeVersion.h - Bytecode of earlier versions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Properties are stored one after the other, in an order that follows from an op's definition. An
// op whose definition has changed reads what was written before, too:
//
//   version 1: attention with `past` and six operand segments; rope with a config and positions
//              alone; matmul without batch dims; add and mul without named dims
//   version 2: attention has no keys that are not visible
//   version 3: as the ops are defined now
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IR_BYTECODEVERSION_H
#define DAGRT_LIB_IR_BYTECODEVERSION_H

#include "mlir/Bytecode/BytecodeImplementation.h"

namespace dagrt {

/// The version that is written.
inline constexpr uint64_t kBytecodeVersion = 3;

/// The version of the dialect that wrote what is read; the current one if it is not said. Of
/// operand segments those of an earlier version are the first.
uint64_t getBytecodeVersion(mlir::DialectBytecodeReader &reader);

} // namespace dagrt

#endif // DAGRT_LIB_IR_BYTECODEVERSION_H
