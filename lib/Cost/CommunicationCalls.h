//===- CommunicationCalls.h - Communication as calls of a library -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a communication op asks of a library: all models time the same calls.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_COMMUNICATIONCALLS_H
#define DAGRT_LIB_COST_COMMUNICATIONCALLS_H

#include "dagrt/Cost/Communication.h"
#include "dagrt/Cost/KernelQuery.h"

namespace dagrt {

/// A call, and how many times more its fixed part is paid.
struct CommunicationCall {
  KernelQuery query;
  int64_t rounds = 0;
};

/// The calls that `shape` is, which run at once: a collective for each different group, a message
/// for each kind of link.
std::vector<CommunicationCall> getCommunicationCalls(const CommunicationShape &shape,
                                                     const Cluster &cluster);

} // namespace dagrt

#endif // DAGRT_LIB_COST_COMMUNICATIONCALLS_H
