//===- PackedFamilies.cpp - Llama with other names and packing -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Families that compute what Llama computes: RMS norms before gated FFNs and rotary attention.
// They differ in what keys and weights are called, in how projections are packed, and in which
// of them have biases.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"
#include "FamilyReading.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// InternLM
//===----------------------------------------------------------------------===//

/// The first InternLM keeps the base of the angles in an object of its own. Its "dynamic" scaling
/// begins beyond the model's longest sequence.
static void readInternLMRotary(ConfigReader &config, DecoderSpec &spec) {
  std::optional<ConfigReader> rotary = config.readObject("rotary");
  if (!rotary || config.hasFailed())
    return;
  for (StringRef key : {"rope_scaling", "rope_parameters", "rope_theta"})
    if (const llvm::json::Value *value = config.find(key))
      if (key != "rope_theta" || value->getAsNumber() != rotary->readNumber("base", 10000))
        config.reportError(key,
                           "expects no '" + key + "' beside 'rotary', got " + formatValue(*value));
  if (!rotary->contains("base"))
    rotary->reportError("base", "expects a key 'base' in 'rotary', got none");
  spec.rope->theta = rotary->readNumber("base", spec.rope->theta);
  std::string type = rotary->readText("type", "origin");
  if (type != "origin" && type != "dynamic")
    rotary->reportError("type",
                        "expects 'type' to be origin or dynamic, got '" + formatKey(type) + "'");
  spec.lengthLimited |= type == "dynamic";
  rotary->readNumber("scaling_factor", 1);
}

void dagrt::readInternLM(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  expectDerivedHeadDim(config, spec);
  spec.qkvBias = spec.outputBias = config.readFlag("bias", true);
  if (!config.hasFailed())
    readInternLMRotary(config, spec);
}

/// InternLM 2 and 2.5: the queries of a key/value head, its key and its value follow each other in
/// one weight.
void dagrt::readInternLM2(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  expectDerivedHeadDim(config, spec);
  spec.qkvBias = spec.outputBias = config.readFlag("bias", true);
  readInert(config, {"attn_implementation"});
  spec.packing = QKVPacking::PerGroup;
  WeightNames &names = spec.names;
  names.tokens = "model.tok_embeddings";
  names.attentionNorm = "attention_norm";
  names.query = names.key = names.value = "attention.wqkv";
  names.output = "attention.wo";
  names.ffnNorm = "ffn_norm";
  names.gate = "feed_forward.w1";
  names.up = "feed_forward.w3";
  names.down = "feed_forward.w2";
  names.head = "output";
}

//===----------------------------------------------------------------------===//
// Baichuan
//===----------------------------------------------------------------------===//

/// Baichuan and Baichuan 2. Those of 13B have ALiBi instead of rotary embeddings, and no
/// `max_position_embeddings`. Baichuan 2 normalizes the rows of its head; that is done once, when
/// the weight is loaded.
void dagrt::readBaichuan(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  expectDerivedHeadDim(config, spec);
  readInert(config, {"_from_model_config", "model_max_length", "z_loss_weight"});
  if (!config.contains("max_position_embeddings")) {
    for (StringRef key : {"rope_scaling", "rope_parameters", "rope_theta", "partial_rotary_factor"})
      if (const llvm::json::Value *value = config.find(key))
        config.reportError(key, "expects no '" + key +
                                    "' in a model without "
                                    "'max_position_embeddings', which has ALiBi, got " +
                                    formatValue(*value));
    spec.rope.reset();
    spec.alibi = AlibiSpec();
    spec.maxPositions = config.readSize("model_max_length", 4096);
  }
  spec.packing = QKVPacking::Concatenated;
  spec.names.query = spec.names.key = spec.names.value = "self_attn.W_pack";
}

//===----------------------------------------------------------------------===//
// DeciLM
//===----------------------------------------------------------------------===//

/// What all layers have in common of a list with a value for each; the first error otherwise.
static int64_t readUniformSize(ConfigReader &config, const DecoderSpec &spec, StringRef key,
                               ArrayRef<double> values) {
  if (static_cast<int64_t>(values.size()) != spec.layers)
    config.reportError(key, "expects '" + key + "' to have " + Twine(spec.layers) +
                                " entries, one for each layer, got " + Twine(values.size()));
  for (double value : values)
    if (value != values.front()) {
      config.reportError(key, "expects all layers to have the same '" + key + "', got " +
                                  formatValue(*config.find(key)));
      break;
    }
  return values.empty() ? 1 : static_cast<int64_t>(values.front());
}

/// DeciLM, whose layers may each have key/value heads of their own: those that are all the same.
/// The later ones describe blocks, which differ in more than that.
void dagrt::readDeciLM(ConfigReader &config, DecoderSpec &spec) {
  if (config.find("block_configs"))
    return config.reportError("block_configs",
                              "expects layers that are all the same, got 'block_configs', with "
                              "which each layer has heads and an FFN of its own");
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  SmallVector<double> heads = config.readNumbers("num_key_value_heads_per_layer");
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
  if (config.hasFailed() || heads.empty())
    return;
  int64_t each = readUniformSize(config, spec, "num_key_value_heads_per_layer", heads);
  int64_t queries = spec.getNumHeads();
  if (config.hasFailed())
    return;
  if (queries % each != 0)
    return config.reportError("num_key_value_heads_per_layer",
                              "expects 'num_attention_heads', " + Twine(queries) +
                                  ", to be a multiple of the key/value heads, got " + Twine(each));
  std::optional<int64_t> common = config.readOptionalSize("num_key_value_heads");
  if (common && *common != each)
    return config.reportError("num_key_value_heads",
                              "expects 'num_key_value_heads' to be those of each layer, " +
                                  Twine(each) + ", got " + Twine(*common));
  spec.groups = each;
  spec.queriesPerGroup = queries / each;
}

//===----------------------------------------------------------------------===//
// Seed-OSS, ERNIE 4.5, SmolLM 3
//===----------------------------------------------------------------------===//

/// The base of the angles where no key says it.
static void setDefaultTheta(ConfigReader &config, DecoderSpec &spec, double theta) {
  if (spec.rope && !config.find("rope_theta") && !config.find("rope_parameters"))
    spec.rope->theta = theta;
}

/// Seed-OSS: biases on queries, keys and values, which the output projection need not share.
void dagrt::readSeedOss(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  if (!config.contains("head_dim"))
    spec.headDim = 128;
  spec.qkvBias = config.readFlag("attention_bias", true);
  spec.outputBias = config.readFlag("attention_out_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
}

/// ERNIE 4.5 without experts: neighbours are rotated, and one switch gives all projections biases.
void dagrt::readErnie45(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  spec.epsilon = config.readNumber("rms_norm_eps", 1e-5);
  if (!config.contains("tie_word_embeddings"))
    spec.tiedHead = true;
  spec.qkvBias = spec.outputBias = spec.ffnBias = config.readFlag("use_bias", false);
  setDefaultTheta(config, spec, 500000);
  if (spec.rope)
    spec.rope->interleaved = true;
}

/// SmolLM 3: every fourth layer, or those that a list has zeros for, has no rotary embeddings.
void dagrt::readSmolLM3(ConfigReader &config, DecoderSpec &spec) {
  readLlamaLike(config, spec, KeyHeads::AsQueries);
  if (!config.contains("tie_word_embeddings"))
    spec.tiedHead = true;
  spec.qkvBias = spec.outputBias = config.readFlag("attention_bias", false);
  spec.ffnBias = config.readFlag("mlp_bias", false);
  setDefaultTheta(config, spec, 2000000);
  int64_t interval = config.readSize("no_rope_layer_interval", 4);
  const llvm::json::Value *value = config.find("no_rope_layers");
  const llvm::json::Array *list = value ? value->getAsArray() : nullptr;
  if (value && (!list || static_cast<int64_t>(list->size()) != spec.layers))
    config.reportError("no_rope_layers", "expects 'no_rope_layers' to be a list with an entry for "
                                         "each of the " +
                                             Twine(spec.layers) + " layers, got " +
                                             formatValue(*value));
  if (config.hasFailed())
    return;
  bool agrees = true;
  for (int64_t layer = 0; layer < spec.layers; ++layer) {
    bool usual = (layer + 1) % interval != 0;
    bool rotates = list ? (*list)[layer] == llvm::json::Value(1) : usual;
    agrees &= rotates == usual;
    spec.layerRopes.push_back(rotates ? LayerRope::Usual : LayerRope::None);
  }
  if (!agrees && config.contains("no_rope_layer_interval"))
    config.reportRefusal("no_rope_layers", "expects 'no_rope_layers' to be those of "
                                           "'no_rope_layer_interval', " +
                                               Twine(interval) + ", got " + formatValue(*value));
  // Without the switch nothing slides, whatever else is said of windows.
  rejectFlag(config, "use_sliding_window");
  readUnusedWindow(config);
  setWindow(config, spec, 0);
}

//===----------------------------------------------------------------------===//
// Qwen 1
//===----------------------------------------------------------------------===//

/// The element type that one of three switches asks for.
static void readTypeSwitches(ConfigReader &config, DecoderSpec &spec) {
  for (auto [key, type] : {std::pair<StringRef, StringRef>{"bf16", "bfloat16"},
                           {"fp16", "float16"},
                           {"fp32", "float32"}}) {
    if (!config.readFlag(key, false))
      continue;
    MLIRContext *context = config.getLoc(key).getContext();
    if (!spec.dtype.empty() && getElementType(spec.dtype, context) != getElementType(type, context))
      config.reportError(key, "expects one element type, got '" + key + "' true and " +
                                  formatKey(spec.dtype));
    spec.dtype = type.str();
  }
}

/// `intermediate_size` counts gate and up together; biases only on queries, keys and values.
void dagrt::readQwen1(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.keyHeads = "";
  keys.headDim = "kv_channels";
  readSizes(config, spec, keys);
  readVocabulary(config, spec, /*tied=*/false);
  readTypeSwitches(config, spec);
  rejectFlag(config, "scale_attn_weights", /*expected=*/true);
  rejectKey(config, "visual", "a vision tower");
  readInert(config, {"attn_dropout_prob", "emb_dropout_prob", "onnx_safe", "softmax_in_fp32",
                     "use_cache_kernel", "use_flash_attn"});
  if (spec.ffn % 2 != 0)
    config.reportError("intermediate_size", "expects an even 'intermediate_size', that of gate and "
                                            "up together, got " +
                                                Twine(spec.ffn));
  spec.ffn /= 2;
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-6);
  spec.gated = true;
  spec.qkvBias = true;
  spec.outputBias = spec.ffnBias = !config.readFlag("no_bias", true);
  spec.packing = QKVPacking::Concatenated;
  // Both switches change what is computed for sequences beyond the length of the training.
  int64_t trained = config.readSize("seq_length", 2048);
  bool stretches = config.readFlag("use_dynamic_ntk", true);
  if (config.readFlag("use_logn_attn", true) || stretches) {
    spec.lengthLimited = true;
    spec.maxPositions = std::min(spec.maxPositions, trained);
  }
  spec.names = getGPTNames();
  spec.names.query = spec.names.key = spec.names.value = "attn.c_attn";
  spec.names.output = "attn.c_proj";
  spec.names.gate = "mlp.w2";
  spec.names.up = "mlp.w1";
  spec.names.down = "mlp.c_proj";
  if (!config.hasFailed())
    readRope(config, spec, {"rotary_emb_base", "rotary_pct", 1});
}

//===----------------------------------------------------------------------===//
// ChatGLM and GLM
//===----------------------------------------------------------------------===//

static WeightNames getChatGLMNames() {
  WeightNames names;
  names.tokens = "transformer.embedding.word_embeddings";
  names.layer = "transformer.encoder.layers";
  names.attentionNorm = "input_layernorm";
  names.query = names.key = names.value = "self_attention.query_key_value";
  names.output = "self_attention.dense";
  names.ffnNorm = "post_attention_layernorm";
  names.gate = names.up = "mlp.dense_h_to_4h";
  names.down = "mlp.dense_4h_to_h";
  names.finalNorm = "transformer.encoder.final_layernorm";
  names.head = "transformer.output_layer";
  return names;
}

/// Half of each head is rotated, in pairs of neighbours; the base of the angles is a multiple of
/// 10000.
static RopeSpec readChatGLMRope(ConfigReader &config, const DecoderSpec &spec) {
  RopeSpec rope;
  rope.theta = 10000 * config.readNumber("rope_ratio", 1);
  rope.dims = spec.headDim / 2;
  rope.interleaved = true;
  if (rope.dims % 2 != 0)
    config.reportError("kv_channels",
                       "expects 'kv_channels' to be a multiple of 4, got " + Twine(spec.headDim));
  return rope;
}

/// Sizes in ChatGLM's spelling. `vocab_size` is the tokenizer's; the tables have the padded one.
static void readChatGLMSizes(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.layers = "num_layers";
  keys.keyHeads = "multi_query_group_num";
  keys.ffn = "ffn_hidden_size";
  keys.positions = "seq_length";
  keys.headDim = "kv_channels";
  bool shared = config.readFlag("multi_query_attention", false);
  if (!shared)
    keys.keyHeads = "";
  readSizes(config, spec, keys, shared ? KeyHeads::Required : KeyHeads::AsQueries);
  // Without shared heads the parts of a head follow each other, else all queries come first.
  spec.packing = shared ? QKVPacking::Concatenated : QKVPacking::PerGroup;
  if (!shared)
    config.readOptionalSize("multi_query_group_num");
  spec.vocabulary = config.readSize("padded_vocab_size");
  int64_t used = config.readSize("vocab_size", spec.vocabulary);
  if (used > spec.vocabulary)
    config.reportError("vocab_size", "expects a 'vocab_size' of at most 'padded_vocab_size', " +
                                         Twine(spec.vocabulary) + ", got " + Twine(used));
  else if (used < spec.vocabulary && !config.hasFailed())
    config.reportWarning("vocab_size", "expects 'vocab_size' to be 'padded_vocab_size', " +
                                           Twine(spec.vocabulary) + ", got " + Twine(used) +
                                           "; goes by 'padded_vocab_size'");
  spec.tiedHead = config.readFlag("tie_word_embeddings", false);
}

/// ChatGLM 2 and 3, and GLM-4 in their spelling.
void dagrt::readChatGLM(ConfigReader &config, DecoderSpec &spec) {
  if (config.find("position_encoding_2d") || config.find("inner_hidden_size"))
    return config.reportError(
        config.find("inner_hidden_size") ? "inner_hidden_size" : "position_encoding_2d",
        "expects ChatGLM 2, 3 or GLM-4 in 'ChatGLMModel', got the first ChatGLM, whose positions "
        "have two dims");
  readChatGLMSizes(config, spec);
  spec.norm = config.readFlag("rmsnorm", true) ? NormKind::RMS : NormKind::Layer;
  spec.epsilon = config.readNumber("layernorm_epsilon", 1e-5);
  spec.gated = true;
  spec.packedGateUp = true;
  bool bias = config.readFlag("add_bias_linear", false);
  spec.outputBias = spec.ffnBias = bias;
  spec.qkvBias = config.readFlag("add_qkv_bias", false) || bias;
  rejectFlag(config, "post_layer_norm", /*expected=*/true);
  rejectFlag(config, "original_rope", /*expected=*/true);
  rejectFlag(config, "apply_residual_connection_post_layernorm");
  rejectKey(config, "pre_seq_len", "a learned prefix");
  rejectKey(config, "quantization_bit", "quantized weights");
  rejectKey(config, "vision_config", "a vision tower");
  // How matmuls are computed, not what they compute.
  readInert(config, {"apply_query_key_layer_scaling", "attention_softmax_in_fp32",
                     "bias_dropout_fusion", "prefix_projection", "classifier_dropout"});
  spec.names = getChatGLMNames();
  if (!config.hasFailed())
    spec.rope = readChatGLMRope(config, spec);
}

/// GLM-4 in the newer spelling: gate and up in one weight, half of each head rotated in pairs of
/// neighbours, biases on queries, keys and values only.
static void readGlmLike(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec);
  // Where the key is absent, the head size is not hidden / heads.
  if (!config.contains("head_dim"))
    spec.headDim = 128;
  readVocabulary(config, spec, /*tied=*/false);
  readActivation(config, spec, "hidden_act", "silu");
  spec.qkvBias = config.readFlag("attention_bias", false);
  spec.epsilon = config.readNumber("rms_norm_eps", 1.5625e-7);
  spec.gated = true;
  spec.packedGateUp = true;
  spec.names = getLlamaNames();
  spec.names.gate = spec.names.up = "mlp.gate_up_proj";
  if (config.hasFailed())
    return;
  readRope(config, spec, {"rope_theta", "partial_rotary_factor", 0.5});
  if (spec.rope)
    spec.rope->interleaved = true;
}

void dagrt::readGlm(ConfigReader &config, DecoderSpec &spec) { readGlmLike(config, spec); }

/// Glm4 norms what attention and FFN add to the residual, too.
void dagrt::readGlm4(ConfigReader &config, DecoderSpec &spec) {
  readGlmLike(config, spec);
  spec.normPlacement = NormPlacement::Both;
  spec.names.attentionPostNorm = "post_self_attn_layernorm";
  spec.names.ffnPostNorm = "post_mlp_layernorm";
}
