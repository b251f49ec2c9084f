//===- KeyTables.h - Tables of other keys -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two tables: keys that change nothing, some of them with one value only, and keys that stand for
// something that no spec can say.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_KEYTABLES_H
#define DAGRT_LIB_IMPORT_KEYTABLES_H

#include "ConfigReader.h"

#include "dagrt/Import/DecoderSpec.h"

namespace dagrt {

/// True for null, false, 0, and empty strings, arrays and objects.
bool isEmptyValue(const llvm::json::Value &value);

/// What a key without a reader means.
enum class KeyKind {
  Inert,    ///< It changes nothing.
  Conflict, ///< It says something else of the model than its architecture.
  Doubtful, ///< It may mean that the model is not what its architecture says.
  Unknown,
};

/// What `key` means in a config of `spec`. Of a conflict, `expected` is the value that would
/// change nothing, and of a doubtful key what it means.
KeyKind classifyKey(llvm::StringRef key, const llvm::json::Value &value, const DecoderSpec &spec,
                    std::string &expected);

/// A key that asks for a feature, and what the feature is.
struct UsedFeature {
  llvm::StringRef key, meaning;
};

/// The features that unread keys ask for, each once, by the first of its keys. Their keys are
/// accepted: they are reported as features.
llvm::SmallVector<UsedFeature> findFeatures(const ConfigReader &config);

/// True for a key of the features' table with a value that is known to ask for nothing.
bool isSwitchedOffFeature(llvm::StringRef key, const llvm::json::Value &value);

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_KEYTABLES_H
