//===- Options.h - How a schedule is made, as options of passes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_OPTIONS_H
#define DAGRT_SCHEDULE_OPTIONS_H

#include "dagrt/Support/EnumOption.h"

namespace dagrt {

/// Whether communication overlaps with compute on a device.
enum class Overlap { Full, None };

/// What ops wait for, beside their operands.
enum class ResourceLimits {
  Limited,   ///< The devices that they run on.
  Unlimited, ///< Nothing.
};

/// Whether memory holds the keys and values of causal attention until the end.
enum class KvCache { Keep, None };

} // namespace dagrt

DAGRT_ENUM_OPTION(dagrt::Overlap)
DAGRT_ENUM_OPTION(dagrt::ResourceLimits)
DAGRT_ENUM_OPTION(dagrt::KvCache)

#endif // DAGRT_SCHEDULE_OPTIONS_H
