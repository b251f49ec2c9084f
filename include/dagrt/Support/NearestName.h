//===- NearestName.h - Suggestions for mistyped names -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_NEARESTNAME_H
#define DAGRT_SUPPORT_NEARESTNAME_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace dagrt {

/// The first of `names` that is nearest to `name`; empty if more than a third of the letters of
/// each is another.
std::string findNearestName(llvm::StringRef name, llvm::ArrayRef<std::string> names);

/// The first of `names` that is nearest to `name`; empty if more than `most` letters are other.
llvm::StringRef findNearestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> names,
                                unsigned most);

/// The first as `; did you mean 'NAME'?`, the end of an error; empty if there is none.
std::string suggestName(llvm::StringRef name, llvm::ArrayRef<std::string> names);

} // namespace dagrt

#endif // DAGRT_SUPPORT_NEARESTNAME_H
