//===- Collectives.h - Algorithms of collectives in one group -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A group of ranks as the algorithms see it, and what each algorithm would take.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_COLLECTIVES_H
#define DAGRT_COST_COLLECTIVES_H

#include "dagrt/Cost/Communication.h"

namespace dagrt {

/// How the ranks of a group lie on the nodes, and what they get of the links. Rates are in bytes
/// per microsecond.
struct GroupGeometry {
  int64_t ranks = 0, nodes = 0;
  int64_t fewestOnNode = 0, mostOnNode = 0;
  double intraRate = 0; ///< Of one rank; 0 if no two ranks share a node.
  double interRate = 0; ///< Of all ranks of the node that has the least; 0 if there is one node.
};

/// The times of all algorithms and protocols that can run `kind` on `bytes` in the group.
std::vector<CommunicationTime> getAlgorithmTimes(CommunicationKind kind, double bytes,
                                                 const GroupGeometry &group,
                                                 const Cluster &cluster);

} // namespace dagrt

#endif // DAGRT_COST_COLLECTIVES_H
