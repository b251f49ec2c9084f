//===- ReadProgram.h - Programs from files nobody vouches for -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's parser recurses as deep as its input nests, and its bytecode reader trusts what it reads:
// a damaged file ends the process. Tools read programs through this, and get an error instead.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_READPROGRAM_H
#define DAGRT_PIPELINES_READPROGRAM_H

#include "mlir/Support/LLVM.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>

namespace mlir {
class DialectRegistry;
}

namespace dagrt {

/// Gets an error for the user: where in the file (empty for nowhere in particular), and what.
using ReadComplaint =
    llvm::function_ref<void(const llvm::Twine &where, const llvm::Twine &message)>;

/// Reads a program from a file (`-` is standard input), as text. Bytecode is read in a process of
/// its own and comes back as text with locations, so that a file that makes the reader crash is an
/// error. Text must nest less deep than the parser's stack goes. Call it before the process has
/// threads.
mlir::FailureOr<std::unique_ptr<llvm::MemoryBuffer>>
readProgram(llvm::StringRef file, const mlir::DialectRegistry &registry, ReadComplaint complain);

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
