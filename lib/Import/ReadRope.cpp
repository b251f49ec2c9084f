//===- ReadRope.cpp - Rotary embeddings and their extensions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Configs keep the extension of rotary embeddings to long sequences in an object `rope_scaling`,
// or in the newer `rope_parameters`, which also holds theta and the rotated fraction.
// The kind is called `rope_type`, before that `type`. Defaults are those of the published
// methods: Llama 3.1's, YaRN's (Peng et al., 2023), LongRoPE's (Ding et al., 2024).
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Tokens of the model before it was extended.
static int64_t readOriginalLength(ConfigReader &config, ConfigReader &scaling, int64_t fallback) {
  constexpr StringLiteral key = "original_max_position_embeddings";
  if (std::optional<int64_t> length = scaling.readOptionalSize(key))
    return *length;
  return config.readOptionalSize(key).value_or(fallback);
}

/// A number that the scaling must have.
static double readRequired(ConfigReader &scaling, StringRef key) {
  if (!scaling.contains(key))
    scaling.reportError(key, "expects a key '" + key + "', got none");
  return scaling.readNumber(key, 1);
}

/// The factor of a scaling.
static double readFactor(ConfigReader &scaling) {
  double factor = readRequired(scaling, "factor");
  if (factor < 1)
    scaling.reportError("factor", "expects 'factor' to be at least 1, got " +
                                      formatValue(*scaling.find("factor")));
  return factor;
}

static void readLlama3(ConfigReader &config, ConfigReader &scaling, DecoderSpec &spec,
                       RopeSpec &rope) {
  rope.originalLength = readOriginalLength(config, scaling, spec.maxPositions);
  double factor = readFactor(scaling);
  double low = readRequired(scaling, "low_freq_factor");
  double high = readRequired(scaling, "high_freq_factor");
  if (!scaling.hasFailed() && low >= high)
    scaling.reportError("high_freq_factor", "expects 'high_freq_factor' above 'low_freq_factor', " +
                                                formatValue(*scaling.find("low_freq_factor")) +
                                                ", got " +
                                                formatValue(*scaling.find("high_freq_factor")));
  rope.factors = {factor, low, high, static_cast<double>(rope.originalLength)};
}

/// What YaRN scales the rotated elements by (section 3.4).
static double getYarnScale(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

static void readYarn(ConfigReader &config, ConfigReader &scaling, DecoderSpec &spec,
                     RopeSpec &rope) {
  rope.originalLength = readOriginalLength(config, scaling, spec.maxPositions);
  double factor = readFactor(scaling);
  std::optional<double> mscale = scaling.readOptionalNumber("mscale");
  std::optional<double> mscaleAll = scaling.readOptionalNumber("mscale_all_dim");
  double scale = getYarnScale(factor, 1);
  if (mscale && mscaleAll)
    scale = getYarnScale(factor, *mscale) / getYarnScale(factor, *mscaleAll);
  scale = scaling.readOptionalNumber("attention_factor").value_or(scale);
  if (!scaling.readFlag("truncate", true))
    scaling.reportError("truncate", "expects 'truncate' to be true, got false");
  rope.factors = {factor, scaling.readOptionalNumber("beta_fast").value_or(32),
                  scaling.readOptionalNumber("beta_slow").value_or(1),
                  static_cast<double>(rope.originalLength), scale};
}

static void readLongRope(ConfigReader &config, ConfigReader &scaling, DecoderSpec &spec,
                         RopeSpec &rope) {
  rope.originalLength = readOriginalLength(config, scaling, spec.maxPositions);
  rope.shortFactors = scaling.readNumbers("short_factor");
  rope.longFactors = scaling.readNumbers("long_factor");
  for (auto [key, factors] :
       {std::pair<StringRef, ArrayRef<double>>{"short_factor", rope.shortFactors},
        {"long_factor", rope.longFactors}})
    if (static_cast<int64_t>(factors.size()) != rope.dims / 2)
      scaling.reportError(key, "expects '" + key + "' to have " + Twine(rope.dims / 2) +
                                   " numbers, one for each pair of rotated dims, got " +
                                   Twine(factors.size()));
  double original = static_cast<double>(rope.originalLength);
  double factor = spec.maxPositions / original;
  std::optional<double> given = scaling.readOptionalNumber("factor");
  if (!config.find("original_max_position_embeddings"))
    factor = given.value_or(factor);
  double scale =
      factor <= 1 || original <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original));
  scale = scaling.readOptionalNumber("attention_factor").value_or(scale);
  rope.shortScale = scaling.readOptionalNumber("short_mscale").value_or(scale);
  rope.longScale = scaling.readOptionalNumber("long_mscale").value_or(scale);
}

/// `scaling` is the object `key` of the config.
static void readScaling(ConfigReader &config, ConfigReader &scaling, DecoderSpec &spec,
                        RopeSpec &rope) {
  StringRef key = scaling.find("rope_type") ? "rope_type" : "type";
  scaling.acceptKeys({"finetuned"});
  scaling.readOptionalSize("original_max_position_embeddings");
  std::string type = scaling.readText(key, "default"), old = scaling.readText("type", type);
  if (scaling.isTextModel() && old == "mrope")
    old = "default";
  if (scaling.isTextModel() && type == "mrope")
    type = "default";
  // Early Phi-3 configs call LongRoPE "su" or "yarn"; its two lists tell it.
  if (scaling.peek("short_factor") && scaling.peek("long_factor"))
    type = "longrope";
  else if (type != old)
    return scaling.reportError("type", "expects 'type' to be 'rope_type', '" + formatKey(type) +
                                           "', got '" + formatKey(old) + "'");
  if (type == "default")
    return;
  // Plain rotation up to the longest sequence.
  if (type == "dynamic") {
    if (scaling.find("alpha"))
      scaling.reportError("alpha", "expects no 'alpha' in the dynamic rope scaling, got " +
                                       formatValue(*scaling.find("alpha")));
    readFactor(scaling);
    spec.lengthLimited = true;
    return;
  }
  std::optional<RopeScaling> kind = symbolizeRopeScaling(type);
  if (!kind || *kind == RopeScaling::none)
    return scaling.reportError(
        key, "expects '" + key +
                 "' to be default, linear, dynamic, llama3, yarn or longrope, got '" +
                 formatKey(type) + "'");
  rope.scaling = *kind;
  switch (*kind) {
  case RopeScaling::none:
    return;
  case RopeScaling::linear:
    rope.factors = {readFactor(scaling)};
    return;
  case RopeScaling::llama3:
    return readLlama3(config, scaling, spec, rope);
  case RopeScaling::yarn:
    return readYarn(config, scaling, spec, rope);
  case RopeScaling::longrope:
    return readLongRope(config, scaling, spec, rope);
  }
}

/// Rotated dims of each head. Their number is the rotated fraction, rounded down.
static int64_t readRotaryDims(ConfigReader &config, std::optional<ConfigReader> &scaling,
                              StringRef object, const DecoderSpec &spec, const RopeKeys &keys) {
  StringRef key = keys.fraction.empty() ? "partial_rotary_factor" : keys.fraction;
  ConfigReader *reader = &config;
  if (scaling && scaling->contains("partial_rotary_factor")) {
    reader = &*scaling;
    key = "partial_rotary_factor";
  }
  if (!reader->find(key) && config.find("partial_rotary_factor"))
    key = "partial_rotary_factor";
  double fraction = reader->readNumber(key, keys.defaultFraction);
  if (keys.fraction.empty() && fraction != 1) {
    reader->reportError(key, "expects '" + key + "' to be 1 in this architecture, got " +
                                 formatValue(*reader->find(key)));
    return 2;
  }
  // Newer configs repeat it in the usual spelling.
  std::optional<double> usual = config.readOptionalNumber("partial_rotary_factor");
  if (usual && *usual != fraction && !config.hasFailed())
    config.reportError("partial_rotary_factor",
                       "expects one rotated part of a head, got 'partial_rotary_factor' " +
                           formatValue(llvm::json::Value(*usual)) + " and '" + key + "' " +
                           formatValue(llvm::json::Value(fraction)) +
                           (reader == &config ? "" : " in '" + object.str() + "'"));
  int64_t dims = fraction > 1 ? 0 : static_cast<int64_t>(spec.headDim * fraction);
  if (dims >= 2 && dims % 2 == 0)
    return dims;
  std::string got = std::to_string(static_cast<int64_t>(std::min(spec.headDim * fraction, 1e15)));
  const llvm::json::Value *value = reader->find(key);
  reader->reportError(value ? key : "head_dim",
                      "expects an even number of rotary dims from 2 to 'head_dim', " +
                          Twine(spec.headDim) + ", got " + got +
                          (value ? " by '" + key.str() + "' " + formatValue(*value) : ""));
  return 2;
}

/// The base of the angles, from the newer object or the family's own key. Where a config has
/// several, they are to say the same.
static double readTheta(ConfigReader &config, std::optional<ConfigReader> &scaling,
                        StringRef object, const RopeKeys &keys) {
  ConfigReader *reader = &config;
  StringRef place = config.contains(keys.theta) ? keys.theta : "rope_theta";
  std::optional<double> nested, theta;
  if (config.contains(place))
    theta = config.readNumber(place, 10000);
  if (scaling && scaling->contains("rope_theta"))
    nested = scaling->readNumber("rope_theta", 10000);
  for (StringRef key : {keys.theta, StringRef("rope_theta")}) {
    std::optional<double> other = config.readOptionalNumber(key);
    std::optional<double> first = nested ? nested : theta;
    if (other && first && *other != *first)
      config.reportRefusal(key, "expects one base of the rotary angles, got '" + key + "' " +
                                    formatValue(*config.find(key)) + " and " +
                                    formatValue(llvm::json::Value(*first)) +
                                    (nested ? " in '" + object.str() + "'" : ""));
  }
  if (nested) {
    theta = nested;
    reader = &*scaling;
    place = "rope_theta";
  }
  if (!config.hasFailed() && theta && !(*theta > 1))
    reader->reportError(place, "expects '" + place + "' above 1, got " +
                                   formatValue(*reader->find(place)));
  return theta.value_or(10000);
}

void dagrt::readRope(ConfigReader &config, DecoderSpec &spec, const RopeKeys &keys) {
  StringRef object = config.find("rope_parameters") ? "rope_parameters" : "rope_scaling";
  std::optional<ConfigReader> scaling = config.readObject(object);
  config.acceptKeys(object);
  // Only some kinds of scaling use it.
  config.readOptionalSize("original_max_position_embeddings");
  RopeSpec rope;
  rope.theta = readTheta(config, scaling, object, keys);
  if (scaling && config.isTextModel())
    scaling->acceptKeys({"mrope_section", "mrope_interleaved"});
  if (scaling)
    for (StringRef key : scaling->getUnreadKeys())
      if (key == "mrope_section" || scaling->peek(key)->getAsObject())
        return scaling->reportError(key, "expects one rope for all layers and positions, got '" +
                                             key + "' " + formatValue(*scaling->peek(key)));
  rope.dims = readRotaryDims(config, scaling, object, spec, keys);
  if (scaling)
    readScaling(config, *scaling, spec, rope);
  spec.rope = rope;
}
