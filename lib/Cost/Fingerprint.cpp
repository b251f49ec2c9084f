//===- Fingerprint.cpp - Fingerprints of costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fingerprint.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Support/InputFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

using namespace mlir;
using namespace dagrt;

/// Counts up when formulas change, so that times of older versions are computed again.
static constexpr uint64_t kModelVersion = 2;

namespace {
/// Values in one order, as bytes that are the same on all machines.
class Serializer {
public:
  Serializer &add(uint64_t value) {
    char bytes[sizeof(value)];
    llvm::support::endian::write64le(bytes, value);
    text.append(bytes, sizeof(bytes));
    return *this;
  }
  Serializer &add(double value) {
    // -0.0 is 0.
    value += 0.0;
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    return add(bits);
  }
  Serializer &add(StringRef value) {
    add(static_cast<uint64_t>(value.size()));
    text.append(value.data(), value.size());
    return *this;
  }
  Serializer &add(std::optional<double> value) {
    return add(uint64_t(value.has_value())).add(value.value_or(0));
  }

  uint64_t getHash() const {
    return llvm::xxh3_64bits(
        llvm::ArrayRef(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
  }
  /// 32 bits of the hash, never 0: that stands for none.
  uint32_t getShortHash() const {
    uint64_t hash = getHash();
    auto folded = static_cast<uint32_t>(hash ^ (hash >> 32));
    return folded ? folded : 1;
  }

private:
  std::string text;
};
} // namespace

//===----------------------------------------------------------------------===//
// Machines and models
//===----------------------------------------------------------------------===//

static void addLink(Serializer &out, const std::optional<Link> &link) {
  out.add(uint64_t(link.has_value()));
  if (!link)
    return;
  out.add(uint64_t(link->kind)).add(link->bandwidth).add(link->efficiency).add(link->latencyUs);
  out.add(link->latencyScale).add(uint64_t(link->nvls)).add(link->nvlsEfficiency);
  out.add(link->nodeBandwidth).add(StringRef(link->measuredAs));
  const LinkCorrection &correction = link->correction;
  out.add(correction.rate).add(correction.nvlsRate).add(correction.latency);
  out.add(correction.message).add(correction.messageUs);
}

static void addFacts(Serializer &out, const ArchitectureFacts &facts) {
  out.add(uint64_t(facts.isCore)).add(uint64_t(facts.nvls)).add(facts.threadsPerSm);
  out.add(facts.pcieRate).add(facts.networkRate);
  const NcclFacts &nccl = facts.nccl;
  for (llvm::ArrayRef<double> rates :
       {llvm::ArrayRef(nccl.lowLatency), llvm::ArrayRef(nccl.treeChannel)})
    for (double rate : rates)
      out.add(rate);
  out.add(nccl.ll128Channel).add(nccl.ring).add(nccl.nvlsEfficiency);
  out.add(uint64_t(nccl.switchChunks));
}

uint64_t dagrt::getMachinePrint(const Cluster &cluster) {
  Serializer out;
  const Device &device = cluster.device;
  out.add(StringRef(device.architecture));
  if (device.facts.isDescribed)
    addFacts(out, device.facts);
  for (std::optional<double> rate :
       {device.fp64, device.fp32, device.fp16, device.bf16, device.fp8, device.int8, device.int4})
    out.add(rate);
  // How much fits is not how long it takes.
  out.add(device.memoryBandwidth).add(device.l2Bytes);
  out.add(uint64_t(device.smCount)).add(device.clockHz).add(device.peerBandwidth);
  out.add(uint64_t(cluster.devicesPerNode));
  addLink(out, cluster.intra);
  addLink(out, cluster.inter);
  return out.getHash();
}

static void addBars(Serializer &out, const std::vector<ErrorBar> &bars) {
  out.add(uint64_t(bars.size()));
  for (const ErrorBar &bar : bars)
    out.add(bar.low).add(bar.high);
}

static void addCalibrations(Serializer &out, ArrayRef<KernelCalibration> calibrations) {
  out.add(uint64_t(calibrations.size()));
  for (const KernelCalibration &calibration : calibrations) {
    out.add(StringRef(calibration.kernel)).add(StringRef(calibration.variant));
    out.add(StringRef(calibration.donor)).add(uint64_t(calibration.isTwins));
    out.add(calibration.largestUs);
    out.add(uint64_t(calibration.coefficients.size()));
    for (double coefficient : calibration.coefficients)
      out.add(coefficient);
    addBars(out, calibration.errorBars);
    addBars(out, calibration.twinBars);
    addBars(out, calibration.transferBars);
    for (const MeasuredRange &range : calibration.ranges)
      out.add(StringRef(range.trait)).add(range.least).add(range.most);
  }
}

uint32_t dagrt::getModelPrint(const CostOptions &options, const Cluster &cluster) {
  Serializer out;
  out.add(kModelVersion).add(StringRef(options.model));
  // What tables are called does not matter, but what they say does.
  for (StringRef path : llvm::split(StringRef(options.table), ','))
    if (auto buffer = readInputFile(path, kLargestTable))
      out.add((*buffer)->getBuffer());
    else
      llvm::consumeError(buffer.takeError()); // The model says what is wrong with it.
  addCalibrations(out, cluster.device.calibrations);
  addCalibrations(out, cluster.device.borrowed);
  return out.getShortHash();
}

uint32_t dagrt::getFixedTimesPrint(const Cluster &cluster) {
  Serializer out;
  out.add(StringRef("fixed"));
  for (const FixedTime &time : cluster.fixedTimes)
    out.add(StringRef(time.key)).add(uint64_t(time.picoseconds));
  return out.getShortHash();
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

static void addType(Serializer &out, Type type) {
  std::string text;
  if (type)
    llvm::raw_string_ostream(text) << type;
  out.add(StringRef(text));
}

/// Without the totals over all devices, which no time depends on.
static void addWork(Serializer &out, const Work &work) {
  out.add(uint64_t(work.kind)).add(work.kernel);
  addType(out, work.elementType);
  addType(out, getProductType(work));
  out.add(work.flops).add(work.bytesRead).add(work.bytesWritten);
  out.add(uint64_t(work.rows)).add(uint64_t(work.columns));
  if (work.gemm) {
    addType(out, work.lhsType);
    addType(out, work.rhsType);
    for (int64_t size : {work.gemm->batch, work.gemm->m, work.gemm->k, work.gemm->n})
      out.add(uint64_t(size));
  }
  if (!work.attention)
    return;
  const AttentionShape &shape = *work.attention;
  for (int64_t size :
       {shape.batch, shape.queries, shape.keys, shape.heads, shape.keyHeads, shape.headDim,
        int64_t(shape.causal), shape.window.value_or(-1), int64_t(shape.hasOtherScores)})
    out.add(uint64_t(size));
  out.add(shape.pairs);
  if (shape.valueDim != shape.headDim || shape.valuesAreKeys)
    out.add(uint64_t(shape.valueDim)).add(uint64_t(shape.valuesAreKeys));
}

/// Device ids count: they say which links are used.
static void addShape(Serializer &out, const CommunicationShape &shape) {
  out.add(uint64_t(shape.kind)).add(shape.bytes).add(uint64_t(shape.shiftBy));
  out.add(uint64_t(shape.groups.size()));
  for (const std::vector<int64_t> &group : shape.groups) {
    out.add(uint64_t(group.size()));
    for (int64_t device : group)
      out.add(uint64_t(device));
  }
  for (const Message &message : shape.messages)
    out.add(uint64_t(message.sender)).add(uint64_t(message.receiver)).add(message.bytes);
}

uint32_t dagrt::getShapePrint(const CommunicationShape &shape, uint64_t machinePrint) {
  Serializer out;
  addShape(out.add(machinePrint).add(StringRef("communication")), shape);
  return out.getShortHash();
}

uint32_t dagrt::getWorkPrint(Operation *op, uint64_t machinePrint) {
  if (isa<CommunicationOpInterface>(op))
    return getShapePrint(getCommunicationShape(op), machinePrint);
  Serializer out;
  out.add(machinePrint);
  if (auto workOp = dyn_cast<WorkOpInterface>(op))
    addWork(out.add(StringRef("work")), workOp.getWork());
  else
    return 0;
  return out.getShortHash();
}
