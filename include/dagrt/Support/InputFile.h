//===- InputFile.h - Files that are read, of a bounded size -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_INPUTFILE_H
#define DAGRT_SUPPORT_INPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace dagrt {

/// Sizes in bytes that no honest input reaches.
constexpr uint64_t kLargestProgram = uint64_t(4) << 30;
constexpr uint64_t kLargestTable = uint64_t(4) << 30;
/// Configs, devices, clusters, strategies, plans and terms.
constexpr uint64_t kLargestDescription = uint64_t(64) << 20;

/// Reads a file of at most `largest` bytes. Text must not hold a zero byte near its beginning
/// unless it begins as MLIR bytecode does: devices that never end are refused by their first bytes,
/// other endless inputs at the limit. The error says what is wrong, without the name.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readInputFile(llvm::StringRef path,
                                                                  uint64_t largest);

/// The same, where `-` is standard input.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readInputFileOrStdin(llvm::StringRef path,
                                                                         uint64_t largest);

} // namespace dagrt

#endif // DAGRT_SUPPORT_INPUTFILE_H
