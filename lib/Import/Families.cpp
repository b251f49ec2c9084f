//===- Families.cpp - From configs to decoder specs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One small function for each family of models. A function
// fills a decoder spec: sizes from the config's keys, and what the architecture fixes
// without a key (which projections have biases, what weights are called, how they
// are packed). Defaults of absent keys are those of the architectures' configuration classes.
// Adding a family is a function and a line in FamilyTable.cpp.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"
#include "FamilyReading.h"
#include "KeyTables.h"

using namespace mlir;
using namespace dagrt;

/// Qwen's windows: off unless `use_sliding_window`, and then from layer `max_window_layers` on.
static void readQwenWindow(ConfigReader &config, DecoderSpec &spec) {
  if (!config.readFlag("use_sliding_window", false)) {
    readUnusedWindow(config);
  } else {
    // 0 is meaningful here: all layers slide. Null as window is none at all.
    int64_t first = 28;
    const llvm::json::Value *value = config.find("max_window_layers");
    if (value && value->getAsInteger() == 0)
      first = 0;
    else
      first = config.readSize("max_window_layers", first);
    bool isUnlimited = config.isNull("sliding_window");
    spec.window = isUnlimited ? 0 : config.readSize("sliding_window", 4096);
    for (int64_t layer = 0; layer < spec.layers; ++layer)
      spec.slides.push_back(!isUnlimited && layer >= first);
  }
  readLayerTypes(config, spec);
}

//===----------------------------------------------------------------------===//
// Llama and its relatives
//===----------------------------------------------------------------------===//

void dagrt::readLlama(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
  rejectFlag(config, "use_qk_norm");
  if (config.find("sliding_window"))
    config.reportRefusal("sliding_window",
                         "expects no 'sliding_window' in LlamaForCausalLM, which has none, got " +
                             formatValue(*config.find("sliding_window")));
  setWindow(config, spec, 0);
}

void dagrt::readMistral(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::Required);
  rejectFlag(config, "attention_bias");
  rejectFlag(config, "mlp_bias");
  // The architecture's window where the key is absent; null switches it off.
  bool absent = !config.contains("sliding_window");
  setWindow(config, spec, config.readOptionalSize("sliding_window").value_or(absent ? 4096 : 0));
}

/// Says that biases are there although `attention_bias` is false: the architecture does not read
/// the key.
static void ignoreBiasFlag(ConfigReader &config) {
  if (!config.readFlag("attention_bias", true))
    config.reportWarning("attention_bias", "expects 'attention_bias' to be true or absent in this "
                                           "architecture, which has the biases in any case, got " +
                                               formatValue(*config.peek("attention_bias")));
}

/// Qwen2 and MiMo: biases on queries, keys and values, whatever `attention_bias` says.
void dagrt::readQwen2(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::Required);
  spec.qkvBias = true;
  ignoreBiasFlag(config);
  rejectFlag(config, "mlp_bias");
  readQwenWindow(config, spec);
}

/// The layers that guess the tokens after the next one are no part of a forward pass.
void dagrt::readMiMo(ConfigReader &config, DecoderSpec &spec) {
  readQwen2(config, spec);
  const llvm::json::Value *value = config.find("num_nextn_predict_layers");
  if (value && !isEmptyValue(*value))
    config.reportWarning("num_nextn_predict_layers", "leaves out 'num_nextn_predict_layers', " +
                                                         formatValue(*value) +
                                                         ": a forward pass does not run them");
}

void dagrt::readQwen3(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::Required);
  // The one relative whose head size is not hidden / heads where the key is absent.
  config.readSize("head_dim");
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.headNorm = NormKind::RMS;
  readQwenWindow(config, spec);
}

/// Phi-3 and Phi-4: queries, keys and values in one weight, gate and up in another.
void dagrt::readPhi3(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "silu");
  rejectFlag(config, "attention_bias");
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  spec.gated = true;
  spec.names = getLlamaNames();
  spec.names.query = spec.names.key = spec.names.value = "self_attn.qkv_proj";
  spec.names.gate = spec.names.up = "mlp.gate_up_proj";
  spec.packing = QKVPacking::Concatenated;
  spec.packedGateUp = true;
  if (config.hasFailed())
    return;
  readRope(config, spec, {"rope_theta", "partial_rotary_factor", 1});
  setWindow(config, spec, config.readOptionalSize("sliding_window").value_or(0));
}

//===----------------------------------------------------------------------===//
// Layer norms and plain FFNs
//===----------------------------------------------------------------------===//

/// The spelling that Phi-1.5 and 2 had first, with GPT-2's keys and queries, keys and values in one
/// weight.
static void readPhiMsft(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys = getGPTKeys();
  keys.keyHeads = "n_head_kv";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "activation_function", "gelu_new");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.parallel = spec.sharedNorm = true;
  spec.qkvBias = spec.outputBias = spec.headBias = true;
  spec.packing = QKVPacking::Concatenated;
  RopeSpec rope;
  rope.dims = config.readSize("rotary_dim", 32);
  if (rope.dims % 2 != 0 || rope.dims > spec.headDim)
    config.reportError("rotary_dim", "expects an even 'rotary_dim' of at most head_dim, " +
                                         Twine(spec.headDim) + ", got " + Twine(rope.dims));
  spec.rope = rope;
  spec.names = getLlamaNames();
  spec.names.tokens = "transformer.embd.wte";
  spec.names.layer = "transformer.h";
  spec.names.attentionNorm = "ln";
  spec.names.query = spec.names.key = spec.names.value = "mixer.Wqkv";
  spec.names.output = "mixer.out_proj";
  spec.names.up = "mlp.fc1";
  spec.names.down = "mlp.fc2";
  spec.names.finalNorm = "lm_head.ln";
  spec.names.head = "lm_head.linear";
}

/// Phi-1, 1.5 and 2: one norm feeds attention and FFN, biases everywhere.
void dagrt::readPhi(ConfigReader &config, DecoderSpec &spec) {
  if (config.contains("n_layer") && !config.contains("num_hidden_layers"))
    return readPhiMsft(config, spec);
  readSizes(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "gelu_new");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_eps", 1e-5);
  spec.parallel = spec.sharedNorm = true;
  spec.qkvBias = spec.outputBias = spec.headBias = true;
  if (config.readFlag("qk_layernorm", false))
    spec.headNorm = NormKind::Layer;
  spec.names = getLlamaNames();
  spec.names.queryNorm = "self_attn.q_layernorm";
  spec.names.keyNorm = "self_attn.k_layernorm";
  spec.names.output = "self_attn.dense";
  spec.names.up = "mlp.fc1";
  spec.names.down = "mlp.fc2";
  spec.names.finalNorm = "model.final_layernorm";
  ignoreBiasFlag(config);
  if (config.hasFailed())
    return;
  readRope(config, spec, {"rope_theta", "partial_rotary_factor", 0.5});
  // Older configs say the rotated dims twice.
  int64_t dims = config.readOptionalSize("rotary_dim").value_or(spec.rope->dims);
  if (dims != spec.rope->dims)
    config.reportRefusal("rotary_dim", "expects 'rotary_dim' to be the rotated part of a head, " +
                                           Twine(spec.rope->dims) + ", got " + Twine(dims));
  setWindow(config, spec, 0);
}

void dagrt::readGPT2(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec, getGPTKeys());
  expectDerivedHeadDim(config, spec);
  config.readSize("n_positions");
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "activation_function", "gelu_new");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.qkvBias = spec.outputBias = true;
  spec.scale = config.readFlag("scale_attn_weights", true) ? 0 : 1;
  spec.scaleByLayer = config.readFlag("scale_attn_by_inverse_layer_idx", false);
  spec.positions = LearnedPositions{spec.maxPositions, 0};
  spec.layout = StoredLayout::InOut;
  spec.packing = QKVPacking::Concatenated;
  spec.names = getGPTNames();
  spec.names.query = spec.names.key = spec.names.value = "attn.c_attn";
  spec.names.output = "attn.c_proj";
  spec.names.up = "mlp.c_fc";
  spec.names.down = "mlp.c_proj";
}

/// GPT-J: one norm feeds attention and FFN; the rotated pairs are neighbours.
void dagrt::readGPTJ(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec, getGPTKeys());
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "activation_function", "gelu_new");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.parallel = spec.sharedNorm = true;
  spec.headBias = true;
  RopeSpec rope;
  rope.dims = config.readSize("rotary_dim", 64);
  rope.interleaved = true;
  if (rope.dims % 2 != 0 || rope.dims > spec.headDim)
    config.reportError("rotary_dim", "expects an even 'rotary_dim' of at most head_dim, " +
                                         Twine(spec.headDim) + ", got " + Twine(rope.dims));
  spec.rope = rope;
  spec.names = getGPTNames();
  spec.names.query = "attn.q_proj";
  spec.names.key = "attn.k_proj";
  spec.names.value = "attn.v_proj";
  spec.names.output = "attn.out_proj";
  spec.names.up = "mlp.fc_in";
  spec.names.down = "mlp.fc_out";
}

/// GPT-NeoX and Pythia: parallel unless the config says no, each branch with its own norm.
void dagrt::readGPTNeoX(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.keyHeads = "";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "gelu");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_eps", 1e-5);
  spec.parallel = config.readFlag("use_parallel_residual", true);
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", true);
  spec.packing = QKVPacking::PerGroup;
  spec.names = getLlamaNames();
  spec.names.tokens = "gpt_neox.embed_in";
  spec.names.layer = "gpt_neox.layers";
  spec.names.query = spec.names.key = spec.names.value = "attention.query_key_value";
  spec.names.output = "attention.dense";
  spec.names.up = "mlp.dense_h_to_4h";
  spec.names.down = "mlp.dense_4h_to_h";
  spec.names.finalNorm = "gpt_neox.final_layer_norm";
  spec.names.head = "embed_out";
  if (!config.hasFailed())
    readRope(config, spec, {"rotary_emb_base", "rotary_pct", 0.25});
}

/// OPT: the position table has two rows in front that no token reads.
void dagrt::readOPT(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.keyHeads = "";
  keys.ffn = "ffn_dim";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  config.readSize("max_position_embeddings");
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "activation_function", "relu");
  setClassic(spec);
  rejectFlag(config, "do_layer_norm_before", /*expected=*/true);
  rejectFlag(config, "_remove_final_layer_norm");
  rejectFlag(config, "layer_norm_elementwise_affine", /*expected=*/true);
  int64_t embedded = config.readSize("word_embed_proj_dim", spec.hidden);
  if (embedded != spec.hidden)
    config.reportError("word_embed_proj_dim",
                       "expects 'word_embed_proj_dim' to be the hidden size, " +
                           Twine(spec.hidden) + ", got " + Twine(embedded));
  spec.qkvBias = spec.outputBias = spec.ffnBias = config.readFlag("enable_bias", true);
  spec.positions = LearnedPositions{spec.maxPositions + 2, 2};
  spec.names = getLlamaNames();
  spec.names.tokens = "model.decoder.embed_tokens";
  spec.names.positions = "model.decoder.embed_positions";
  spec.names.layer = "model.decoder.layers";
  spec.names.attentionNorm = "self_attn_layer_norm";
  spec.names.output = "self_attn.out_proj";
  spec.names.ffnNorm = "final_layer_norm";
  spec.names.up = "fc1";
  spec.names.down = "fc2";
  spec.names.finalNorm = "model.decoder.final_layer_norm";
}

/// The model of the origin analysis: no embeddings, no rotation, no mask; only the eight
/// matmuls of a layer, its norms and GELU.
void dagrt::readOrigin(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  readActivation(config, spec, "hidden_act", "gelu");
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  spec.batch = config.readSize("batch_size", 1024);
  spec.causal = false;
  spec.layout = StoredLayout::Same;
  spec.names.layer = "layers";
  spec.names.attentionNorm = "attention.norm";
  spec.names.query = "attention.query";
  spec.names.key = "attention.key";
  spec.names.value = "attention.value";
  spec.names.output = "attention.output";
  spec.names.ffnNorm = "ffn.norm";
  spec.names.up = "ffn.up";
  spec.names.down = "ffn.down";
  spec.names.finalNorm = "norm";
}
