//===- FindFamily.cpp - Finds the family of a config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Configs name their model twice: `architectures` says which class wrote the checkpoint, and
// `model_type` which configuration it has. Some programs go by the one, some by the other, so two
// that contradict each other are refused.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/ImportHFConfig.h"

#include "Families.h"

#include "dagrt/Support/NearestName.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace dagrt;

SmallVector<StringRef> dagrt::getArchitectures() {
  SmallVector<StringRef> names;
  for (const Family &family : getFamilies())
    if (!llvm::is_contained(names, family.architecture))
      names.push_back(family.architecture);
  return names;
}

/// What is supported, as errors say it: the names are too many for a line.
static std::string describeSupport() {
  return "--list-architectures prints the " + std::to_string(getArchitectures().size()) +
         " dense ones that are supported";
}

/// Reports a name that is not in the table, and all that would stand in the way besides.
static void reportUnsupported(ConfigReader &config, StringRef place, StringRef name) {
  std::string message =
      ("expects a supported architecture in '" + place + "', got '").str() + formatKey(name) + "'";
  std::string features = describeFeatures(config), quantized = describeQuantization(config);
  if (!quantized.empty())
    features += (features.empty() ? "" : ", ") + quantized;
  StringRef nearest = findNearestName(name, getArchitectures(), /*most=*/2);
  // A name that is close by chance.
  bool isTypo = features.empty() && !nearest.empty();
  if (isTypo)
    message += ("; did you mean '" + nearest + "'?").str();
  if (!features.empty())
    message += " with " + features;
  config.reportError(place, message + "; " + describeSupport());
}

/// The family of an architecture; of several, the one whose model type the config says.
static const Family *lookUpArchitecture(StringRef architecture, StringRef type) {
  const Family *found = nullptr;
  for (const Family &family : getFamilies())
    if (family.architecture == architecture && (!found || family.modelType == type))
      found = &family;
  return found;
}

/// What the text models of some multimodal families are as models of their own.
static StringRef getPlainType(StringRef type) {
  return llvm::StringSwitch<StringRef>(type)
      .Cases({"qwen2_vl_text", "qwen2_5_vl_text"}, "qwen2")
      .Case("qwen3_vl_text", "qwen3")
      .Default(type);
}

static const Family *lookUpType(StringRef type) {
  for (const Family &family : getFamilies())
    if (family.modelType == type)
      return &family;
  return nullptr;
}

/// Compares what the config says of its family with what it says of its type.
static void checkModelType(ConfigReader &config, const Family &family, StringRef type) {
  if (type.empty() || type == family.modelType)
    return;
  std::string message = ("expects 'model_type' to be '" + family.modelType + "' with '" +
                         family.architecture + "' in 'architectures', got '")
                            .str() +
                        formatKey(type) + "'";
  if (lookUpType(type))
    return config.reportRefusal("model_type", message + "; remove the one that is wrong");
  config.reportWarning("model_type", message + "; goes by 'architectures'");
}

const Family *dagrt::findFamily(ConfigReader &config) {
  SmallVector<std::string> architectures = config.readTexts("architectures");
  std::string type = config.readOptionalText("model_type");
  if (config.hasFailed())
    return nullptr;
  if (config.isTextModel()) {
    type = getPlainType(type).str();
    // The class is often that of the multimodal model.
    if (const Family *family = lookUpType(type))
      return family;
  }
  if (architectures.empty() && type.empty()) {
    config.reportError("architectures",
                       "expects a key 'architectures' or 'model_type', got neither; " +
                           describeSupport());
    return nullptr;
  }
  if (architectures.empty()) {
    const Family *family = lookUpType(type);
    if (!family)
      reportUnsupported(config, "model_type", type);
    return family;
  }
  const Family *family = lookUpArchitecture(architectures.front(), type);
  if (!family) {
    reportUnsupported(config, "architectures", architectures.front());
    return nullptr;
  }
  if (architectures.size() > 1)
    config.reportWarning("architectures", "expects one entry in 'architectures', got " +
                                              Twine(architectures.size()) + "; reads the first, '" +
                                              family->architecture + "'");
  checkModelType(config, *family, type);
  return family;
}
