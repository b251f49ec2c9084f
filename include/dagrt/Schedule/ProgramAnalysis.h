//===- ProgramAnalysis.h - Costs and timelines of a program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way from a program to its times: costs, a timeline for each function, and what is read off
// the timelines. Everything that reports, compares or searches goes this way:
//
// - a `TimedProgram` has timelines that can be evaluated at any binding of the sizes, for those who
//   ask about many (sweeps, plans, searches);
// - `analyzeProgram` evaluates them at the one binding that the options name, and adds the tables
//   that a report shows;
// - a pass asks `getAnalysis<ProgramAnalyses>()`, which keeps what was computed while the program
//   stays as it is.
//
// None of them changes the program; `writeCosts` and `annotateTimeline` write what was found on its
// ops.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_PROGRAMANALYSIS_H
#define DAGRT_SCHEDULE_PROGRAMANALYSIS_H

#include "dagrt/Cost/AnnotateCost.h"
#include "dagrt/Cost/Coverage.h"
#include "dagrt/Schedule/Analysis.h"
#include "dagrt/Schedule/Memory.h"
#include "dagrt/Schedule/Serving.h"
#include "dagrt/Schedule/Sweep.h"
#include "dagrt/Schedule/Uncertainty.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/AnalysisManager.h"

#include <memory>
#include <optional>
#include <vector>

namespace dagrt {

/// What a program is analyzed with. Two analyses of one program with equal options are equal.
struct AnalysisOptions {
  CostOptions costs;        ///< Cluster, model, tables, and sizes that differ from the defaults.
  ScheduleOptions schedule; ///< How ops share devices.
  MemoryOptions memory;     ///< What is counted beside the values of the program.
  /// Leaves out functions that another one calls, and whose time is in the caller's: for a time of
  /// the entire program.
  bool dropCallees = false;

  bool operator==(const AnalysisOptions &other) const;
};

//===----------------------------------------------------------------------===//
// Any binding
//===----------------------------------------------------------------------===//

/// What a function takes at one binding of its sizes.
struct Outcome {
  int64_t makespan = 0; ///< Length of the longest path.
  Uncertainty uncertainty;
  /// What the device that holds most holds, and the mesh it is of.
  int64_t peakBytes = 0;
  std::string peakMesh;
  /// False if that is more than the device has beside what is reserved.
  bool fits = true;
};

/// One function of a program, timed at any binding of its sizes.
class TimedFunction {
public:
  /// Errors are emitted on the op they belong to.
  static mlir::FailureOr<TimedFunction> create(mlir::func::FuncOp function,
                                               const AnalysisOptions &options);

  mlir::LogicalResult evaluate(const SizeBinding &binding) { return timeline->evaluate(binding); }
  /// The outcome at the last binding.
  mlir::FailureOr<Outcome> getOutcome();

  /// The timeline at the last binding.
  const Timeline &getTimeline() const { return timeline->getTimeline(); }
  const SizeBinding &getBinding() const { return timeline->getBinding(); }
  const SymbolicCosts &getCosts() const { return timeline->getCosts(); }
  /// Ops that take time that is not counted, and branches that count by their longest body.
  llvm::ArrayRef<NamedOps> getUncounted() const { return getCosts().getUncounted(); }
  llvm::ArrayRef<NamedOps> getBranches() const { return getCosts().getBranches(); }
  /// False if something of the program takes time that is not counted.
  bool isFullyCounted() const { return isCounted; }

private:
  friend class TimedProgram;
  std::unique_ptr<SymbolicTimeline> timeline;
  MemoryOptions memory;
  bool isCounted = true;
  /// What kinds of ops these are; filled when an outcome is first asked for.
  std::vector<OpFacts> kinds;
};

/// A program, timed at any binding of its sizes. It must not change while this lives.
class TimedProgram {
public:
  /// Errors are emitted on the op they belong to; a program without a function that can be
  /// scheduled is one.
  static mlir::FailureOr<TimedProgram> create(mlir::ModuleOp module,
                                              const AnalysisOptions &options);

  std::vector<TimedFunction> functions;
  /// Functions that are not analyzed.
  std::vector<NamedOps> uncountedFunctions;
};

//===----------------------------------------------------------------------===//
// One binding
//===----------------------------------------------------------------------===//

/// How many sequences fit, if what a device holds beside its weights grows with their number.
struct BatchLimit {
  /// Sequences of the program, and tokens of each.
  int64_t sequences = 0, tokens = 0;
  /// The part of a device's memory that they may fill, with weights and what is reserved.
  double utilization = 0;
  /// As many sequences of this length at most.
  int64_t largest = 0;
};

/// What is known of the time that one function takes.
struct FunctionAnalysis {
  explicit FunctionAnalysis(TimedFunction timed) : timed(std::move(timed)) {}

  /// Where the rest was read off.
  TimedFunction timed;
  std::vector<OpFacts> facts; ///< By op of the timeline.
  Attribution attribution;
  Uncertainty uncertainty;
  std::vector<MeshUsage> usage;
  std::vector<MeshMemory> memory;
  /// Absent if the memory of a device is unknown, or nothing tells what a sequence is.
  std::optional<BatchLimit> batchLimit;
  /// Of a step with caches.
  std::optional<ServingRates> serving;
  std::vector<ResourceWait> waits;
  NearCritical nearCritical;
  /// True if a model says some of the costs, and which; else all were given.
  bool isModelled = false;
  ResolvedCostOptions costs;
  /// What the costs were computed for; null if unknown.
  ClusterAttr cluster;
  /// Devices that run the function, which is the program of one of them: those that its collectives
  /// of another dialect name. 0 of a function that says itself where its ops run.
  int64_t numRanks = 0;
  /// The sizes that times hold at; empty if the function has no symbolic sizes.
  SizeBinding binding;

  const Timeline &getTimeline() const { return timed.getTimeline(); }
  /// Memory of a device in bytes; 0 if unknown.
  int64_t getDeviceMemory() const;
  /// The part of it that no program gets.
  int64_t getReservedMemory() const;
};

/// What is known of the time that a program takes.
struct ProgramAnalysis {
  AnalysisOptions options;
  std::vector<FunctionAnalysis> functions; ///< In the order of the module.
  /// Functions that are not analyzed.
  std::vector<NamedOps> uncountedFunctions;
};

/// Analyzes every function of `module` that has a body of one block, at the sizes that the options
/// name. Errors are emitted on the op they belong to.
mlir::FailureOr<std::shared_ptr<const ProgramAnalysis>>
analyzeProgram(mlir::ModuleOp module, const AnalysisOptions &options = {});

/// Writes the costs of an analysis on the ops of its program, as `annotateCosts` does. True if that
/// changed an op or what its function says of its costs: analyses of the program no longer hold.
bool writeCosts(const ProgramAnalysis &analysis);

/// The analyses of a module that passes ask for, one for each set of options. They refer to its
/// ops, and are dropped once a pass has changed it.
class ProgramAnalyses {
public:
  explicit ProgramAnalyses(mlir::Operation *module) : module(mlir::cast<mlir::ModuleOp>(module)) {}

  /// The analysis with `options`; computed if there is none. Errors are emitted on the op they
  /// belong to, each time.
  mlir::FailureOr<std::shared_ptr<const ProgramAnalysis>> get(const AnalysisOptions &options);

  /// A pass that says nothing of these analyses may have changed anything.
  bool isInvalidated(const mlir::AnalysisManager::PreservedAnalyses &preserved) const {
    return !preserved.isPreserved<ProgramAnalyses>();
  }

private:
  mlir::ModuleOp module;
  std::vector<std::shared_ptr<const ProgramAnalysis>> known;
};

} // namespace dagrt

#endif // DAGRT_SCHEDULE_PROGRAMANALYSIS_H
