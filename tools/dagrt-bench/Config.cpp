//===- Config.cpp - Configs with another number of layers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Config.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

llvm::Expected<std::string> dagrt::changeLayers(llvm::StringRef json,
                                                llvm::function_ref<int64_t(int64_t)> change) {
  llvm::Expected<llvm::json::Value> config = llvm::json::parse(json);
  if (!config)
    return config.takeError();
  llvm::json::Object *object = config->getAsObject();
  auto layers = object ? object->getInteger("num_hidden_layers") : std::nullopt;
  if (!layers)
    return llvm::createStringError("expects a config with an integer num_hidden_layers");
  (*object)["num_hidden_layers"] = change(*layers);
  return llvm::formatv("{0}", *config).str();
}
