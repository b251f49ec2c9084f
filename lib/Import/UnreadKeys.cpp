//===- UnreadKeys.cpp - Config keys that nothing reads -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ignoring an unknown key could import another model. So each key is read by
// the family, or is known to have no influence; what is left over is an error, or, where its value
// says that it is switched off, a warning.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "KeyTables.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace dagrt;

static constexpr size_t kMostReports = 16;

std::string dagrt::describeKey(const ConfigReader &config, StringRef key) {
  return "'" + formatKey(key) + "' " + formatValue(*config.peek(key));
}

std::string dagrt::describeFeatures(const ConfigReader &config) {
  std::string text;
  for (const UsedFeature &feature : findFeatures(config)) {
    bool isModel = llvm::is_contained(getTextConfigKeys(), feature.key) &&
                   config.peek(feature.key)->getAsObject();
    text += text.empty() ? "" : ", ";
    text += isModel ? describeTextConfig(config, feature.key)
                    : describeKey(config, feature.key) + " (" + feature.meaning.str() + ")";
  }
  return text;
}

/// Reports all features at the first one's key.
static void rejectFeatures(ConfigReader &config, StringRef architecture) {
  SmallVector<StringRef> keys = config.getUnreadKeys();
  std::string features = describeFeatures(config);
  if (features.empty())
    return;
  StringRef first = StringRef(features).drop_front().split('\'').first;
  config.reportRefusal(first, "expects a dense decoder in '" + architecture + "', got " + features);
}

/// Reports a key that no one knows.
static void reportUnknownKey(ConfigReader &config, StringRef key, StringRef architecture,
                             bool isError) {
  std::string message = ("expects keys that are known in '" + architecture + "', got ").str() +
                        describeKey(config, key);
  std::string nearest = config.findNearestKey(key);
  if (!nearest.empty())
    message += "; did you mean '" + nearest + "'?";
  if (isError)
    return config.reportRefusal(key, message + (nearest.empty() ? "; it may change the model, and "
                                                                  "--allow-unknown-keys ignores it"
                                                                : ""));
  config.reportWarning(key, message + (nearest.empty() ? "; ignores it" : "; ignores it so far"));
}

/// Reports what the architecture says otherwise. Null says nothing, but is not what is expected.
static void reportConflict(ConfigReader &config, StringRef key, StringRef architecture,
                           StringRef expected) {
  const llvm::json::Value &value = *config.peek(key);
  std::string message =
      ("expects '" + key + "' to be " + expected + " in '" + architecture + "', got ").str() +
      formatValue(value);
  if (value.kind() == llvm::json::Value::Null)
    return config.reportWarning(key, message + "; ignores it");
  config.reportRefusal(key, message);
}

static void rejectUnknownKeys(ConfigReader &config, StringRef architecture, const DecoderSpec &spec,
                              bool allowUnknown) {
  size_t unknown = 0, last = 0;
  SmallVector<StringRef> keys = config.getUnreadKeys();
  bool hidesErrors = false;
  for (auto [index, key] : llvm::enumerate(keys)) {
    std::string expected;
    KeyKind kind = classifyKey(key, *config.peek(key), spec, expected);
    if (kind == KeyKind::Conflict)
      reportConflict(config, key, architecture, expected);
    if (kind == KeyKind::Doubtful)
      config.reportWarning(key, "expects the model to be '" + architecture +
                                    "' as published, got '" + key + "' (" + expected + ")");
    if (kind != KeyKind::Unknown)
      continue;
    bool isError = !allowUnknown && !isEmptyValue(*config.peek(key));
    if (++unknown <= kMostReports)
      reportUnknownKey(config, key, architecture, isError);
    hidesErrors |= unknown > kMostReports && isError;
    last = index;
  }
  if (unknown <= kMostReports)
    return;
  std::string message =
      ("expects known keys, got " + Twine(unknown - kMostReports) + " more that are not").str();
  if (hidesErrors)
    config.reportRefusal(keys[last], message);
  else
    config.reportWarning(keys[last], message);
}

void dagrt::rejectUnreadKeys(ConfigReader &config, StringRef architecture, const DecoderSpec &spec,
                             bool allowUnknown) {
  rejectFeatures(config, architecture);
  // What was not read after an error may be known all the same.
  if (config.hasFailed())
    return;
  rejectUnknownKeys(config, architecture, spec, allowUnknown);
  for (ConfigReader nested : config.getNestedReaders().vec())
    rejectUnknownKeys(nested, architecture, spec, allowUnknown);
}
