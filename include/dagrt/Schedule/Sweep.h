//===- Sweep.h - Timelines at many sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The timeline of a function with symbolic sizes is a function of these. What does not depend on
// them is computed once; then each binding costs a question for each distinct op and one pass over
// the graph.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_SWEEP_H
#define DAGRT_SCHEDULE_SWEEP_H

#include "dagrt/Cost/SymbolicCosts.h"
#include "dagrt/Schedule/Timeline.h"

#include <memory>
#include <string>
#include <vector>

namespace dagrt {

/// The numbers that one name takes, ascending.
struct SizeAxis {
  std::string name;
  std::vector<int64_t> values;
};

/// The bindings of a sweep: every combination of its axes' numbers.
struct SizeSweep {
  /// More points than this are an error.
  static constexpr size_t kMaxPoints = 100000;

  std::vector<SizeAxis> axes;

  size_t getNumPoints() const;
  /// `base`, with the names of the axes bound as in point `index`. The last axis varies fastest.
  SizeBinding getPoint(size_t index, SizeBinding base = {}) const;
};

/// Reads `seq_len=1024:65536:x2;batch=1,2,4`. A name takes a list of numbers and ranges:
/// `1023:1025` (each number), `1024:4096:1024` (in steps of 1024), `1024:65536:x2` (each twice the
/// one before). `2^10` is a number. The last of a range is in it if the steps meet it.
mlir::FailureOr<SizeSweep> parseSweep(llvm::StringRef text, SizeBinding::EmitError emitError);

/// Emits an error if `module` has no size of one of the sweep's names.
mlir::LogicalResult checkSweep(const SizeSweep &sweep, mlir::ModuleOp module,
                               SizeBinding::EmitError emitError);

/// A function's timeline, evaluated at any binding of its sizes.
class SymbolicTimeline {
public:
  /// Reads `function`, which must not carry costs of one binding. No IR is changed, here or later,
  /// and none may be while the timeline lives.
  static mlir::FailureOr<std::unique_ptr<SymbolicTimeline>>
  create(mlir::func::FuncOp function, const CostOptions &costOptions,
         const ScheduleOptions &scheduleOptions = {});

  /// Times the ops at `binding`; names that it leaves out have the module's default.
  mlir::LogicalResult evaluate(const SizeBinding &binding);

  /// The timeline at the last binding; its ops have their costs at it. All times are 0 before the
  /// first.
  const Timeline &getTimeline() const { return timeline; }
  /// The last binding, complete.
  const SizeBinding &getBinding() const { return binding; }
  const SymbolicCosts &getCosts() const { return costs; }

private:
  SymbolicTimeline(SymbolicCosts costs, Timeline timeline, SizeBinding defaults)
      : costs(std::move(costs)), timeline(std::move(timeline)), defaults(std::move(defaults)),
        durations(this->timeline.ops.size()) {}

  SymbolicCosts costs;
  Timeline timeline;
  SizeBinding defaults, binding;
  std::vector<int64_t> durations;
};

} // namespace dagrt

#endif // DAGRT_SCHEDULE_SWEEP_H
