//===- ScaledFamilies.cpp - Families with scales and caps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Families that multiply or cap what others leave as it is: embeddings, branches, scores
// and logits. Gemma also stores the scales of its norms less one.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"
#include "FamilyReading.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Layer `i` slides unless `i + 1` is a multiple of `pattern`; `layer_types` has the last word.
static void readWindowPattern(ConfigReader &config, DecoderSpec &spec, int64_t window,
                              int64_t pattern) {
  spec.window = config.readSize("sliding_window", window);
  std::optional<int64_t> said;
  for (StringRef key : {"layer_switch", "sliding_window_pattern", "_sliding_window_pattern"}) {
    // Only one family has it.
    if (key == "layer_switch" && spec.name != "cohere2")
      continue;
    std::optional<int64_t> period = config.readOptionalSize(key);
    if (period && said && *period != *said)
      config.reportError(key, "expects one period of windows, got '" + key + "' " + Twine(*period) +
                                  " and " + Twine(*said));
    said = period ? period : said;
  }
  pattern = said.value_or(pattern);
  if (config.hasFailed())
    return;
  spec.slides.clear();
  for (int64_t layer = 0; layer < spec.layers; ++layer)
    spec.slides.push_back((layer + 1) % pattern != 0);
  readLayerTypes(config, spec);
}

//===----------------------------------------------------------------------===//
// Gemma
//===----------------------------------------------------------------------===//

/// GeLU's tanh form. Early configs call it `gelu`, which the architecture ignores.
static void readGemmaActivation(ConfigReader &config, DecoderSpec &spec) {
  readActivation(config, spec, "hidden_act", "gelu_pytorch_tanh");
  if (spec.activation == ActivationKind::Gelu)
    spec.activation = ActivationKind::GeluTanh;
  if (!config.find("hidden_activation"))
    return;
  ActivationKind old = spec.activation;
  readActivation(config, spec, "hidden_activation", "gelu_pytorch_tanh");
  if (old != spec.activation && !config.hasFailed())
    config.reportWarning("hidden_act", "expects 'hidden_act' to be 'hidden_activation', " +
                                           formatValue(*config.find("hidden_activation")) +
                                           ", got " + formatValue(*config.find("hidden_act")) +
                                           "; goes by 'hidden_activation'");
}

/// What the Gemmas share.
static void readGemmaLike(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec, {}, KeyHeads::Required);
  config.readSize("head_dim");
  readVocabulary(config, spec, /*tied=*/true);
  readGemmaActivation(config, spec);
  rejectFlag(config, "use_bidirectional_attention");
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-6);
  spec.gated = true;
  spec.normPlusOne = true;
  spec.embeddingScale = std::sqrt(static_cast<double>(spec.hidden));
  spec.names = getLlamaNames();
}

void dagrt::readGemma(ConfigReader &config, DecoderSpec &spec) {
  readGemmaLike(config, spec);
  if (!config.hasFailed())
    readRope(config, spec);
}

/// Gemma 2 and 3: a norm before and after each branch, scores of a scale of their own, and caps.
static void readLaterGemma(ConfigReader &config, DecoderSpec &spec) {
  readGemmaLike(config, spec);
  spec.scale = 1 / std::sqrt(config.readNumber("query_pre_attn_scalar", 256));
  spec.scoreCap = config.readOptionalNumber("attn_logit_softcapping").value_or(0);
  spec.logitCap = config.readOptionalNumber("final_logit_softcapping").value_or(0);
  spec.normPlacement = NormPlacement::Both;
  WeightNames &names = spec.names;
  names.attentionPostNorm = "post_attention_layernorm";
  names.ffnNorm = "pre_feedforward_layernorm";
  names.ffnPostNorm = "post_feedforward_layernorm";
}

/// Every other layer slides, the first does. Absent caps are the architecture's, null is none.
void dagrt::readGemma2(ConfigReader &config, DecoderSpec &spec) {
  readLaterGemma(config, spec);
  if (!config.contains("attn_logit_softcapping"))
    spec.scoreCap = 50;
  if (!config.contains("final_logit_softcapping"))
    spec.logitCap = 30;
  if (config.hasFailed())
    return;
  readRope(config, spec);
  readWindowPattern(config, spec, 4096, 2);
}

/// Five layers slide, the sixth does not; those that slide have a rotation of their own.
void dagrt::readGemma3(ConfigReader &config, DecoderSpec &spec) {
  readLaterGemma(config, spec);
  spec.headNorm = NormKind::RMS;
  if (config.hasFailed())
    return;
  readRope(config, spec);
  if (!config.find("rope_theta") && !config.find("rope_parameters"))
    spec.rope->theta = 1e6;
  RopeSpec local;
  local.theta = config.readNumber("rope_local_base_freq", 10000);
  local.dims = spec.headDim;
  spec.localRope = local;
  readWindowPattern(config, spec, 4096, 6);
  for (bool slides : spec.slides)
    spec.layerRopes.push_back(slides ? LayerRope::Local : LayerRope::Usual);
}

//===----------------------------------------------------------------------===//
// Granite
//===----------------------------------------------------------------------===//

/// Llama with four multipliers. That of the scores takes the place of `1 / sqrt(head_dim)`; logits
/// are divided.
void dagrt::readGranite(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
  spec.embeddingScale = config.readNumber("embedding_multiplier", 1);
  spec.residualScale = config.readNumber("residual_multiplier", 1);
  spec.scale = config.readNumber("attention_multiplier", 1);
  spec.logitScale = 1 / config.readNumber("logits_scaling", 1);
}

//===----------------------------------------------------------------------===//
// MiniCPM
//===----------------------------------------------------------------------===//

/// Llama with scaled embeddings; what a layer adds shrinks with the number of layers, and logits
/// with the width, of which `dim_model_base` is where they are as they are.
void dagrt::readMiniCPM(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  // Its fourth version keeps a key that only its draft model reads.
  readInert(config, {"mup_denominator"});
  expectDerivedHeadDim(config, spec);
  if (!config.contains("tie_word_embeddings"))
    spec.tiedHead = true;
  rejectFlag(config, "attention_bias");
  spec.embeddingScale = config.readNumber("scale_emb", 1);
  double depth = config.readNumber("scale_depth", 1);
  double base = config.readNumber("dim_model_base", 1);
  if (config.hasFailed())
    return;
  spec.residualScale = depth / std::sqrt(static_cast<double>(spec.layers));
  spec.logitScale = base / static_cast<double>(spec.hidden);
}

//===----------------------------------------------------------------------===//
// Cohere
//===----------------------------------------------------------------------===//

/// Command-R: one norm, without a bias, feeds attention and FFN; the rotated pairs are neighbours.
static void readCohereLike(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "hidden_act", "silu");
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.norm = NormKind::Layer;
  spec.normBias = false;
  spec.epsilon = config.readNumber("layer_norm_eps", 1e-5);
  spec.gated = true;
  spec.parallel = spec.sharedNorm = true;
  spec.logitScale = config.readNumber("logit_scale", 0.0625);
  spec.names = getLlamaNames();
  if (config.hasFailed())
    return;
  readRope(config, spec);
  spec.rope->interleaved = true;
}

/// Command-R+ norms each head of queries and keys, with weights of its own.
void dagrt::readCohere(ConfigReader &config, DecoderSpec &spec) {
  readCohereLike(config, spec);
  if (!config.readFlag("use_qk_norm", false))
    return;
  spec.headNorm = NormKind::Layer;
  spec.headNormSpan = HeadNormSpan::HeadWeights;
  spec.headNormBias = false;
}

/// Command-R7B: three layers slide and rotate, the fourth does neither.
void dagrt::readCohere2(ConfigReader &config, DecoderSpec &spec) {
  readCohereLike(config, spec);
  rejectFlag(config, "use_qk_norm");
  for (StringRef key : {"use_gated_activation", "use_parallel_block", "use_embedding_sharing"})
    rejectFlag(config, key, /*expected=*/true);
  // How the table is stored on several devices.
  readInert(config, {"use_parallel_embedding"});
  if (config.hasFailed())
    return;
  std::string order = config.readText("order_of_interleaved_layers", "local_attn_first");
  std::string embedding = config.readText("position_embedding_type", "rope_gptj");
  if (order != "local_attn_first")
    config.reportError("order_of_interleaved_layers",
                       "expects 'order_of_interleaved_layers' to be local_attn_first, got '" +
                           formatKey(order) + "'");
  if (embedding != "rope_gptj")
    config.reportError("position_embedding_type",
                       "expects 'position_embedding_type' to be rope_gptj, got '" +
                           formatKey(embedding) + "'");
  if (config.readNumber("rotary_pct", 1) != 1)
    config.reportError("rotary_pct", "expects 'rotary_pct' to be 1, got " +
                                         formatValue(*config.find("rotary_pct")));
  readWindowPattern(config, spec, 4096, 4);
  for (bool slides : spec.slides)
    spec.layerRopes.push_back(slides ? LayerRope::Usual : LayerRope::None);
}
