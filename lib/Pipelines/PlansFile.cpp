//===- PlansFile.cpp - Files of plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A list of mappings with a name and a pipeline. Keys are optional to the reader, so that a missing
// one is reported with the plan that misses it.
//
//===----------------------------------------------------------------------===//

#include "PlansFile.h"

#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/YamlFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace dagrt;

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::Plan)

template <>
struct llvm::yaml::MappingTraits<Plan> {
  static void mapping(IO &io, Plan &plan) {
    YamlKeys keys(io);
    plan.at = keys.getPosition();
    keys.map("name", plan.name);
    keys.map("pipeline", plan.pipeline);
  }
};

static constexpr StringLiteral kForm = "a YAML list of plans, each with a 'name' and a 'pipeline'";

static LogicalResult check(ArrayRef<Plan> plans, TextErrorHandler emitError) {
  if (plans.empty()) {
    emitError("expects " + kForm + ", got none", {1, 1});
    return failure();
  }
  llvm::StringMap<TextPosition> names;
  for (const Plan &plan : plans) {
    if (plan.name.empty() || StringRef(plan.pipeline).trim().empty()) {
      emitError("expects " + kForm + ", got the name '" + plan.name + "' with the pipeline '" +
                    plan.pipeline + "'",
                plan.at);
      return failure();
    }
    auto [it, isNew] = names.try_emplace(plan.name, plan.at);
    if (!isNew) {
      emitError("expects plans of different names, got '" + plan.name + "' twice, first in line " +
                    Twine(it->second.line),
                plan.at);
      return failure();
    }
  }
  return success();
}

static FailureOr<std::vector<Plan>> parse(StringRef text, TextErrorHandler emitError) {
  std::vector<Plan> plans;
  if (failed(YamlReader(text, "list of plans", emitError).read(plans)) ||
      failed(check(plans, emitError)))
    return failure();
  return plans;
}

FailureOr<std::vector<Plan>> dagrt::readPlans(StringRef nameOrText, Location loc) {
  if (nameOrText.ltrim().starts_with("["))
    return parse(nameOrText, [&](const Twine &message, TextPosition at) {
      emitError(loc) << "option 'plans' " << message << " (line " << at.line << ", column "
                     << at.column << ")";
    });
  auto file = readInputFile(nameOrText, kLargestDescription);
  if (!file)
    return emitError(loc) << "expects option 'plans' to name a file of plans, got '" << nameOrText
                          << "': " << llvm::toString(file.takeError());
  return parse((*file)->getBuffer(), [&](const Twine &message, TextPosition at) {
    emitError(getFileLocation(loc.getContext(), nameOrText, at)) << message;
  });
}
