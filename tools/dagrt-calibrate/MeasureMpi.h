//===- MeasureMpi.h - Times of collectives between ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The collectives of MPI among all processes that mpirun started, measured as those of devices.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASUREMPI_H
#define DAGRT_CALIBRATE_MEASUREMPI_H

#include "MeasuredDevice.h"

namespace dagrt {

/// Joins the job that mpirun started for as long as it lives. One at a time.
class MpiJob {
public:
  MpiJob();
  ~MpiJob();
  MpiJob(const MpiJob &) = delete;
  MpiJob &operator=(const MpiJob &) = delete;

  int getRank() const { return rank; }
  int getSize() const { return size; }
  int getNumNodes() const { return nodes; }

private:
  int rank = 0, size = 1, nodes = 1;
};

/// All ranks call this at the same point, and get the same answer. A `send_recv` is half of a round
/// trip. Nothing if there is only one rank.
std::optional<Timing> measureCollective(const MpiJob &job, const CollectiveOp &op, int64_t part,
                                        const MeasureOptions &options);

/// The library's name without its version.
std::string getMpiName();

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASUREMPI_H
