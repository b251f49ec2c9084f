//===- ReadQuantization.cpp - Checkpoints of quantized weights -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A quantized checkpoint has the key `quantization_config`, or a file of its own beside the
// config (`hf_quant_config.json`, ModelOpt's). Its weights take other bytes, and its matmuls run
// at other rates, than `torch_dtype` says. The import gives all weights one element type, so such
// a checkpoint is refused, unless the unquantized model is asked for.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "KeyTables.h"

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kKeys[] = {"quantization_config", "compression_config"};

/// The first value of one of `names` in the object, or in the objects of its groups of layers and
/// of their weights.
static const llvm::json::Value *findValue(const llvm::json::Value &value,
                                          ArrayRef<StringRef> names) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return nullptr;
  for (StringRef name : names)
    if (const llvm::json::Value *found = object->get(name))
      if (found->kind() != llvm::json::Value::Null)
        return found;
  for (StringRef name : {"config_groups", "group_0", "weights", "quantization"})
    if (const llvm::json::Value *nested = object->get(name))
      if (const llvm::json::Value *found = findValue(*nested, names))
        return found;
  return nullptr;
}

static bool isSet(const llvm::json::Value &value, StringRef name) {
  const llvm::json::Value *found = findValue(value, {name});
  return found && found->getAsBoolean().value_or(false);
}

/// Bits of a weight: of a key, or of the method's name.
static std::optional<int64_t> findBits(const llvm::json::Value &value, StringRef method) {
  if (const llvm::json::Value *bits =
          findValue(value, {"bits", "num_bits", "w_bit", "wbits", "weight_bits", "nbits",
                            "quantization_bit"}))
    return bits->getAsInteger();
  std::string name = method.lower();
  auto has = [&](StringRef part) { return StringRef(name).contains(part); };
  if (isSet(value, "load_in_4bit") || has("fp4") || has("w4") || has("int4") || has("nf4"))
    return 4;
  if (isSet(value, "load_in_8bit") || has("fp8") || has("w8") || has("int8") || has("e4m3"))
    return 8;
  return std::nullopt;
}

/// The elements that share a scale: blocks, or groups along the inputs.
static std::string describeBlocks(const llvm::json::Value &value) {
  if (const llvm::json::Value *blocks = findValue(value, {"weight_block_size", "block_structure"}))
    if (const llvm::json::Array *sizes = blocks->getAsArray(); sizes && sizes->size() == 2)
      return " in blocks of " + formatValue((*sizes)[0]) + " x " + formatValue((*sizes)[1]);
  if (const llvm::json::Value *size = findValue(value, {"group_size", "q_group_size"}))
    if (size->getAsInteger().value_or(0) > 1)
      return " in groups of " + formatValue(*size);
  return "";
}

/// The modules that keep the model's type: some by name, the rest by number.
static std::string describeExceptions(const llvm::json::Value &value) {
  const llvm::json::Value *found =
      findValue(value, {"modules_to_not_convert", "ignore", "exclude_modules", "ignored_layers",
                        "llm_int8_skip_modules", "modules_to_not_quantize"});
  const llvm::json::Array *modules = found ? found->getAsArray() : nullptr;
  if (!modules || modules->empty())
    return "";
  constexpr size_t kMostNames = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kMostNames, modules->size()); ++i)
    text += (i == 0 ? " in all linear layers but " : ", ") + formatValue((*modules)[i]);
  if (modules->size() > kMostNames)
    text += " and " + std::to_string(modules->size() - kMostNames) + " more";
  return text;
}

/// What besides weights is quantized.
static std::string describeTheRest(const llvm::json::Value &value, StringRef method) {
  const llvm::json::Object *object = value.getAsObject();
  std::string name = method.lower();
  bool activations = findValue(value, {"activation_scheme", "input_activations"}) ||
                     StringRef(name).contains("a8") || name == "fp8" || name == "nvfp4";
  std::string text = activations ? ", with quantized activations" : "";
  for (StringRef key : {"kv_cache_scheme", "kv_cache_quant_algo"})
    if (const llvm::json::Value *cache = object->get(key); cache && !isEmptyValue(*cache))
      text += ", '" + key.str() + "' " + formatValue(*cache);
  return text;
}

/// Which types a quantization has for which modules, as errors say it.
static std::string describeMethod(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return formatValue(value);
  std::string text, method;
  for (StringRef name : {"quant_method", "quant_algo", "fmt", "format"})
    if (std::optional<StringRef> part = object->getString(name)) {
      text += (text.empty() ? "'" : ", '") + formatKey(*part) + "'";
      method += (method.empty() ? "" : " ") + part->str();
    }
  if (text.empty())
    text = formatValue(value);
  if (std::optional<int64_t> bits = findBits(value, method))
    text += " of " + std::to_string(*bits) + " bits";
  return text + describeBlocks(value) + describeExceptions(value) +
         describeTheRest(value, StringRef(method).split(' ').first);
}

std::string dagrt::describeQuantization(const ConfigReader &config) {
  for (StringRef key : kKeys)
    if (const llvm::json::Value *value = config.peek(key); value && !isEmptyValue(*value))
      return "'" + key.str() + "' " + describeMethod(*value) + " (quantized weights)";
  return "";
}

static constexpr StringLiteral kAdvice =
    "; --ignore-quantization imports the model as it was before it was quantized, and "
    "--dtype=f8E4M3FN with it has all of it in 8 bits";

void dagrt::rejectQuantization(ConfigReader &config, bool ignore) {
  for (StringRef key : kKeys) {
    const llvm::json::Value *value = config.find(key);
    if (value && isEmptyValue(*value))
      config.reportWarning(key, "expects '" + key + "' to be null or to name a method, got " +
                                    formatValue(*value) + "; ignores it");
    else if (value && !ignore)
      config.reportRefusal(key, "expects weights of one element type, got '" + key + "' " +
                                    describeMethod(*value) + kAdvice);
  }
}

LogicalResult dagrt::rejectQuantizationFile(llvm::MemoryBufferRef file, MLIRContext *context) {
  FailureOr<ConfigText> text = parseConfig(file, context);
  if (failed(text))
    return failure();
  const llvm::json::Object &object = *text->value.getAsObject();
  const llvm::json::Value *value = object.get("quantization");
  const llvm::json::Value &described = value ? *value : text->value;
  const llvm::json::Object *inner = described.getAsObject();
  // ModelOpt writes the file without an algorithm, too.
  bool isNone = inner && !inner->getString("quant_algo") && !inner->getString("quant_method");
  if (isEmptyValue(described) || (isNone && value))
    return success();
  return emitError(getLocAt(file, 0, context),
                   "expects weights of one element type, got 'hf_quant_config.json' beside the "
                   "config: ")
         << describeMethod(described) << kAdvice;
}
