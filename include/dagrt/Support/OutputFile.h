//===- OutputFile.h - Files that are replaced when complete -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For whatever writes a file that people read while it is written.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_OUTPUTFILE_H
#define DAGRT_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace dagrt {

/// Replaces `path` by a file that holds `text`, or leaves it as it was and says why. A device or
/// pipe is written to; `-` is standard output.
llvm::Error replaceFile(llvm::StringRef path, llvm::StringRef text);

} // namespace dagrt

#endif // DAGRT_SUPPORT_OUTPUTFILE_H
