//===- ImportHFConfig.cpp - From config.json to the logical form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text to JSON, JSON to a decoder spec by the family's function, spec to IR by
// the one builder. Each step reports its own errors, the first one only.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/ImportHFConfig.h"

#include "Families.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace dagrt;

/// The decoder that a parsed config describes.
static FailureOr<DecoderSpec> readDecoder(ConfigReader &config) {
  const Family *family = findFamily(config);
  if (!family)
    return failure();
  rejectUnsupportedKeys(config, family->architecture);
  DecoderSpec spec;
  spec.name = family->modelType.str();
  // Newer configs say `dtype`. A dtype of "auto" leaves it open.
  spec.dtype = config.readText(config.find("dtype") ? "dtype" : "torch_dtype", "");
  if (spec.dtype == "auto")
    spec.dtype.clear();
  if (!config.hasFailed())
    family->read(config, spec);
  if (config.hasFailed())
    return failure();
  return spec;
}

FailureOr<OwningOpRef<ModuleOp>> dagrt::importHFConfig(llvm::MemoryBufferRef config,
                                                       const ImportOptions &options,
                                                       MLIRContext *context) {
  context->loadDialect<DagrtDialect, func::FuncDialect>();
  FailureOr<llvm::json::Value> value = parseConfig(config, context);
  if (failed(value))
    return failure();
  bool hasFailed = false;
  ConfigReader reader(*value->getAsObject(), config, context, hasFailed);
  FailureOr<DecoderSpec> spec = readDecoder(reader);
  if (failed(spec))
    return failure();
  if (options.shrink)
    spec = shrinkDecoder(std::move(*spec));
  Location loc = reader.getLoc("");
  FailureOr<ImportOptions> resolved = resolveOptions(*spec, options, loc);
  if (failed(resolved))
    return failure();
  if (options.dtype.empty() && spec->dtype.empty())
    emitRemark(loc, "uses bf16, for the config has no 'torch_dtype' or 'dtype'");
  OwningOpRef<ModuleOp> module = buildDecoder(*spec, *resolved, loc);
  if (failed(verify(*module)))
    return failure();
  return module;
}
