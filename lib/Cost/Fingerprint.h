//===- Fingerprint.h - Fingerprints of costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cost holds for one work on one device by one model. Fingerprints of these three are hashes of
// everything that the cost can depend on, written in one order: the same in each process and on
// each machine, and equal for two ops exactly if nothing that is asked about them differs. Names of
// meshes and devices do not count, what they stand for does.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_FINGERPRINT_H
#define DAGRT_LIB_COST_FINGERPRINT_H

#include "dagrt/Cost/CostModel.h"

namespace dagrt {

/// Hash of the facts of a machine that times may depend on: rates, bandwidths, links, nodes.
uint64_t getMachinePrint(const Cluster &cluster);

/// Hash of a model: its name, the contents of its tables, and the coefficients that the cluster's
/// device has. Never 0.
uint32_t getModelPrint(const CostOptions &options, const Cluster &cluster);

/// Hash of the times that a cluster's description fixes. Never 0.
uint32_t getFixedTimesPrint(const Cluster &cluster);

/// Hash of what `op`, whose sizes are numbers, computes or sends, on a machine. 0 if it does not
/// say.
uint32_t getWorkPrint(mlir::Operation *op, uint64_t machinePrint);

/// The same of a communication op of this shape.
uint32_t getShapePrint(const CommunicationShape &shape, uint64_t machinePrint);

/// Both halves of a fingerprint.
inline uint64_t joinPrints(uint32_t work, uint32_t model) {
  return static_cast<uint64_t>(work) << 32 | model;
}

} // namespace dagrt

#endif // DAGRT_LIB_COST_FINGERPRINT_H
