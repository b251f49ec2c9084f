//===- TextConfig.cpp - The text model of a multimodal one -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Multimodal configs keep the config of their text model in an object, mostly `text_config`. Many
// of these models are decoders that import from a file of their own. On request the object takes
// the place of the config; what is around it (vision, audio) is then left out. The config around
// it may say the element type, ties and quantization for both.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace dagrt;

ArrayRef<StringLiteral> dagrt::getTextConfigKeys() {
  static constexpr StringLiteral keys[] = {"text_config", "llm_config", "language_config"};
  return keys;
}

//===----------------------------------------------------------------------===//
// Keys that are left out
//===----------------------------------------------------------------------===//

namespace {
/// A size that text models of a type have where their config does not say it.
struct DefaultSize {
  StringLiteral modelType, key;
  int64_t size;
};
} // namespace

static constexpr DefaultSize kDefaultSizes[] = {
    {"gemma3_text", "head_dim", 256},
    {"gemma3_text", "num_attention_heads", 8},
    {"gemma3_text", "num_key_value_heads", 4},
    {"gemma3_text", "vocab_size", 262208},
    {"llama", "hidden_size", 4096},
    {"llama", "intermediate_size", 11008},
    {"llama", "num_attention_heads", 32},
    {"llama", "num_hidden_layers", 32},
    {"llama", "vocab_size", 32000},
    {"mistral", "hidden_size", 4096},
    {"mistral", "intermediate_size", 14336},
    {"mistral", "num_attention_heads", 32},
    {"mistral", "num_hidden_layers", 32},
    {"mistral", "num_key_value_heads", 8},
    {"mistral", "vocab_size", 32000},
};

/// Adds the sizes that `inner` leaves out; their names and values.
static std::string addDefaultSizes(llvm::json::Object &inner) {
  std::string added;
  std::optional<StringRef> type = inner.getString("model_type");
  for (const DefaultSize &entry : kDefaultSizes) {
    if (!type || *type != entry.modelType || inner.get(entry.key))
      continue;
    inner[entry.key] = entry.size;
    added += (added.empty() ? "'" : ", '") + entry.key.str() + "' " + std::to_string(entry.size);
  }
  return added;
}

/// What the config around it says of both.
static void inheritKeys(const llvm::json::Object &config, llvm::json::Object &inner) {
  bool hasType = inner.get("dtype") || inner.get("torch_dtype");
  for (StringRef name : {"dtype", "torch_dtype", "tie_word_embeddings"})
    if (const llvm::json::Value *value = config.get(name))
      if (!inner.get(name) && !(hasType && name.ends_with("dtype")))
        inner[name] = *value;
}

void dagrt::completeTextConfig(llvm::json::Object &config, Location loc) {
  for (StringRef key : getTextConfigKeys()) {
    llvm::json::Object *inner = config.getObject(key);
    if (!inner)
      continue;
    inheritKeys(config, *inner);
    std::string added = addDefaultSizes(*inner);
    if (!added.empty())
      emitRemark(loc) << "takes what '" << key << "' leaves out from '"
                      << *inner->getString("model_type") << "': " << added;
    return;
  }
}

//===----------------------------------------------------------------------===//
// What errors say of it
//===----------------------------------------------------------------------===//

/// The first integer that one of the keys has.
static std::optional<int64_t> findSize(const ConfigReader &config, ArrayRef<StringRef> keys) {
  for (StringRef key : keys)
    if (const llvm::json::Value *value = config.peek(key))
      if (std::optional<int64_t> size = value->getAsInteger())
        return size;
  return std::nullopt;
}

/// Name and size of a model.
static std::string describeModel(ConfigReader &config) {
  SmallVector<std::string> architectures = config.readTexts("architectures");
  std::string name =
      architectures.empty() ? config.readOptionalText("model_type") : architectures.front();
  std::string text = name.empty() ? "a model without a name" : "'" + formatKey(name) + "'";
  if (std::optional<int64_t> layers = findSize(config, {"num_hidden_layers", "n_layer"}))
    text += " of " + std::to_string(*layers) + " layers";
  if (std::optional<int64_t> hidden = findSize(config, {"hidden_size", "n_embd"}))
    text += " and hidden size " + std::to_string(*hidden);
  return text;
}

std::string dagrt::describeTextConfig(const ConfigReader &config, StringRef key) {
  const llvm::json::Object *object = config.peek(key)->getAsObject();
  if (!object)
    return describeKey(config, key);
  llvm::json::Object inner = *object;
  addDefaultSizes(inner);
  MLIRContext *context = config.getLoc(key)->getContext();
  ScopedDiagnosticHandler silence(context, [](Diagnostic &) { return success(); });
  llvm::MemoryBufferRef buffer("", "text model");
  ConfigFile file(buffer, context), rest(buffer, context);
  file.isTextModel = true;
  ConfigReader reader(inner, file), restReader(*object, rest);
  std::string text =
      "'" + formatKey(key) + "' (a model inside a multimodal one: " + describeModel(restReader);
  if (succeeded(readDecoder(reader, {})))
    return text + ", which --text-config imports)";
  std::string features = describeFeatures(restReader);
  return text + ", which is not supported" + (features.empty() ? "" : ", with " + features) + ")";
}

//===----------------------------------------------------------------------===//
// Opening it
//===----------------------------------------------------------------------===//

FailureOr<ConfigReader> dagrt::openTextConfig(ConfigReader &config, ConfigFile &file) {
  file.isTextModel = true;
  for (StringRef key : getTextConfigKeys()) {
    std::optional<ConfigReader> inner = config.openConfig(key, file);
    if (!inner)
      continue;
    const llvm::json::Value *ties = config.find("tie_word_embeddings");
    const llvm::json::Value *innerTies = inner->peek("tie_word_embeddings");
    if (ties && innerTies && *ties != *innerTies)
      config.reportRefusal("tie_word_embeddings", "expects 'tie_word_embeddings' to be that of '" +
                                                      key + "', " + formatValue(*innerTies) +
                                                      ", got " + formatValue(*ties));
    return *inner;
  }
  config.reportError("text_config", "expects a 'text_config' with --text-config, got none");
  return failure();
}
