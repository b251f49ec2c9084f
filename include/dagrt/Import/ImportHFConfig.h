//===- ImportHFConfig.h - From config.json to the logical form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads a Hugging Face `config.json` and builds the model that it describes.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_IMPORTHFCONFIG_H
#define DAGRT_IMPORT_IMPORTHFCONFIG_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <optional>
#include <string>

namespace dagrt {

/// Attention as one kernel, or as scores, softmax and context.
enum class AttentionForm { Fused, Decomposed };

/// For which tokens logits are computed.
enum class LogitsForm { Last, All, None };

/// Which step of serving a model.
enum class Phase {
  Prefill, ///< All tokens of a prompt, without a cache.
  Decode,  ///< New tokens of each request, after those in its cache.
  Extend,  ///< A further chunk of a prompt, after those in the cache.
};

/// What a config does not say.
struct ImportOptions {
  Phase phase = Phase::Prefill;
  /// Of a decode or extend step: tokens in the cache before it (default: what the model or 2048
  /// leaves beside the new ones), new tokens of each request (default: 1, of an extend 512), and
  /// slots of the cache (default: context + new tokens).
  std::optional<int64_t> context, newTokens, capacity;
  bool isContextSymbolic = false, isCapacitySymbolic = false;
  /// Element type of the cache. Empty: that of the model.
  std::string kvDtype;
  /// A prefill returns its keys and values.
  bool keepsCache = false;
  /// Default: 1, or what the config says ("batch_size" of the origin model).
  std::optional<int64_t> batch;
  /// Tokens of each sequence. Default: 2048, or the longest sequence of a model that takes fewer
  /// (16 with `shrink`). Of a decode or extend step it is the tokens in the cache and the new ones
  /// together, and follows from them.
  std::optional<int64_t> seqLen;
  /// The batch, the length stay open, as the named sizes `batch` and `seq_len`. The numbers above
  /// are then the module's default binding.
  bool isBatchSymbolic = false, isSeqLenSymbolic = false;
  AttentionForm attention = AttentionForm::Fused;
  /// Default: the last token, or none for a model without a vocabulary.
  std::optional<LogitsForm> logits;
  /// Element type of weights and activations: bf16, f16, f32, f64, f8E4M3FN or f8E5M2, or a
  /// name that configs use (bfloat16). Empty: the config's, or bf16 where it has none (a remark
  /// says so).
  std::string dtype;
  /// The same family with its ratios, norms and biases, in sizes small enough to execute.
  bool shrink = false;
  /// Keys that the import does not know are warnings rather than errors.
  bool allowUnknownKeys = false;
  /// The `hf_quant_config.json` that lies beside the config, if there is one.
  std::optional<llvm::MemoryBufferRef> quantizationFile;
  /// Import the text model inside a multimodal one.
  bool textConfig = false;
  /// Import the model as it was before it was quantized. Otherwise a quantized one is refused.
  bool ignoreQuantization = false;
};

/// The architectures that import, as configs call them.
llvm::SmallVector<llvm::StringRef> getArchitectures();

/// Builds the logical form of the model that the JSON in `config` describes: a module of one
/// function. Locations name the buffer. Prints errors and fails if the config is malformed or
/// describes a model that is not supported. Linear in the number of layers.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> importHFConfig(llvm::MemoryBufferRef config,
                                                                  const ImportOptions &options,
                                                                  mlir::MLIRContext *context);

} // namespace dagrt

#endif // DAGRT_IMPORT_IMPORTHFCONFIG_H
