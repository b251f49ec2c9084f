//===- Memory.h - Peak memory of a timeline -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The peak memory of a device of each mesh: weights for the entire program, keys and values from
// the start of the op that makes them to the end of the program, where decoding goes on with them,
// and every other value from the start of the op that makes it to the end of the last op that reads
// it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_MEMORY_H
#define DAGRT_SCHEDULE_MEMORY_H

#include "dagrt/IR/Sizes.h"
#include "dagrt/Schedule/Timeline.h"

namespace dagrt {

/// What is counted beside the values of the program.
struct MemoryOptions {
  /// Whether the keys and values of causal attention stay until the end, as a prefill leaves them
  /// for decoding: `kv-cache=keep`.
  bool keepKeyValues = true;
  /// The part of a device's memory that an engine fills: decides the largest batch only.
  double utilization = 0.9;

  bool operator==(const MemoryOptions &other) const {
    return keepKeyValues == other.keepKeyValues && utilization == other.utilization;
  }
};

/// Bytes that a device holds of a value of `type`: of a tensor, or of the payload of a message.
double getStoredBytes(mlir::Type type);

/// The same at other sizes than those of the types.
using BytesOfType = llvm::function_ref<double(mlir::Type)>;

/// A value that is alive at a peak.
struct LiveValue {
  /// The op that makes it; kNone for an argument of the function.
  unsigned op = kNone;
  /// Number of the argument.
  unsigned argument = 0;
  int64_t bytes = 0;
};

/// What the busiest device of a mesh holds when it holds most, of all meshes that share the device.
struct MeshMemory {
  /// Weights and values together, at most 2^62.
  int64_t peakBytes = 0;
  /// The part that is there all the time.
  int64_t weightBytes = 0;
  /// The part that is keys and values, and what of them is left at the end of the program.
  int64_t keyValueBytes = 0, keptBytes = 0;
  /// The first moment at which it holds so much, in picoseconds.
  int64_t peakTime = 0;
  /// The largest other values then, at most three, largest first.
  llvm::SmallVector<LiveValue, 3> largest;
};

/// The memory of each of the timeline's meshes. A value is stored once: what computes nothing (a
/// slice, the arrival of a message) is a view that keeps its operand alive, and no op
/// overwrites its operands. A message takes memory at its destination from the start of its
/// transfer, an argument from the start of the program, a result until its end. Keys and values
/// stay where they lie: of a copy that one op gathers, or a ring passes on, the original does.
/// Beyond its last reader, a sliding window leaves no more than itself. Linear in ops, apart from
/// sorting their starts and ends. `sizes` must bind all sizes of the function; errors are emitted
/// on it.
mlir::FailureOr<std::vector<MeshMemory>> computeMemory(const Timeline &timeline,
                                                       const SizeBinding &sizes = {},
                                                       const MemoryOptions &options = {});

/// Bytes of the distinct parameters of each mesh on one of its devices.
std::vector<double> sumWeights(const Timeline &timeline, BytesOfType getBytes = getStoredBytes);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_MEMORY_H
