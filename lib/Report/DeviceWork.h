//===- DeviceWork.h - What the devices of a mesh compute -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_DEVICEWORK_H
#define DAGRT_LIB_REPORT_DEVICEWORK_H

#include "dagrt/Report/Report.h"

namespace dagrt {

/// What the FLOPs that a mesh has time for are: if all its devices computed what the busiest one
/// does. The three parts sum to 1.
struct DeviceWork {
  double useful = 1;    ///< The model's, once.
  double repeated = 0;  ///< The same work on several devices.
  double idle = 0;      ///< None: shards are uneven, or there are fewer than devices.
  std::string mostIdle; ///< The op that leaves most idle: `attention.query (8 over 6 devices)`.
};

/// One for each mesh of the timeline.
std::vector<DeviceWork> computeDeviceWork(const FunctionReport &function);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_DEVICEWORK_H
