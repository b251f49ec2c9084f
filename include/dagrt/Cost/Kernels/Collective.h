//===- Collective.h - Times of collectives and messages ---------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One group of ranks, alone on its links: what runs beside it is in the rates that it gets.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELS_COLLECTIVE_H
#define DAGRT_COST_KERNELS_COLLECTIVE_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/KernelTime.h"
#include "dagrt/Cost/Kernels/CollectiveKinds.h"
#include "dagrt/IR/Work.h"

#include "llvm/ADT/ArrayRef.h"

#include <optional>

namespace dagrt {

/// Messages to this many different peers start together (NCCL_MAX_DEV_WORK_P2P_PER_BATCH).
inline constexpr int64_t kPeersPerRound = 8;

/// A collective in one group, or a shift or transfer, in which a rank sends to one other.
struct CollectiveCall {
  CommunicationKind kind = CommunicationKind::AllReduce;
  /// As nccl-tests counts them: of a rank's buffer for an all_reduce, an all_to_all and a message,
  /// of the group for an all_gather and a reduce_scatter.
  double bytes = 0;
  int64_t ranks = 1, nodes = 1, mostOnNode = 1;
  /// Bytes/s of one device in one direction by the data sheet, inside the node and to the network.
  double linkRate = 0, networkRate = 0;
  LinkKind link = LinkKind::NvLink; ///< Inside the node.
  bool nvls = false;                ///< The switch inside the node can reduce.
  /// The library has kernels of its own for small buffers of an all_reduce inside a node.
  bool hasOneShot = false;
  /// How the links differ from those that coefficients were fitted to.
  LinkCorrection linkCorrection{}, networkCorrection{};
  int64_t fewestOnNode = 0; ///< Ranks on the node with the fewest; 0 for as many as on the most.
};

/// What predictCollective takes, in order.
llvm::ArrayRef<Coefficient> getCollectiveCoefficients();

/// The time of `call` with `coefficients`, one for each of getCollectiveCoefficients().
KernelTime predictCollective(const CollectiveCall &call, const Device &device,
                             llvm::ArrayRef<double> coefficients);

/// Just above the size in bytes up to which messages between peers use LL, if those of `call` do.
std::optional<double> getSizeBeyondLl(const CollectiveCall &call, const Device &device);

/// What physics allows: microseconds of what a rank sends at least at the rates of data sheets; or,
/// of several nodes, of what falls to each rank of what its node sends to the network.
double getLeastWireUs(const CollectiveCall &call);

/// How the library does it: `ring/LL128`, `nvls`, `one_shot`, `p2p/Simple`, ...
const char *getCollectiveAlgorithm(const CollectiveCall &call, const Device &device,
                                   llvm::ArrayRef<double> coefficients);

/// The sizes and algorithms at which errors are alike.
llvm::ArrayRef<const char *> getCollectiveRegimes();
unsigned getCollectiveRegime(const CollectiveCall &call, const Device &device);

} // namespace dagrt

#endif // DAGRT_COST_KERNELS_COLLECTIVE_H
