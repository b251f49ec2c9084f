//===- Stream.h - Numbers from a seed -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An element follows from its number and not from those before it, so that a device can make its
// own.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_STREAM_H
#define DAGRT_LOWER_STREAM_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace dagrt {

/// The numbers of one weight or input.
class Stream {
public:
  Stream(uint64_t seed, llvm::StringRef name);

  /// Element `index`, uniform in [-1, 1).
  double getUniform(int64_t index) const;

  /// Element `index`, uniform among 0, ..., `count` - 1. `count` is at least 1.
  int64_t getInteger(int64_t index, int64_t count) const;

private:
  uint64_t getBits(int64_t index) const;
  uint64_t key;
};

} // namespace dagrt

#endif // DAGRT_LOWER_STREAM_H
