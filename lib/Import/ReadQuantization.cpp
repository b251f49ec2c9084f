//===- ReadQuantization.cpp - Checkpoints of quantized weights -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A quantized checkpoint says so in `quantization_config`, or in a file of its own beside the
// config (`hf_quant_config.json`, ModelOpt's). Its weights take other bytes, and its products run
// at other rates, than `torch_dtype` says. The import gives all weights one element type, so such
// a checkpoint is refused, unless the model as it was before is what is asked for.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "KeyTables.h"

using namespace mlir;
using namespace dagrt;

/// The first integer that a key of `names` has in the object or in what it holds.
static std::optional<int64_t> findBits(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return std::nullopt;
  for (StringRef name : {"bits", "num_bits", "w_bit", "wbits", "weight_bits", "nbits"})
    if (std::optional<int64_t> bits = object->getInteger(name))
      return bits;
  if (object->getBoolean("load_in_8bit").value_or(false))
    return 8;
  if (object->getBoolean("load_in_4bit").value_or(false))
    return 4;
  // Groups of layers keep the bits of their weights in objects of their own.
  for (StringRef name : {"config_groups", "group_0", "weights", "quantization"})
    if (const llvm::json::Value *nested = object->get(name))
      if (std::optional<int64_t> bits = findBits(*nested))
        return bits;
  return std::nullopt;
}

/// Method and bits of a quantization, as errors name them.
static std::string describeQuantization(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return formatValue(value);
  std::string text;
  for (StringRef name : {"quant_method", "quant_algo", "fmt", "format"})
    if (std::optional<StringRef> method = object->getString(name))
      text += (text.empty() ? "'" : ", '") + formatKey(*method) + "'";
  if (text.empty())
    text = formatValue(value);
  if (std::optional<int64_t> bits = findBits(value))
    text += " of " + std::to_string(*bits) + " bits";
  return text;
}

static constexpr StringLiteral kAdvice =
    "; --ignore-quantization imports the model as it was before it was quantized";

void dagrt::rejectQuantization(ConfigReader &config, bool ignore) {
  for (StringRef key : {"quantization_config", "compression_config"}) {
    const llvm::json::Value *value = config.find(key);
    if (value && !isEmptyValue(*value) && !ignore)
      config.reportRefusal(key, "expects weights of one element type, got '" + key + "' " +
                                    describeQuantization(*value) + kAdvice);
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
         << describeQuantization(described) << kAdvice;
}
