//===- NormFamilies.cpp - Families with norms of their own -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Families that have rotary attention, but norms that are not Llama's: behind attention and FFN
// instead of before them, of all query heads at once, or layer norms.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"
#include "FamilyReading.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Norms behind attention and FFN
//===----------------------------------------------------------------------===//

/// What attention and FFN add is normed, not what they read.
static void setNormsAfter(DecoderSpec &spec) {
  spec.normPlacement = NormPlacement::After;
  spec.names.attentionPostNorm = "post_attention_layernorm";
  spec.names.ffnPostNorm = "post_feedforward_layernorm";
  spec.headNorm = NormKind::RMS;
}

/// One norm of all query heads, one of all key heads.
static void readOlmoLike(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  setNormsAfter(spec);
  spec.headNormSpan = HeadNormSpan::AllHeads;
}

void dagrt::readOlmo2(ConfigReader &config, DecoderSpec &spec) {
  readOlmoLike(config, spec);
  setWindow(config, spec, 0);
}

/// Of `period` layers the last one sees all keys, the others a window.
static void setPeriodicWindow(DecoderSpec &spec, int64_t window, int64_t period) {
  spec.window = window;
  for (int64_t layer = 0; layer < spec.layers; ++layer)
    spec.slides.push_back((layer + 1) % period != 0);
}

/// Rope scaling is for the layers that see all keys.
void dagrt::readOlmo3(ConfigReader &config, DecoderSpec &spec) {
  readOlmoLike(config, spec);
  int64_t window = config.readSize("sliding_window", 4096);
  if (config.hasFailed())
    return;
  setPeriodicWindow(spec, window, 4);
  readLayerTypes(config, spec);
  RopeSpec plain;
  plain.theta = spec.rope->theta;
  plain.dims = spec.rope->dims;
  spec.localRope = plain;
  for (bool slides : spec.slides)
    spec.layerRopes.push_back(slides ? LayerRope::Local : LayerRope::Usual);
}

/// The windows of EXAONE 4: a number says that of so many layers the last one sees all keys; a
/// text has a letter for each of them, and the model's last layer sees all keys.
static void readExaoneWindow(ConfigReader &config, DecoderSpec &spec) {
  const llvm::json::Value *pattern = config.find("sliding_window_pattern");
  std::optional<StringRef> letters = pattern ? pattern->getAsString() : std::nullopt;
  if (!letters) {
    // Layers without a window may say 0.
    bool isZero = pattern && pattern->getAsInteger() == 0;
    return setPeriodicWindow(spec, spec.window,
                             isZero ? 1 : config.readSize("sliding_window_pattern", 4));
  }
  std::string text = config.readText("sliding_window_pattern", "");
  if (text.empty() || StringRef(text).find_first_not_of("LG") != StringRef::npos)
    return config.reportError("sliding_window_pattern",
                              "expects 'sliding_window_pattern' of letters L and G, got '" +
                                  formatKey(text) + "'");
  for (int64_t layer = 0; layer < spec.layers; ++layer)
    spec.slides.push_back(text[layer % text.size()] == 'L' && layer + 1 < spec.layers);
}

/// EXAONE 4: each query and key head is normed. Where some layers have a window, those that see
/// all keys have no rotary embeddings.
void dagrt::readExaone4(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  rejectFlag(config, "attention_bias");
  setNormsAfter(spec);
  bool absent = !config.contains("sliding_window");
  spec.window = config.readOptionalSize("sliding_window").value_or(absent ? 4096 : 0);
  if (config.hasFailed())
    return;
  if (spec.window > 0)
    readExaoneWindow(config, spec);
  else
    config.find("sliding_window_pattern");
  readLayerTypes(config, spec);
  if (spec.window > 0)
    for (bool slides : spec.slides)
      spec.layerRopes.push_back(slides ? LayerRope::Usual : LayerRope::None);
}

//===----------------------------------------------------------------------===//
// Layer norms
//===----------------------------------------------------------------------===//

/// Refuses a key that says something else than the model has: older configs say things twice.
static void readAgreeing(ConfigReader &config, StringRef key, double expected) {
  std::optional<double> value = config.readOptionalNumber(key);
  if (value && *value != expected)
    config.reportError(key, "expects '" + key + "' to be " + llvm::formatv("{0}", expected).str() +
                                " in this model, got " + formatValue(*config.find(key)));
}

/// StableLM: layer norms, rotary embeddings on a part of each head, and in the larger models norms
/// with weights for each head, and blocks whose norm feeds both branches. `isEpoch` is the older
/// spelling.
static void readStableLmLike(ConfigReader &config, DecoderSpec &spec, bool isEpoch) {
  readSizes(config, spec);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "silu");
  spec.norm = NormKind::Layer;
  spec.epsilon = config.readNumber(isEpoch ? "norm_eps" : "layer_norm_eps", 1e-5);
  spec.gated = true;
  spec.qkvBias = config.readFlag("use_qkv_bias", isEpoch);
  spec.parallel = spec.sharedNorm = config.readFlag("use_parallel_residual", false);
  readAgreeing(config, "rotary_scaling_factor", 1);
  readAgreeing(config, "num_heads", static_cast<double>(spec.getNumHeads()));
  // The checkpoint has a tensor for each head, `norms.0.weight`, ...; here they are one.
  if (config.readFlag("qk_layernorm", false)) {
    spec.headNorm = NormKind::Layer;
    spec.headNormSpan = HeadNormSpan::HeadWeights;
    spec.headNormBias = false;
  }
  spec.names = getLlamaNames();
  spec.names.queryNorm = "self_attn.q_layernorm.norms";
  spec.names.keyNorm = "self_attn.k_layernorm.norms";
  if (!config.hasFailed())
    readRope(config, spec, {"rope_theta", isEpoch ? "rope_pct" : "partial_rotary_factor", 0.25});
}

void dagrt::readStableLm(ConfigReader &config, DecoderSpec &spec) {
  readStableLmLike(config, spec, /*isEpoch=*/false);
}

void dagrt::readStableLmEpoch(ConfigReader &config, DecoderSpec &spec) {
  readStableLmLike(config, spec, /*isEpoch=*/true);
}

/// StarCoder 2: layer norms, a plain FFN, biases everywhere, and a window.
void dagrt::readStarcoder2(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "hidden_act", "gelu_pytorch_tanh");
  setClassic(spec);
  spec.epsilon = config.readNumber("norm_epsilon", 1e-5);
  spec.qkvBias = spec.outputBias = spec.ffnBias = config.readFlag("use_bias", true);
  // The published configs keep two keys of the first StarCoder, which the architecture does not
  // read.
  if (std::string old = config.readOptionalText("activation_function"); !old.empty())
    if (old != "gelu" && old != config.readText("hidden_act", "gelu_pytorch_tanh"))
      config.reportError("activation_function",
                         "expects 'activation_function' to be 'hidden_act', got '" +
                             formatKey(old) + "'");
  if (config.contains("layer_norm_epsilon"))
    readAgreeing(config, "layer_norm_epsilon", spec.epsilon);
  spec.names = getLlamaNames();
  spec.names.up = "mlp.c_fc";
  spec.names.down = "mlp.c_proj";
  for (auto [key, expected] :
       {std::pair<StringRef, StringRef>{"norm_type", "layer_norm"}, {"mlp_type", "default"}})
    if (std::string text = config.readText(key, expected); text != expected)
      config.reportError(key, "expects '" + key + "' to be " + expected + ", got '" +
                                  formatKey(text) + "'");
  if (config.hasFailed())
    return;
  readRope(config, spec);
  setWindow(config, spec, config.readOptionalSize("sliding_window").value_or(0));
}

/// Orion: Llama with layer norms.
void dagrt::readOrion(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  expectDerivedHeadDim(config, spec);
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  spec.norm = NormKind::Layer;
  rejectFlag(config, "attention_bias");
  setWindow(config, spec, 0);
}

//===----------------------------------------------------------------------===//
// Layer norms and squared relu
//===----------------------------------------------------------------------===//

/// Nemotron and Minitron: layer norms (whose weights are stored less 1), rotary embeddings on half
/// of each head, and a plain FFN of squared relu.
void dagrt::readNemotron(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "relu2");
  spec.norm = NormKind::Layer;
  spec.epsilon = config.readNumber("norm_eps", 1e-5);
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
  spec.names = getLlamaNames();
  StringRef fraction = "partial_rotary_factor";
  for (StringRef key : {"rope_percent", "rope_percentage"}) {
    std::optional<double> other = config.readOptionalNumber(key);
    if (!config.contains(fraction))
      fraction = key;
    else if (other && !config.hasFailed())
      readAgreeing(config, key, config.readNumber(fraction, 0.5));
  }
  if (!config.hasFailed())
    readRope(config, spec, {"rope_theta", fraction, 0.5});
}

/// Persimmon: query, key and value of a head follow each other in one weight, heads are normed,
/// half of each is rotated, and all has biases.
void dagrt::readPersimmon(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.keyHeads = "";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "relu2");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_eps", 1e-5);
  spec.qkvBias = spec.outputBias = true;
  spec.packing = QKVPacking::PerGroup;
  if (config.readFlag("qk_layernorm", true))
    spec.headNorm = NormKind::Layer;
  spec.names = getLlamaNames();
  spec.names.query = spec.names.key = spec.names.value = "self_attn.query_key_value";
  spec.names.queryNorm = "self_attn.q_layernorm";
  spec.names.keyNorm = "self_attn.k_layernorm";
  spec.names.output = "self_attn.dense";
  spec.names.up = "mlp.dense_h_to_4h";
  spec.names.down = "mlp.dense_4h_to_h";
  spec.names.finalNorm = "model.final_layernorm";
  if (!config.hasFailed())
    readRope(config, spec, {"rope_theta", "partial_rotary_factor", 0.5});
}
