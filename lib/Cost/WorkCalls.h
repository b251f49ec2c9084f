//===- WorkCalls.h - Ops as calls of kernels ---------------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the cost models.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_WORKCALLS_H
#define DAGRT_LIB_COST_WORKCALLS_H

#include "dagrt/Cost/KernelQuery.h"
#include "dagrt/IR/Work.h"

namespace dagrt {

/// What `work` is as a call of a kernel. Fails, and says why in `error`, if the device has no rate
/// for its types.
mlir::FailureOr<KernelQuery> getWorkQuery(const Work &work, const Device &device,
                                          std::string &error);

} // namespace dagrt

#endif // DAGRT_LIB_COST_WORKCALLS_H
