//===- AlibiFamilies.cpp - Falcon, BLOOM, MPT and StarCoder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decoders with layer norms and plain FFNs that have one weight for queries, keys and values. Most
// tell tokens apart by ALiBi's bias; Falcon's larger ones rotate, StarCoder has learned positions.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"
#include "FamilyReading.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// The spelling of a size that the config has; if it has both, they are to agree.
static StringRef chooseKey(ConfigReader &config, StringRef first, StringRef second) {
  const llvm::json::Value *one = config.find(first), *other = config.find(second);
  if (one && other && *one != *other)
    config.reportError(second, "expects '" + second + "' to be '" + first + "', " +
                                   formatValue(*one) + ", got " + formatValue(*other));
  return config.contains(first) || !config.contains(second) ? first : second;
}

/// What these families call their parts alike.
static WeightNames getFusedNames(StringRef attention) {
  WeightNames names = getGPTNames();
  names.tokens = "transformer.word_embeddings";
  names.attentionNorm = "input_layernorm";
  names.query = names.key = names.value = (attention + ".query_key_value").str();
  names.output = (attention + ".dense").str();
  names.ffnNorm = "post_attention_layernorm";
  names.up = "mlp.dense_h_to_4h";
  names.down = "mlp.dense_4h_to_h";
  return names;
}

//===----------------------------------------------------------------------===//
// Falcon
//===----------------------------------------------------------------------===//

/// Key/value heads, and how they are packed with the queries: the 40B and later ones put the
/// queries of a key/value head before it, the 7B has one, the RW ones have one for each query.
static void setFalconHeads(ConfigReader &config, DecoderSpec &spec, bool isNew) {
  int64_t heads = spec.getNumHeads();
  bool multiQuery = config.readFlag("multi_query", true);
  StringRef key = chooseKey(config, "num_kv_heads", "n_head_kv");
  int64_t keyHeads = config.readSize(key, heads);
  spec.packing = QKVPacking::PerGroup;
  if (!isNew && multiQuery) {
    if (keyHeads != 1 && keyHeads != heads)
      config.reportError(key, "expects '" + key +
                                  "' to be 1, or to be 'num_attention_heads' as in "
                                  "early configs, with 'multi_query', got " +
                                  Twine(keyHeads));
    keyHeads = 1;
  }
  if (!isNew && !multiQuery && keyHeads != heads)
    config.reportError(key, "expects '" + key + "' to be 'num_attention_heads', " + Twine(heads) +
                                ", without 'new_decoder_architecture', got " + Twine(keyHeads));
  if (config.hasFailed())
    return;
  if (heads % keyHeads != 0)
    return config.reportError(key, "expects 'num_attention_heads' to be a multiple of '" + key +
                                       "', " + Twine(keyHeads) + ", got " + Twine(heads));
  spec.groups = keyHeads;
  spec.queriesPerGroup = heads / keyHeads;
}

/// One norm for both branches, one for each, or blocks in sequence.
static void setFalconBlocks(ConfigReader &config, DecoderSpec &spec, bool isNew) {
  spec.parallel = config.readFlag("parallel_attn", true);
  if (isNew && !spec.parallel)
    config.reportError("parallel_attn", "expects 'parallel_attn' to be true with "
                                        "'new_decoder_architecture', got false");
  int64_t norms = config.readOptionalSize("num_ln_in_parallel_attn").value_or(isNew ? 2 : 1);
  if (norms > 2)
    config.reportError("num_ln_in_parallel_attn",
                       "expects 'num_ln_in_parallel_attn' to be 1 or 2, got " + Twine(norms));
  if (!isNew && norms == 2)
    config.reportError("num_ln_in_parallel_attn",
                       "expects 'num_ln_in_parallel_attn' to be 1 without "
                       "'new_decoder_architecture', got 2");
  spec.sharedNorm = spec.parallel && !(isNew && norms == 2);
  if (isNew && norms == 2) {
    spec.names.attentionNorm = "ln_attn";
    spec.names.ffnNorm = "ln_mlp";
  }
}

void dagrt::readFalcon(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.layers = chooseKey(config, "num_hidden_layers", "n_layer");
  keys.heads = chooseKey(config, "num_attention_heads", "n_head");
  keys.keyHeads = "";
  keys.ffn = "ffn_hidden_size";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "activation", "gelu");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.qkvBias = spec.outputBias = spec.ffnBias = config.readFlag("bias", false);
  spec.names = getFusedNames("self_attention");
  // In the first spelling the name of the type told the larger ones.
  bool isNew = config.readFlag("new_decoder_architecture", spec.name == "RefinedWeb");
  if (config.hasFailed())
    return;
  setFalconHeads(config, spec, isNew);
  setFalconBlocks(config, spec, isNew);
  // Falcon scales the bias with the scores.
  if (config.readFlag("alibi", false))
    spec.alibi = AlibiSpec{8, 1 / std::sqrt(static_cast<double>(spec.headDim))};
  else if (!config.hasFailed())
    readRope(config, spec);
}

//===----------------------------------------------------------------------===//
// BLOOM, StarCoder, MPT
//===----------------------------------------------------------------------===//

/// BLOOM: a norm of the embeddings, and GeLU's tanh form without a key for it.
void dagrt::readBloom(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys;
  keys.layers = chooseKey(config, "n_layer", "num_hidden_layers");
  keys.hidden = chooseKey(config, "n_embed", "hidden_size");
  keys.heads = chooseKey(config, "n_head", "num_attention_heads");
  keys.keyHeads = "";
  keys.ffn = "n_inner";
  keys.positions = "seq_length";
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  // The architecture does not read the key.
  if (!config.hasFailed() && spec.ffn != 4 * spec.hidden)
    config.reportError("n_inner", "expects 'n_inner' to be null or four times the hidden size, " +
                                      Twine(4 * spec.hidden) + ", got " + Twine(spec.ffn));
  readVocabulary(config, spec, /*tied=*/true);
  setClassic(spec);
  rejectFlag(config, "apply_residual_connection_post_layernorm");
  readInert(config, {"attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion",
                     "offset_alibi", "pretraining_tp", "skip_bias_add", "skip_bias_add_qkv",
                     "slow_but_exact"});
  spec.activation = ActivationKind::GeluTanh;
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.qkvBias = spec.outputBias = true;
  spec.embeddingNorm = true;
  spec.alibi = AlibiSpec();
  spec.packing = QKVPacking::PerGroup;
  spec.names = getFusedNames("self_attention");
  spec.names.embeddingNorm = "transformer.word_embeddings_layernorm";
}

/// StarCoder and SantaCoder: one key/value head behind all queries; without `multi_query` each head
/// has its own behind its queries.
void dagrt::readGPTBigCode(ConfigReader &config, DecoderSpec &spec) {
  readSizes(config, spec, getGPTKeys());
  expectDerivedHeadDim(config, spec);
  config.readSize("n_positions");
  readVocabulary(config, spec, /*tied=*/true);
  readActivation(config, spec, "activation_function", "gelu_pytorch_tanh");
  setClassic(spec);
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  spec.qkvBias = spec.outputBias = true;
  spec.scale = config.readFlag("scale_attn_weights", true) ? 0 : 1;
  readInert(config, {"attention_softmax_in_fp32", "scale_attention_softmax_in_fp32",
                     "inference_runner", "validate_runner_input", "pre_allocate_kv_cache",
                     "max_batch_size", "max_sequence_length"});
  spec.positions = LearnedPositions{spec.maxPositions, 0};
  if (config.readFlag("multi_query", true)) {
    spec.queriesPerGroup = spec.getNumHeads();
    spec.groups = 1;
  }
  spec.packing = QKVPacking::PerGroup;
  spec.names = getGPTNames();
  spec.names.query = spec.names.key = spec.names.value = "attn.c_attn";
  spec.names.output = "attn.c_proj";
  spec.names.up = "mlp.c_fc";
  spec.names.down = "mlp.c_proj";
}

/// The part of MPT's config about attention. Positions come from ALiBi alone.
static void readMPTAttention(ConfigReader &config, DecoderSpec &spec) {
  std::optional<ConfigReader> attention = config.readObject("attn_config");
  if (config.hasFailed())
    return;
  if (!attention)
    return config.reportError("attn_config", "expects a key 'attn_config', got none");
  rejectFlag(*attention, "alibi", /*expected=*/true);
  for (StringRef key : {"prefix_lm", "qk_ln", "attn_uses_sequence_id", "rope"})
    rejectFlag(*attention, key);
  std::string type = attention->readText("attn_type", "multihead_attention");
  if (type != "multihead_attention")
    attention->reportError("attn_type", "expects 'attn_type' to be multihead_attention, got '" +
                                            formatKey(type) + "'");
  if (const llvm::json::Value *clip = attention->find("clip_qkv"))
    attention->reportError("clip_qkv", "expects no 'clip_qkv', which is not supported, got " +
                                           formatValue(*clip));
  readInert(*attention, {"attn_impl", "attn_pdrop"});
  spec.scale = attention->readOptionalNumber("softmax_scale").value_or(0);
  spec.alibi = AlibiSpec{attention->readNumber("alibi_bias_max", 8), 1};
}

/// MPT: no biases, neither of norms nor of projections.
void dagrt::readMPT(ConfigReader &config, DecoderSpec &spec) {
  SizeKeys keys = {"n_layers", "d_model", "n_heads", "", "", "max_seq_len"};
  readSizes(config, spec, keys);
  expectDerivedHeadDim(config, spec);
  readVocabulary(config, spec, /*tied=*/true);
  constexpr int64_t kMostTimes = 1024;
  int64_t times = config.readSize("expansion_ratio", 4);
  if (times > kMostTimes)
    config.reportError("expansion_ratio", "expects an 'expansion_ratio' of at most " +
                                              Twine(kMostTimes) + ", got " + Twine(times));
  spec.ffn = std::min(times, kMostTimes) * spec.hidden;
  rejectFlag(config, "no_bias", /*expected=*/true);
  std::string norm = config.readText("norm_type", "low_precision_layernorm");
  if (norm != "low_precision_layernorm" && norm != "layernorm")
    config.reportError("norm_type",
                       "expects 'norm_type' to be layernorm or low_precision_layernorm, got '" +
                           formatKey(norm) + "'");
  setClassic(spec);
  spec.ffnBias = spec.normBias = false;
  spec.activation = ActivationKind::Gelu;
  spec.epsilon = config.readNumber("layer_norm_epsilon", 1e-5);
  readMPTAttention(config, spec);
  // Beside ALiBi the architecture ignores it.
  readInert(config, {"learned_pos_emb", "embedding_fraction", "init_config", "init_device",
                     "resid_pdrop", "emb_pdrop", "verbose", "tokenizer_name"});
  spec.packing = QKVPacking::Concatenated;
  spec.names = getGPTNames();
  WeightNames &names = spec.names;
  names.layer = "transformer.blocks";
  names.attentionNorm = "norm_1";
  names.query = names.key = names.value = "attn.Wqkv";
  names.output = "attn.out_proj";
  names.ffnNorm = "norm_2";
  names.up = "ffn.up_proj";
  names.down = "ffn.down_proj";
  names.finalNorm = "transformer.norm_f";
}
