//===- Question.cpp - Checks behind the warnings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The time of a program may not be the one that the user meant to ask for: a step of decoding has
// cached keys before its queries, which a prefill has not, and a program in logical form runs on
// one device, whatever the cluster has.
//
//===----------------------------------------------------------------------===//

#include "Question.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Schedule/Analysis.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

/// The number that `size` has at `binding`; nothing if it has none there.
static std::optional<int64_t> evaluate(SizeAttr size, const SizeBinding &binding) {
  bool isKnown = size != nullptr;
  if (isKnown)
    size.walkNames([&](StringRef name) { isKnown &= binding.lookup(name).has_value(); });
  if (!isKnown)
    return std::nullopt;
  // A divisor may be zero at a binding that others have refused already.
  ScopedDiagnosticHandler silent(size.getContext(), [](Diagnostic &) { return success(); });
  FailureOr<int64_t> number =
      size.evaluate(binding, [&]() { return emitError(UnknownLoc::get(size.getContext())); });
  return succeeded(number) ? std::optional<int64_t>(*number) : std::nullopt;
}

namespace {
/// Queries and keys of one sequence in attention.
struct Tokens {
  std::optional<int64_t> queries, keys;
};
} // namespace

/// Of the first op of `function` that is attention, fused or its softmax.
static std::optional<Tokens> findTokens(func::FuncOp function, const SizeBinding &binding) {
  for (auto attention : function.getOps<AttentionOpInterface>())
    if (auto tokens = attention.getTokens())
      return Tokens{evaluate(tokens->first, binding), evaluate(tokens->second, binding)};
  return std::nullopt;
}

/// True if no value is on a mesh although ops could be sharded.
static bool isLogicalForm(func::FuncOp function) {
  auto isPlaced = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && getDist(tensor);
  };
  bool canBeCut = false;
  for (Operation &op : function.getBody().getOps()) {
    if (llvm::any_of(op.getResultTypes(), isPlaced))
      return false;
    canBeCut |= isa_and_nonnull<DagrtDialect>(op.getDialect()) && isa<WorkOpInterface>(op) &&
                isa<ShardingRuleOpInterface>(op);
  }
  return canBeCut && llvm::none_of(function.getArgumentTypes(), isPlaced);
}

/// True of a step with a cache.
static bool hasCaches(func::FuncOp function) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (function.getArgAttr(i, DagrtDialect::kSlotsAttrName))
      return true;
  return false;
}

StringRef dagrt::getPhase(func::FuncOp function, const SizeBinding &binding) {
  std::optional<Tokens> tokens = findTokens(function, binding);
  if (!tokens)
    return "";
  // Several new tokens are a chunk of a prompt, or are to be verified.
  if (hasCaches(function))
    return tokens->queries == 1 ? "decode" : "extend";
  bool hasPast = tokens->queries && tokens->keys && *tokens->keys > *tokens->queries;
  return hasPast && *tokens->queries == 1 ? "decode" : "prefill";
}

std::vector<std::string> dagrt::findOtherQuestions(func::FuncOp function,
                                                   const SizeBinding &binding,
                                                   int64_t clusterDevices) {
  std::vector<std::string> warnings;
  if (clusterDevices > 1 && isLogicalForm(function))
    warnings.push_back(llvm::formatv("the program is not partitioned, so this is its time on one "
                                     "of the cluster's {0} devices; to use more of them, partition "
                                     "it before --critical-path",
                                     clusterDevices));
  std::optional<Tokens> tokens = findTokens(function, binding);
  if (tokens && tokens->queries == 1 && tokens->keys == 1 && !hasCaches(function))
    warnings.push_back("this is a prefill of 1 token for each sequence: there are no cached keys, "
                       "so it is not a step of decoding, which takes longer");
  return warnings;
}

void dagrt::addChosenForOther(ModuleOp module, StringRef cluster,
                              std::vector<std::string> &warnings) {
  auto chosen = module->getAttrOfType<StringAttr>(kChosenForAttrName);
  if (chosen && chosen.getValue() != cluster)
    warnings.push_back(
        llvm::formatv("the size of the pool was chosen for cluster {0}, and times are "
                      "of cluster {1}: give both passes the same 'cluster'",
                      chosen.getValue(), cluster));
}
