//===- MeasureMachine.h - Tables and descriptions of this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `dagrt-calibrate measure` does: it times kernels of the sizes that a small transformer has,
// and writes them as tables that `fit` reads, beside descriptions of one core as a device and of
// the ranks of a job as a cluster.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASUREMACHINE_H
#define DAGRT_CALIBRATE_MEASUREMACHINE_H

#include "MeasureCpu.h"

#include "llvm/Support/LogicalResult.h"

namespace dagrt {

/// The command line of `measure`.
struct MachineOptions {
  std::string folder;
  MeasureOptions measure;
  bool isQuick = false; ///< A few sizes, enough for a fit that runs.
};

/// Writes `gemm.csv`, `elementwise.csv` and `<device>.yaml` into the folder, and `collective.csv`
/// and `<device>-cluster.yaml` too if this process is one of several that mpirun started. Then all
/// of them call this; the first one writes. Fails with an `error` for people, on the first one.
llvm::LogicalResult measureMachine(const MachineOptions &options, std::string &error);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASUREMACHINE_H
