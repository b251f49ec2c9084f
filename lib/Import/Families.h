//===- Families.h - From configs to decoder specs -*- C++ -*-===//
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
/// what is not supported, and names that contradict each other.
const Family *findFamily(ConfigReader &config);

/// Reports what no one read: keys that ask for something no spec can say, such as experts, that
/// contradict `spec`, or that no one knows. None of them must be ignored, for the counts would be
/// wrong; `allowUnknown` makes warnings of the unknown ones.
void rejectUnreadKeys(ConfigReader &config, llvm::StringRef architecture, const DecoderSpec &spec,
                      bool allowUnknown);

/// The decoder that a parsed config describes. Reports what stands in the way.
mlir::FailureOr<DecoderSpec> readDecoder(ConfigReader &config, const ImportOptions &options);

/// What errors quote of a key: its name and value.
std::string describeKey(const ConfigReader &config, llvm::StringRef key);

/// The keys under which multimodal configs keep the config of their text model.
llvm::ArrayRef<llvm::StringLiteral> getTextConfigKeys();

/// What errors say of the model in the object `key`: its name, its size, and whether it imports.
std::string describeTextConfig(const ConfigReader &config, llvm::StringRef key);

/// Hands down to the text model what the config around it says of both, and adds the sizes that it
/// leaves to its architecture; a remark says which.
void completeTextConfig(llvm::json::Object &config, mlir::Location loc);

/// The reader of the text model's config, whose keys are recorded in `file`. Reports a config that
/// has none.
mlir::FailureOr<ConfigReader> openTextConfig(ConfigReader &config, ConfigFile &file);

/// What a config asks for that no spec can say, as errors name it: keys, values and meanings.
std::string describeFeatures(const ConfigReader &config);

/// What errors say of the quantization that the config names; empty if it names none.
std::string describeQuantization(const ConfigReader &config);

/// Reports a quantization that the config names, unless it is to be ignored.
void rejectQuantization(ConfigReader &config, bool ignore);

/// Reports one that a file beside the config names.
mlir::LogicalResult rejectQuantizationFile(llvm::MemoryBufferRef file, mlir::MLIRContext *context);

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
