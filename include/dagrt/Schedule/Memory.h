//===- Memory.h - What a timeline holds in memory -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A plan that does not fit into the memory of its devices is no plan, however fast. This is what a
// device of each mesh holds at most: weights all the time, every other value from the start of the
// op that makes it to the end of the last op that reads it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_MEMORY_H
#define DAGRT_SCHEDULE_MEMORY_H

#include "dagrt/IR/Sizes.h"
#include "dagrt/Schedule/Timeline.h"

namespace dagrt {

/// Bytes that a device holds of a value of `type`: of a tensor, or of the payload of a message.
double getLocalBytes(mlir::Type type);

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
  /// The first moment at which it holds so much, in picoseconds.
  int64_t peakTime = 0;
  /// The largest values then, at most three, largest first.
  llvm::SmallVector<LiveValue, 3> largest;
};

/// The memory of each of the timeline's meshes. A value is stored once: what computes nothing (a
/// slice, the arrival of a message) is a view that keeps what it is cut from alive, and no op
/// overwrites its operands. A message takes memory at its destination from the start of its
/// transfer, an argument from the start of the program, a result until its end. Linear in ops,
/// apart from sorting their starts and ends.
std::vector<MeshMemory> computeMemory(const Timeline &timeline,
                                      BytesOfType getBytes = getLocalBytes);

/// The memory at a binding of the function's sizes, which must bind all of them. Errors are emitted
/// on the function.
mlir::FailureOr<std::vector<MeshMemory>> computeMemory(const Timeline &timeline,
                                                       const SizeBinding &sizes);

/// Bytes of the distinct parameters of each mesh on one of its devices.
std::vector<double> sumWeights(const Timeline &timeline, BytesOfType getBytes = getLocalBytes);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_MEMORY_H
