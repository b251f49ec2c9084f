//===- ReadProgram.h - Reads programs from files -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's parser recurses as deep as its input nests: text that nests too deep ends the process.
// Tools read programs through this, and get an error instead. Bytecode is left to MLIR's reader.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_READPROGRAM_H
#define DAGRT_PIPELINES_READPROGRAM_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>

namespace dagrt {

/// Gets an error for the user: where in the file (empty for nowhere in particular), and what.
using ReadComplaint =
    llvm::function_ref<void(const llvm::Twine &where, const llvm::Twine &message)>;

/// Reads the bytes of a program from a file (`-` is standard input): bytecode as it is, and text,
/// which must nest less deep than the parser's stack goes.
mlir::FailureOr<std::unique_ptr<llvm::MemoryBuffer>> readProgram(llvm::StringRef file,
                                                                 ReadComplaint complain);

/// Where a text nests too deep for MLIR's parser.
struct DeepNesting {
  size_t offset;         ///< In bytes.
  llvm::StringRef limit; ///< As in "expects <limit>".
};

/// The first place that nests too deep. Brackets nest, and so do the operators of an affine
/// expression and aliases of attributes or types.
std::optional<DeepNesting> findDeepNesting(llvm::StringRef text);

} // namespace dagrt

#endif // DAGRT_PIPELINES_READPROGRAM_H
