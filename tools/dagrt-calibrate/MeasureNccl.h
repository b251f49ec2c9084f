//===- MeasureNccl.h - Times of collectives between GPUs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The collectives of NCCL among the GPUs of this machine, all driven by one process.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASURENCCL_H
#define DAGRT_CALIBRATE_MEASURENCCL_H

#include "CudaSupport.h"
#include "MeasuredDevice.h"

#include <memory>

namespace dagrt {

class NcclRanks;

/// The first GPUs of this machine; communicators are made when a number of them is first asked for.
class NcclGroup {
public:
  explicit NcclGroup(CudaErrors &errors);
  ~NcclGroup();

  int64_t getNumDevices() const { return count; }

  /// A collective of the first `ranks` GPUs with parts of `part` numbers of fp32. Nothing if there
  /// is not the memory for it, or after an error.
  std::optional<Timing> time(const CollectiveOp &op, int64_t ranks, int64_t part,
                             const MeasureOptions &options);

private:
  CudaErrors &errors;
  int count = 0;
  std::unique_ptr<NcclRanks> current; ///< Of the number that was last asked for.
};

/// The library and its version, as `nccl/2.27.7`.
std::string getNcclName();

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASURENCCL_H
