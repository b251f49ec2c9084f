//===- InertKeys.cpp - Keys without influence -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Configs are full of keys for training, sampling and bookkeeping, which change nothing that a
// forward pass computes. Others repeat what the architecture says anyway; with another value,
// they contradict it.
//
//===----------------------------------------------------------------------===//

#include "KeyTables.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace dagrt;

/// Keys that change nothing, whatever they say.
static constexpr StringLiteral kInertKeys[] = {
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_attn_implementation_internal",
    "_comment",
    "_flash_attn_2_enabled",
    "_name_or_path",
    "activation_dropout",
    "apply_query_key_layer_scaling",
    "attention_dropout",
    "attention_probs_dropout_prob",
    "attention_softmax_in_fp32",
    "attn_dropout",
    "attn_dropout_prob",
    "attn_implementation",
    "attn_pdrop",
    "audio_token_id",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bias_dropout_fusion",
    "boi_token_index",
    "bos_token_id",
    "cache_implementation",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cls_token_id",
    "context_window_size",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dropout",
    "early_stopping",
    "emb_dropout_prob",
    "embd_pdrop",
    "embedding_dropout",
    "encoder_no_repeat_ngram_size",
    "eoi_token_index",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "ffn_dropout",
    "finetuning_task",
    "flash_attn",
    "flash_rotary",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "fused_dense",
    "gradient_checkpointing",
    "hidden_dropout",
    "hidden_dropout_prob",
    "id2label",
    "image_token_id",
    "image_token_index",
    "inference_runner",
    "init_std",
    "initializer_range",
    "is_decoder",
    "is_llama_config",
    "label2id",
    "layerdrop",
    "length_penalty",
    "mask_token_id",
    "masked_softmax_fusion",
    "max_batch_size",
    "max_length",
    "max_sequence_length",
    "min_length",
    "model_max_length",
    "n_ctx",
    "n_special",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "num_return_sequences",
    "onnx_safe",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "output_scores",
    "pad_token_id",
    "pre_allocate_kv_cache",
    "predict_special_tokens",
    "prefill_chunk_size",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "remove_invalid_values",
    "reorder_and_upcast_attn",
    "repetition_penalty",
    "resid_dropout",
    "resid_pdrop",
    "residual_dropout",
    "return_dict",
    "return_dict_in_generate",
    "scale_attention_softmax_in_fp32",
    "sep_token_id",
    "skip_bias_add",
    "skip_bias_add_qkv",
    "slow_but_exact",
    "softmax_in_fp32",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "tokenizer_name",
    "tokenizer_type",
    "top_k",
    "top_p",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
    "use_cache_kernel",
    "use_flash_attention",
    "use_flash_attention_2",
    "use_flash_attn",
    "validate_runner_input",
    "video_token_id",
    "vision_end_token_id",
    "vision_start_token_id",
    "vision_token_id",
    "z_loss_weight",
};

namespace {
/// What the architecture says about something that configs have a flag for.
enum class Trait {
  Never,
  Always,
  Causal,
  Rotary,
  InterleavedRotary,
  Parallel,
  Gated,
  RMSNorm,
  HeadNorm,
  QKVBias,
  FFNBias,
  HeadBias,
  TiedHead,
  Window,
  OneKeyHead,
  ScaleByLayer,
};

struct TraitKey {
  StringLiteral key;
  Trait trait;
};

/// A number of the model that some configs have under another name, too.
struct NumberKey {
  StringLiteral key;
  int64_t (*get)(const DecoderSpec &spec);
};
} // namespace

static constexpr TraitKey kTraitKeys[] = {
    {"add_cross_attention", Trait::Never},
    {"alibi", Trait::Never},
    {"apply_residual_connection_post_layernorm", Trait::Never},
    {"attention_bias", Trait::QKVBias},
    {"bidirectional", Trait::Never},
    {"causal", Trait::Causal},
    {"do_layer_norm_before", Trait::Always},
    {"elementwise_affine", Trait::Always},
    {"fp32_residual_connection", Trait::Never},
    {"gated_mlp", Trait::Gated},
    {"is_causal", Trait::Causal},
    {"is_encoder_decoder", Trait::Never},
    {"layer_norm_elementwise_affine", Trait::Always},
    {"lm_head_bias", Trait::HeadBias},
    {"mlp_bias", Trait::FFNBias},
    {"multi_query", Trait::OneKeyHead},
    {"norm_elementwise_affine", Trait::Always},
    {"parallel_attn", Trait::Parallel},
    {"qk_layernorm", Trait::HeadNorm},
    {"qk_norm", Trait::HeadNorm},
    {"qkv_bias", Trait::QKVBias},
    {"rms_norm", Trait::RMSNorm},
    {"rope_interleaved", Trait::InterleavedRotary},
    {"rotary", Trait::Rotary},
    {"scale_attn_by_inverse_layer_idx", Trait::ScaleByLayer},
    {"scale_attn_weights", Trait::Always},
    {"tie_word_embeddings", Trait::TiedHead},
    {"use_cache_quantization", Trait::Never},
    {"use_causal_mask", Trait::Causal},
    {"use_mrope", Trait::Never},
    {"use_parallel_residual", Trait::Parallel},
    {"use_qk_norm", Trait::HeadNorm},
    {"use_qkv_bias", Trait::QKVBias},
    {"use_rms_norm", Trait::RMSNorm},
    {"use_rmsnorm", Trait::RMSNorm},
    {"use_rope", Trait::Rotary},
    {"use_rotary", Trait::Rotary},
    {"use_rotary_embedding", Trait::Rotary},
    {"use_rotary_embeddings", Trait::Rotary},
    {"use_sliding_window", Trait::Window},
    {"use_swiglu", Trait::Gated},
};

static int64_t getOne(const DecoderSpec &) { return 1; }
static int64_t getLayers(const DecoderSpec &spec) { return spec.layers; }
static int64_t getHidden(const DecoderSpec &spec) { return spec.hidden; }
static int64_t getHeads(const DecoderSpec &spec) { return spec.getNumHeads(); }
static int64_t getKeyHeads(const DecoderSpec &spec) { return spec.groups; }
static int64_t getHeadDim(const DecoderSpec &spec) { return spec.headDim; }
static int64_t getFFN(const DecoderSpec &spec) { return spec.ffn; }
static int64_t getVocabulary(const DecoderSpec &spec) { return spec.vocabulary; }
static int64_t getPositions(const DecoderSpec &spec) { return spec.maxPositions; }
static int64_t getWindow(const DecoderSpec &spec) { return spec.window; }
static int64_t getRotaryDims(const DecoderSpec &spec) { return spec.rope ? spec.rope->dims : 0; }

static constexpr NumberKey kNumberKeys[] = {
    {"d_model", getHidden},
    {"ffn_dim", getFFN},
    {"ffn_hidden_size", getFFN},
    {"full_attn_mod", getOne},
    {"head_dim", getHeadDim},
    {"interpolate_factor", getOne},
    {"kv_channels", getHeadDim},
    {"max_position_embeddings", getPositions},
    {"n_embd", getHidden},
    {"n_head", getHeads},
    {"n_heads", getHeads},
    {"n_inner", getFFN},
    {"n_layer", getLayers},
    {"n_layers", getLayers},
    {"n_positions", getPositions},
    {"num_attention_heads", getHeads},
    {"num_heads", getHeads},
    {"num_hidden_layers", getLayers},
    {"num_key_value_heads", getKeyHeads},
    {"num_kv_heads", getKeyHeads},
    {"num_layers", getLayers},
    {"padded_vocab_size", getVocabulary},
    {"rotary_dim", getRotaryDims},
    {"rotary_scaling_factor", getOne},
    {"sliding_window_size", getWindow},
};

static bool hasTrait(const DecoderSpec &spec, Trait trait) {
  switch (trait) {
  case Trait::Never:
    return false;
  case Trait::Always:
    return true;
  case Trait::Causal:
    return spec.causal;
  case Trait::Rotary:
    return spec.rope.has_value();
  case Trait::InterleavedRotary:
    return spec.rope && spec.rope->interleaved;
  case Trait::Parallel:
    return spec.parallel;
  case Trait::Gated:
    return spec.gated;
  case Trait::RMSNorm:
    return spec.norm == NormKind::RMS;
  case Trait::HeadNorm:
    return spec.headNorm.has_value();
  case Trait::QKVBias:
    return spec.qkvBias;
  case Trait::FFNBias:
    return spec.ffnBias;
  case Trait::HeadBias:
    return spec.headBias;
  case Trait::TiedHead:
    return spec.tiedHead;
  case Trait::Window:
    return spec.window > 0;
  case Trait::OneKeyHead:
    return spec.groups == 1;
  case Trait::ScaleByLayer:
    return spec.scaleByLayer;
  }
  llvm_unreachable("all traits are known");
}

bool dagrt::isEmptyValue(const llvm::json::Value &value) {
  if (std::optional<double> number = value.getAsNumber())
    return *number == 0;
  if (std::optional<bool> flag = value.getAsBoolean())
    return !*flag;
  if (std::optional<StringRef> text = value.getAsString())
    return text->empty();
  if (const llvm::json::Array *array = value.getAsArray())
    return array->empty();
  if (const llvm::json::Object *object = value.getAsObject())
    return object->empty();
  return true;
}

/// Keys that are no reason to refuse a known architecture, but may be to doubt it.
static StringRef getDoubt(StringRef key) {
  return key == "auto_map" ? "code that comes with the checkpoint, which is not read" : "";
}

KeyKind dagrt::classifyKey(StringRef key, const llvm::json::Value &value, const DecoderSpec &spec,
                           std::string &expected) {
  if (llvm::is_contained(kInertKeys, key) || isSwitchedOffFeature(key, value))
    return KeyKind::Inert;
  expected = getDoubt(key).str();
  if (!expected.empty())
    return isEmptyValue(value) ? KeyKind::Inert : KeyKind::Doubtful;
  bool isNull = value.kind() == llvm::json::Value::Null;
  for (const TraitKey &entry : kTraitKeys) {
    if (entry.key != key)
      continue;
    bool trait = hasTrait(spec, entry.trait);
    expected = trait ? "true" : "false";
    // Null is false, as in Python.
    bool agrees = (isNull && !trait) || value.getAsBoolean() == trait ||
                  value.getAsNumber() == (trait ? 1 : 0);
    return agrees ? KeyKind::Inert : KeyKind::Conflict;
  }
  for (const NumberKey &entry : kNumberKeys) {
    if (entry.key != key)
      continue;
    expected = std::to_string(entry.get(spec));
    return isNull || value.getAsInteger() == entry.get(spec) ? KeyKind::Inert : KeyKind::Conflict;
  }
  return KeyKind::Unknown;
}
