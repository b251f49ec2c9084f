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

#include "dagrt/IR/YamlNesting.h"
#include "dagrt/Support/InputFile.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

using namespace mlir;
using namespace dagrt;

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::Plan)

namespace llvm::yaml {
template <>
struct MappingTraits<Plan> {
  static void mapping(IO &io, Plan &plan) {
    io.mapOptional("name", plan.name);
    io.mapOptional("pipeline", plan.pipeline);
  }
};
} // namespace llvm::yaml

static constexpr StringLiteral kForm = "a YAML list of plans, each with a 'name' and a 'pipeline'";

static LogicalResult parse(StringRef text, std::vector<Plan> &plans,
                           llvm::function_ref<void(const Twine &)> emitError) {
  YamlNestingError nesting = checkYamlNesting(text);
  if (!nesting.message.empty()) {
    emitError(nesting.message + " (line " + Twine(nesting.line) + ", column " +
              Twine(nesting.column) + ")");
    return failure();
  }
  std::string message;
  auto collect = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &first = *static_cast<std::string *>(context);
    if (first.empty())
      first = (diagnostic.getMessage() + " (line " + Twine(diagnostic.getLineNo()) + ", column " +
               Twine(diagnostic.getColumnNo() + 1) + ")")
                  .str();
  };
  llvm::yaml::Input input(text, nullptr, collect, &message);
  input >> plans;
  if (input.error())
    emitError("expects " + kForm + ": " + message);
  else if (input.getCurrentNode() && input.nextDocument())
    emitError("expects one YAML document, got more");
  else
    return success();
  return failure();
}

static LogicalResult check(ArrayRef<Plan> plans,
                           llvm::function_ref<void(const Twine &)> emitError) {
  if (plans.empty()) {
    emitError("expects " + kForm + ", got none");
    return failure();
  }
  llvm::StringSet<> names;
  for (const Plan &plan : plans) {
    if (plan.name.empty() || StringRef(plan.pipeline).trim().empty())
      emitError("expects " + kForm + ", got the name '" + plan.name + "' with the pipeline '" +
                plan.pipeline + "'");
    else if (!names.insert(plan.name).second)
      emitError("expects plans of different names, got '" + plan.name + "' twice");
    else
      continue;
    return failure();
  }
  return success();
}

FailureOr<std::vector<Plan>> dagrt::readPlans(StringRef nameOrText,
                                              llvm::function_ref<void(const Twine &)> emitError) {
  std::vector<Plan> plans;
  if (nameOrText.ltrim().starts_with("[")) {
    auto report = [&](const Twine &text) { emitError("'plans' " + text); };
    if (failed(parse(nameOrText, plans, report)) || failed(check(plans, report)))
      return failure();
    return plans;
  }
  auto file = readInputFile(nameOrText, kLargestDescription);
  if (!file) {
    emitError("expects option 'plans' to name a file of plans, got '" + nameOrText +
              "': " + llvm::toString(file.takeError()));
    return failure();
  }
  auto report = [&](const Twine &text) { emitError("'" + nameOrText + "' " + text); };
  if (failed(parse((*file)->getBuffer(), plans, report)) || failed(check(plans, report)))
    return failure();
  return plans;
}
