//===- ElementTypeNames.h - Names of element types -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One set of names for options, tables, device descriptions and model configs: those of tables of
// measurements (`fp16`), of MLIR (`f16`) and of frameworks (`float16`, `half`).
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_ELEMENTTYPENAMES_H
#define DAGRT_SUPPORT_ELEMENTTYPENAMES_H

#include "mlir/IR/Types.h"

#include "llvm/ADT/SmallVector.h"

namespace dagrt {

/// The type of any of its names; null for another name. `fp8` is E4M3, and so are its formats that
/// differ in their scales alone (`fp8_block`).
mlir::Type parseElementType(llvm::StringRef name, mlir::MLIRContext *context);

/// What tables call the type of that name: `fp16` for `float16`, `fp8` for all its formats. Empty
/// for a name of none.
llvm::StringRef getTableName(llvm::StringRef name);

/// `fp64`, `fp32`, ..., `int32`: the names of tables, the widest float first.
llvm::ArrayRef<llvm::StringRef> getTableNames();

/// All names of the type that tables call `tableName`, that one first.
llvm::SmallVector<llvm::StringRef> getSpellings(llvm::StringRef tableName);

} // namespace dagrt

#endif // DAGRT_SUPPORT_ELEMENTTYPENAMES_H
