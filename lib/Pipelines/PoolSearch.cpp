//===- PoolSearch.cpp - The search of pool=auto -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every size is tried: the time of a pool has steps where blocks of the sequence, nodes of the
// cluster and algorithms of collectives change, so that nothing between two sizes can be skipped.
//
//===----------------------------------------------------------------------===//

#include "PoolSearch.h"
#include "PlanEvaluator.h"

#include "dagrt/Support/Units.h"

#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A size, and what it takes, or why it cannot be.
struct Candidate {
  int64_t size = 0;
  Outcome outcome;
  std::string error;
};
} // namespace

static Candidate tryPool(PrivateModule &original, const PoolSearchRequest &request,
                         const CostOptions &options, int64_t size) {
  Candidate candidate;
  candidate.size = size;
  OwningOpRef<ModuleOp> module = original.get().clone();
  FailureOr<Outcome> outcome = failure();
  if (succeeded(request.partition(*module, size))) {
    AnalysisOptions analysis;
    analysis.costs = options;
    FailureOr<PlacedPlan> plan = PlacedPlan::create(*module, analysis);
    if (succeeded(plan))
      outcome = plan->evaluate({});
  }
  if (succeeded(outcome))
    candidate.outcome = *outcome;
  else
    candidate.error = original.takeError();
  return candidate;
}

/// The candidate that is taken, the earlier one among equals; null if none can be.
static const Candidate *choose(ArrayRef<Candidate> candidates) {
  const Candidate *best = nullptr;
  auto getRank = [](const Candidate &candidate) {
    return std::make_pair(!candidate.outcome.fits, candidate.outcome.makespan);
  };
  for (const Candidate &candidate : candidates)
    if (candidate.error.empty() && (!best || getRank(candidate) < getRank(*best)))
      best = &candidate;
  return best;
}

static void emitChoice(ModuleOp module, ArrayRef<Candidate> candidates, const Candidate &best) {
  std::string list;
  const Candidate *fastest = &best;
  for (const Candidate &candidate : candidates) {
    list += llvm::formatv("{0}{1}: ", list.empty() ? "" : ", ", candidate.size);
    if (!candidate.error.empty()) {
      list += "refused";
      continue;
    }
    list += formatTime(candidate.outcome.makespan);
    if (!candidate.outcome.fits)
      list += llvm::formatv(" (does not fit: {0} on '{1}')",
                            formatBytes(candidate.outcome.peakBytes), candidate.outcome.peakMesh);
    if (candidate.outcome.makespan < fastest->outcome.makespan)
      fastest = &candidate;
  }
  std::string why = "the fastest";
  if (!best.outcome.fits)
    why = "the fastest, but no size fits in memory";
  else if (fastest != &best)
    why = llvm::formatv("the fastest that fits in memory ({0} is faster)", fastest->size);
  auto options = remark::RemarkOpts::name("PoolSize").category("partition");
  remark::analysis(module.getLoc(), options)
      << remark::add("a pool of {0} devices is {1}; {2}", best.size, why, list)
      << remark::metric("PoolSize", best.size)
      << remark::metric("MakespanPicoseconds", best.outcome.makespan);
}

FailureOr<int64_t> dagrt::searchPoolSize(ModuleOp module, const PoolSearchRequest &request) {
  FailureOr<std::unique_ptr<PrivateModule>> copy = PrivateModule::create(module);
  FailureOr<ResolvedCostOptions> costs =
      resolveCostOptions(module, {request.cluster, request.model, request.table, /*sizes=*/""});
  if (failed(copy) || failed(costs) || failed(checkCostOptions(module, costs->options)))
    return failure();
  std::vector<Candidate> candidates;
  for (int64_t size = 0; size <= request.limit; ++size)
    candidates.push_back(tryPool(**copy, request, costs->options, size));
  const Candidate *best = choose(candidates);
  if (!best) {
    emitError(module.getLoc())
        << "expects a size of the pool from 0 to " << request.limit
        << " that can be partitioned and scheduled, got none; without a pool: "
        << candidates.front().error;
    return failure();
  }
  emitChoice(module, candidates, *best);
  FailureOr<Cluster> cluster = loadCluster(costs->options.cluster, module.getLoc());
  if (failed(cluster))
    return failure();
  module->setAttr(kChosenForAttrName, StringAttr::get(module.getContext(), cluster->name));
  return best->size;
}
