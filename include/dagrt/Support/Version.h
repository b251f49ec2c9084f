//===- Version.h - The text of --version -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_VERSION_H
#define DAGRT_SUPPORT_VERSION_H

namespace llvm {
class raw_ostream;
}

namespace dagrt {

/// Writes `dagrt 0.1.0 (LLVM 22.1.0)`. Tools give it to `llvm::cl::SetVersionPrinter`.
void printVersion(llvm::raw_ostream &os);

} // namespace dagrt

#endif // DAGRT_SUPPORT_VERSION_H
