//===- ImportHFConfig.cpp - From config.json to the logical form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text to JSON, JSON to a decoder spec by the family's function, spec to IR by
// the one builder. Each step reports its own errors.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/ImportHFConfig.h"

#include "Families.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace dagrt;

/// The element type that the config names, or an empty string. Newer configs say `dtype`; "auto"
/// leaves it open. It may be any if the options name one.
static std::string readDtype(ConfigReader &config, bool isGiven) {
  std::string type = config.readOptionalText("dtype"), old = config.readOptionalText("torch_dtype");
  MLIRContext *context = config.getLoc("").getContext();
  Type named = getElementType(type, context);
  bool isSame = type == old || (named && named == getElementType(old, context));
  if (!type.empty() && !old.empty() && !isSame)
    config.reportRefusal("dtype", "expects 'dtype' and 'torch_dtype' to be the same, got '" +
                                      formatKey(type) + "' and '" + formatKey(old) + "'");
  std::string dtype = type.empty() ? old : type;
  if (dtype.empty() || dtype == "auto")
    return "";
  if (!isGiven && !getElementType(dtype, context)) {
    StringRef key = type.empty() ? "torch_dtype" : "dtype";
    config.reportRefusal(key, "expects '" + key + "' to be bfloat16, float16, float32, float64, " +
                                  "float8_e4m3fn or float8_e5m2, got '" + formatKey(dtype) +
                                  "'; --dtype sets it");
    return "";
  }
  return dtype;
}

FailureOr<DecoderSpec> dagrt::readDecoder(ConfigReader &config, const ImportOptions &options) {
  const Family *family = findFamily(config);
  if (!family)
    return failure();
  DecoderSpec spec;
  spec.name = family->modelType.str();
  spec.dtype = readDtype(config, !options.dtype.empty());
  family->read(config, spec);
  rejectQuantization(config, options.ignoreQuantization);
  rejectUnreadKeys(config, family->architecture, spec, options.allowUnknownKeys);
  if (config.hasErrors())
    return failure();
  return spec;
}

/// The decoder of the config, or of the text model inside it.
static FailureOr<DecoderSpec> readModel(ConfigReader &config, ConfigFile &textFile,
                                        const ImportOptions &options) {
  if (!options.textConfig)
    return readDecoder(config, options);
  FailureOr<ConfigReader> inner = openTextConfig(config, textFile);
  if (failed(inner))
    return failure();
  rejectQuantization(config, options.ignoreQuantization);
  FailureOr<DecoderSpec> spec = readDecoder(*inner, options);
  if (failed(spec) || config.hasErrors())
    return failure();
  return spec;
}

FailureOr<OwningOpRef<ModuleOp>> dagrt::importHFConfig(llvm::MemoryBufferRef config,
                                                       const ImportOptions &options,
                                                       MLIRContext *context) {
  context->loadDialect<DagrtDialect, func::FuncDialect>();
  FailureOr<ConfigText> text = parseConfig(config, context);
  if (failed(text))
    return failure();
  llvm::MemoryBufferRef buffer(text->text, config.getBufferIdentifier());
  ConfigFile file(buffer, context), textFile(buffer, context);
  if (options.textConfig)
    completeTextConfig(*text->value.getAsObject(), getLocAt(buffer, 0, context));
  ConfigReader reader(*text->value.getAsObject(), file);
  FailureOr<DecoderSpec> spec = readModel(reader, textFile, options);
  bool isQuantized = options.quantizationFile && !options.ignoreQuantization &&
                     failed(rejectQuantizationFile(*options.quantizationFile, context));
  if (failed(spec) || isQuantized)
    return failure();
  if (options.shrink)
    spec = shrinkDecoder(std::move(*spec));
  Location loc = reader.getLoc("");
  FailureOr<ImportOptions> resolved = resolveOptions(*spec, options, loc);
  if (failed(resolved))
    return failure();
  if (options.dtype.empty() && spec->dtype.empty())
    emitRemark(loc, "uses bf16, for the config has no 'torch_dtype' or 'dtype'");
  if (resolved->phase == Phase::Prefill && resolved->seqLen == 1 && !resolved->isSeqLenSymbolic)
    emitWarning(loc)
        << "imports a prefill of 1 token for each sequence: there are no cached keys, so "
           "it is not a step of decoding; --phase=decode imports one";
  OwningOpRef<ModuleOp> module = buildDecoder(*spec, *resolved, loc);
  if (failed(verify(*module)))
    return failure();
  return module;
}
