//===- Families.h - What the architectures' configs mean -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_FAMILIES_H
#define DAGRT_LIB_IMPORT_FAMILIES_H

#include "ConfigReader.h"

#include "dagrt/Import/DecoderSpec.h"

namespace dagrt {

/// An architecture, and the function that reads its configs.
struct Family {
  llvm::StringRef architecture;
  llvm::StringRef modelType;
  void (*read)(ConfigReader &config, DecoderSpec &spec);
};

/// The architectures that can be imported.
llvm::ArrayRef<Family> getFamilies();

/// The family of the config, by its first architecture or, without one, its model type. Reports
/// what is not supported.
const Family *findFamily(ConfigReader &config);

/// Reports the first key that asks for something no spec can say, such as experts: it
/// must not be ignored, for the counts would be wrong.
void rejectUnsupportedKeys(ConfigReader &config, llvm::StringRef architecture);

/// How a family spells rotary embeddings.
struct RopeKeys {
  llvm::StringRef theta = "rope_theta";
  /// Key of the rotated fraction of each head, and its default. Empty: all of it.
  llvm::StringRef fraction;
  double defaultFraction = 1;
};

/// Reads theta, rotated dims and scaling; `headDim` and `maxPositions` are known.
void readRope(ConfigReader &config, DecoderSpec &spec, const RopeKeys &keys = {});

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_FAMILIES_H
