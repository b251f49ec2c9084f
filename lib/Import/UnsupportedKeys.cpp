//===- UnsupportedKeys.cpp - Keys that no spec can say -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys that are known to change what a forward pass computes in ways that most families have not,
// each with what it stands for: an error that says so helps more than one that says "unknown".
// A family that has the feature reads its key, and what is read is not looked up here.
//
//===----------------------------------------------------------------------===//

#include "KeyTables.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A key, or a part of keys, and what it stands for.
struct Feature {
  StringLiteral key;
  bool isPart;
  StringLiteral meaning;
};
} // namespace

// The order is that of the explanation.
static constexpr Feature kFeatures[] = {
    {"text_config", false, "a model inside a multimodal one"},
    {"hybrid", true, "layers of several kinds"},
    {"linear_", true, "linear attention"},
    {"mamba", true, "state-space layers"},
    {"ssm_", true, "state-space layers"},
    {"num_local_experts", false, "a mixture of experts"},
    {"num_experts", false, "a mixture of experts"},
    {"n_routed_experts", false, "a mixture of experts"},
    {"expert", true, "a mixture of experts"},
    {"moe", true, "a mixture of experts"},
    {"kv_lora_rank", false, "multi-head latent attention"},
    {"q_lora_rank", false, "multi-head latent attention"},
    {"qk_rope_head_dim", false, "multi-head latent attention"},
    {"qk_nope_head_dim", false, "multi-head latent attention"},
    {"v_head_dim", false, "values of a head size of their own"},
    {"index_topk", false, "sparse attention"},
    {"softcap", true, "soft-capped scores or logits"},
    {"attention_sink", true, "attention sinks"},
    {"attn_sink", true, "attention sinks"},
    {"alibi", true, "ALiBi"},
    {"embedding_multiplier", false, "scaled embeddings"},
    {"residual_multiplier", false, "scaled residuals"},
    {"attention_multiplier", false, "scaled scores"},
    {"lm_head_multiplier", false, "scaled logits"},
    {"logits_scaling", false, "scaled logits"},
    {"logit_scale", false, "scaled logits"},
    {"scale_emb", false, "scaled embeddings"},
    {"scale_depth", false, "scaled residuals"},
    {"query_pre_attn_scalar", false, "a scale of scores of its own"},
    {"clip_qkv", false, "clipped projections"},
    {"no_rope_layer", true, "layers without rotary embeddings"},
    {"use_mrope", false, "rotary embeddings of several axes"},
    {"attention_chunk_size", false, "chunked attention"},
    {"is_encoder_decoder", false, "an encoder"},
    {"add_cross_attention", false, "cross attention"},
    {"vision_config", false, "a vision tower"},
    {"num_nextn_predict_layers", false, "layers that predict further tokens"},
    {"pruned_heads", false, "heads that are gone"},
    {"output_gate", true, "gated attention"},
    {"interleaved_sliding_window", false, "windows in some layers"},
    {"sliding_window_pattern", false, "windows in some layers"},
};

/// True for a value that switches its key off; 1 is what a factor that does nothing is.
static bool isSwitchedOff(const llvm::json::Value &value, const Feature &feature) {
  if (value.getAsNumber() == 1.0 && feature.meaning.starts_with("scaled"))
    return true;
  return isEmptyValue(value) || value.getAsString() == StringRef("none");
}

static const Feature *lookUpFeature(StringRef key) {
  for (const Feature &feature : kFeatures)
    if (feature.isPart ? key.contains(feature.key) : key == feature.key)
      return &feature;
  return nullptr;
}

bool dagrt::isSwitchedOffFeature(StringRef key, const llvm::json::Value &value) {
  const Feature *feature = lookUpFeature(key);
  return feature && !feature->isPart && isSwitchedOff(value, *feature);
}

SmallVector<UsedFeature> dagrt::findFeatures(const ConfigReader &config) {
  SmallVector<UsedFeature> features;
  llvm::StringSet<> meanings;
  SmallVector<StringRef> keys = config.getUnreadKeys();
  for (const Feature &feature : kFeatures)
    for (StringRef key : keys) {
      bool applies = lookUpFeature(key) == &feature && !isSwitchedOff(*config.peek(key), feature);
      if (applies && meanings.insert(feature.meaning).second)
        features.push_back({key, feature.meaning});
      if (applies)
        config.acceptKeys(key);
    }
  return features;
}
