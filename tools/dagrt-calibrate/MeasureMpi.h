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

#include "MeasureCpu.h"

namespace dagrt {

/// A row of collective.csv.
struct CollectiveRow {
  std::string op, device, link;
  int64_t ranks = 0, nodes = 1, bytes = 0;
  double microseconds = 0, spread = 1;
  std::string impl, source;

  static void writeHeader(llvm::raw_ostream &os);
  void write(llvm::raw_ostream &os) const;
};

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

/// The ops of collective.csv that `measureCollective` knows.
llvm::ArrayRef<const char *> getCollectiveOps();

/// All ranks call this at the same point, and get the same answer. Of an `all_reduce` and a
/// `send_recv`, `bytes` are those of one rank's buffer; of the others, those of all ranks together.
/// They are rounded to whole numbers of fp32. A `send_recv` is one message from rank 0 to rank 1,
/// half of a round trip. Nothing if `op` is not known or there is only one rank.
std::optional<CollectiveRow> measureCollective(const MpiJob &job, llvm::StringRef op, int64_t bytes,
                                               const MeasureOptions &options);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASUREMPI_H
