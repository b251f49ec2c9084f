//===- FamilyReading.cpp - Parts that families share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What more than one family reads: sizes, vocabulary, activations, windows, and what Llama and
// the older decoders hand down to their relatives.
//
//===----------------------------------------------------------------------===//

#include "FamilyReading.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

void dagrt::readSizes(ConfigReader &config, DecoderSpec &spec, const SizeKeys &keys,
                      KeyHeads absent) {
  constexpr int64_t kMaxLayers = 10000;
  spec.layers = config.readSize(keys.layers);
  if (spec.layers > kMaxLayers) {
    config.reportError(keys.layers, "expects '" + keys.layers + "' to be at most " +
                                        Twine(kMaxLayers) + ", got " + Twine(spec.layers));
    spec.layers = 1;
  }
  spec.hidden = config.readSize(keys.hidden);
  int64_t heads = config.readSize(keys.heads);
  int64_t keyHeads = heads;
  // Null says as many as there are query heads, wherever there is such a key.
  bool isRequired = absent == KeyHeads::Required && !config.isNull(keys.keyHeads);
  if (isRequired)
    keyHeads = config.readSize(keys.keyHeads);
  else if (!keys.keyHeads.empty())
    keyHeads = config.readOptionalSize(keys.keyHeads).value_or(heads);
  std::optional<int64_t> headDim = config.readOptionalSize(keys.headDim);
  if (config.hasFailed())
    return;
  if (heads % keyHeads != 0)
    config.reportError(keys.keyHeads, "expects '" + keys.heads + "' to be a multiple of '" +
                                          keys.keyHeads + "', " + Twine(keyHeads) + ", got " +
                                          Twine(heads));
  if (!headDim && spec.hidden % heads != 0)
    config.reportError(keys.hidden, "expects '" + keys.hidden + "' to be a multiple of '" +
                                        keys.heads + "', " + Twine(heads) +
                                        ", where there is no '" + keys.headDim + "', got " +
                                        Twine(spec.hidden));
  spec.groups = keyHeads;
  spec.queriesPerGroup = heads / keyHeads;
  spec.headDim = headDim.value_or(spec.hidden / heads);
  if (keys.ffn.empty())
    spec.ffn = 0;
  else if (std::optional<int64_t> ffn = config.readOptionalSize(keys.ffn))
    spec.ffn = *ffn;
  else if (keys.ffn == "n_inner" || keys.ffn == "ffn_hidden_size")
    spec.ffn = 4 * spec.hidden;
  else
    spec.ffn = config.readSize(keys.ffn);
  spec.maxPositions = config.readSize(keys.positions, 2048);
  if (config.contains(keys.positions))
    spec.positionsKey = keys.positions.str();
}

void dagrt::expectDerivedHeadDim(ConfigReader &config, const DecoderSpec &spec) {
  std::optional<int64_t> given = config.readOptionalSize("head_dim");
  if (config.hasFailed() || !given)
    return;
  int64_t derived = spec.hidden / spec.getNumHeads();
  if (*given != derived)
    config.reportError("head_dim", "expects 'head_dim' to be the hidden size by the heads, " +
                                       Twine(derived) + ", in this architecture, got " +
                                       Twine(*given));
}

void dagrt::readVocabulary(ConfigReader &config, DecoderSpec &spec, bool tied) {
  spec.vocabulary = config.readSize("vocab_size");
  spec.tiedHead = config.readFlag("tie_word_embeddings", tied);
}

void dagrt::readActivation(ConfigReader &config, DecoderSpec &spec, StringRef key,
                           StringRef fallback) {
  struct Name {
    StringLiteral name;
    ActivationKind kind;
  };
  static constexpr Name names[] = {
      {"silu", ActivationKind::Silu},          {"swish", ActivationKind::Silu},
      {"gelu", ActivationKind::Gelu},          {"gelu_new", ActivationKind::GeluTanh},
      {"gelu_fast", ActivationKind::GeluTanh}, {"gelu_pytorch_tanh", ActivationKind::GeluTanh},
      {"relu", ActivationKind::Relu},          {"relu2", ActivationKind::ReluSquared},
  };
  std::string text = config.readText(key, fallback);
  for (const Name &name : names)
    if (name.name == text) {
      spec.activation = name.kind;
      return;
    }
  config.reportError(key, "expects '" + key +
                              "' to be silu, swish, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, "
                              "relu or relu2, got '" +
                              formatKey(text) + "'");
}

void dagrt::readInert(ConfigReader &config, ArrayRef<StringRef> keys) {
  for (StringRef key : keys)
    config.find(key);
}

void dagrt::rejectKey(ConfigReader &config, StringRef key, StringRef meaning) {
  const llvm::json::Value *value = config.find(key);
  if (!value || value->getAsNumber() == 0.0 || value->getAsBoolean() == false)
    return;
  config.reportError(key,
                     "expects no '" + key + "', got " + formatValue(*value) + " (" + meaning + ")");
}

void dagrt::rejectFlag(ConfigReader &config, StringRef key, bool expected) {
  if (config.readFlag(key, expected) != expected)
    config.reportRefusal(key, "expects '" + key + "' to be " + (expected ? "true" : "false") +
                                  " in this architecture, got " + (expected ? "false" : "true"));
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

void dagrt::readLayerTypes(ConfigReader &config, DecoderSpec &spec) {
  SmallVector<std::string> types = config.readTexts("layer_types");
  if (!config.find("layer_types") || config.hasFailed())
    return;
  SmallVector<bool> old = std::move(spec.slides);
  if (static_cast<int64_t>(types.size()) != spec.layers)
    return config.reportError("layer_types", "expects 'layer_types' to have " + Twine(spec.layers) +
                                                 " entries, one for each layer, got " +
                                                 Twine(types.size()));
  spec.slides.clear();
  for (StringRef type : types) {
    bool slides = type == "sliding_attention" && spec.window > 0;
    if (!slides && type != "full_attention")
      return config.reportError(
          "layer_types", "expects 'layer_types' of full_attention, and of sliding_attention with a "
                         "'sliding_window' in this architecture, got '" +
                             formatKey(type) + "'");
    spec.slides.push_back(slides);
  }
  for (StringRef key :
       {"sliding_window_pattern", "_sliding_window_pattern", "layer_switch", "max_window_layers"})
    if (config.peek(key) && !old.empty() && old != spec.slides)
      return config.reportRefusal("layer_types", "expects 'layer_types' to be those of '" + key +
                                                     "' " + formatValue(*config.peek(key)) +
                                                     ", got " +
                                                     formatValue(*config.find("layer_types")));
}

void dagrt::readUnusedWindow(ConfigReader &config) {
  for (StringRef key : {"max_window_layers", "sliding_window"})
    if (const llvm::json::Value *value = config.find(key); value && !(value->getAsInteger() == 0))
      config.readOptionalSize(key);
}

void dagrt::setWindow(ConfigReader &config, DecoderSpec &spec, int64_t window) {
  spec.window = window;
  if (window > 0)
    spec.slides.assign(spec.layers, true);
  readLayerTypes(config, spec);
}

//===----------------------------------------------------------------------===//
// Llama and its relatives
//===----------------------------------------------------------------------===//

WeightNames dagrt::getLlamaNames() {
  WeightNames names;
  names.tokens = "model.embed_tokens";
  names.layer = "model.layers";
  names.attentionNorm = "input_layernorm";
  names.query = "self_attn.q_proj";
  names.key = "self_attn.k_proj";
  names.value = "self_attn.v_proj";
  names.queryNorm = "self_attn.q_norm";
  names.keyNorm = "self_attn.k_norm";
  names.output = "self_attn.o_proj";
  names.ffnNorm = "post_attention_layernorm";
  names.gate = "mlp.gate_proj";
  names.up = "mlp.up_proj";
  names.down = "mlp.down_proj";
  names.finalNorm = "model.norm";
  names.head = "lm_head";
  return names;
}

void dagrt::readLlamaLike(ConfigReader &config, DecoderSpec &spec, KeyHeads absent) {
  readSizes(config, spec, {}, absent);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "silu");
  rejectFlag(config, "parallel_attn");
  rejectFlag(config, "use_parallel_residual");
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-6);
  spec.gated = true;
  spec.names = getLlamaNames();
  readRope(config, spec);
}

//===----------------------------------------------------------------------===//
// Layer norms and plain FFNs
//===----------------------------------------------------------------------===//

void dagrt::setClassic(DecoderSpec &spec) {
  spec.norm = NormKind::Layer;
  spec.gated = false;
  spec.ffnBias = true;
}

SizeKeys dagrt::getGPTKeys() {
  return {"n_layer", "n_embd", "n_head", "", "n_inner", "n_positions"};
}

WeightNames dagrt::getGPTNames() {
  WeightNames names;
  names.tokens = "transformer.wte";
  names.positions = "transformer.wpe";
  names.layer = "transformer.h";
  names.attentionNorm = "ln_1";
  names.ffnNorm = "ln_2";
  names.finalNorm = "transformer.ln_f";
  names.head = "lm_head";
  return names;
}
