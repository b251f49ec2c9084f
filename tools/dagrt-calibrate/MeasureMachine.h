//===- MeasureMachine.h - Tables and descriptions of this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `dagrt-calibrate measure` does: it times kernels of a device and writes them as tables that
// `fit` reads, beside a description of the device and of several of them as a cluster.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASUREMACHINE_H
#define DAGRT_CALIBRATE_MEASUREMACHINE_H

#include "MeasuredDevice.h"

#include "llvm/Support/LogicalResult.h"

namespace dagrt {

/// What is written, and where to.
struct MachineOptions {
  std::string folder;
  std::string name;     ///< Of the device, the column `gpu`.
  std::string like;     ///< The built-in device whose data sheet it has; empty if none.
  bool isQuick = false; ///< A few sizes, enough for a fit that runs.
};

/// Writes `gemm.csv`, `elementwise.csv` and `<name>.yaml` into the folder and, if there are several
/// devices, `collective.csv` and `<name>-cluster.yaml`. All processes of a job call this; the first
/// one writes. Fails with an `error` for people, on the first one.
llvm::LogicalResult measureMachine(const MachineOptions &options, MeasuredDevice &device,
                                   std::string &error);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASUREMACHINE_H
