//===- SeededValues.h - Weights and inputs from a seed -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A counter-based generator: an element's value depends on the seed, the name of what it belongs
// to and its global index, and on nothing else. So every device makes its own shard of a weight,
// and both forms of a program see the same numbers.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_SEEDEDVALUES_H
#define DAGRT_LIB_LOWER_SEEDEDVALUES_H

#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/PlacedArray.h"
#include "dagrt/Lower/Stream.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Each device's shard of a weight, padding zero: the element's place in the stored weight decides
/// its value.
PlacedArray makeParameter(const ParameterInfo &parameter, Placement placement, uint64_t seed);

/// The shard of one device.
Array makeShard(const ParameterInfo &parameter, const Placement &placement, int64_t device,
                uint64_t seed);

/// Rows of the smallest table that an embedding looks up with the integers of `argument`, which
/// may be moved on the way; nothing if none does.
std::optional<int64_t> getVocabulary(mlir::BlockArgument argument);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_SEEDEDVALUES_H
