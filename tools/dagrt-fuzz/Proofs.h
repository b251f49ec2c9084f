//===- Proofs.h - Proofs for surviving mutants -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_PROOFS_H
#define DAGRT_TOOLS_FUZZ_PROOFS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dagrt {

/// Why a damage leaves a program equivalent.
struct Proof {
  /// Regular expressions for all of what is damaged, and of how.
  llvm::StringLiteral what, how;
  llvm::StringLiteral title, text;
};

llvm::ArrayRef<Proof> getProofs();

/// The proof for a survivor, or null if it should not have survived.
const Proof *findProof(llvm::StringRef what, llvm::StringRef how);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_PROOFS_H
