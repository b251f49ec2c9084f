//===- MeasureNccl.cpp - Times of collectives between GPUs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sample is several collectives in a row after two that are not timed, as in nccl-tests; its time
// is the longest of any GPU, on its own clock. Buffers stay the same.
//
//===----------------------------------------------------------------------===//

#include "MeasureNccl.h"

#include "llvm/ADT/STLExtras.h"

#include <nccl.h>

#include <deque>
#include <vector>

using namespace dagrt;

// Starting a collective on all GPUs costs the host some ten microseconds.
static constexpr double kShortestSampleUs = 2000;
static constexpr int kWarmUps = 2;

static int getCount() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

NcclGroup::NcclGroup(CudaErrors &errors) : errors(errors), count(getCount()) {}
NcclGroup::~NcclGroup() = default;

std::string dagrt::getNcclName() {
  int version = 0;
  ncclGetVersion(&version);
  return "nccl/" + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) +
         "." + std::to_string(version % 100);
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

namespace dagrt {
/// One communicator and queue for each GPU.
class NcclRanks {
public:
  NcclRanks(int count, CudaErrors &errors);
  ~NcclRanks();
  NcclRanks(const NcclRanks &) = delete;
  NcclRanks &operator=(const NcclRanks &) = delete;

  int64_t size() const { return queues.size(); }

  /// False if a GPU has not the memory.
  bool allocate(int64_t sent, int64_t received);

  /// Microseconds of one of `count` runs on the slowest GPU, 0 after an error.
  double timeRuns(const CollectiveOp &op, int64_t part, int64_t count);

private:
  bool check(ncclResult_t status) {
    return status == ncclSuccess || errors.fail("run NCCL", ncclGetErrorString(status));
  }
  bool startAll(const CollectiveOp &op, int64_t part);
  bool startOne(const CollectiveOp &op, int64_t part, int rank);
  bool exchange(int64_t part, int rank);

  CudaErrors &errors;
  std::vector<ncclComm_t> communicators;
  std::deque<CudaQueue> queues;
  std::vector<CudaBuffer> sent, received;
};
} // namespace dagrt

NcclRanks::NcclRanks(int count, CudaErrors &errors) : errors(errors), communicators(count) {
  check(ncclCommInitAll(communicators.data(), count, /*devlist=*/nullptr));
  for (int rank = 0; rank < count; ++rank) {
    cudaSetDevice(rank);
    queues.emplace_back(errors);
  }
  cudaSetDevice(0);
}

NcclRanks::~NcclRanks() {
  for (ncclComm_t communicator : communicators)
    if (communicator)
      ncclCommDestroy(communicator);
}

bool NcclRanks::allocate(int64_t sentCount, int64_t receivedCount) {
  sent.clear();
  received.clear();
  bool isEnough = true;
  for (int rank = 0; rank < size() && isEnough; ++rank) {
    cudaSetDevice(rank);
    sent.emplace_back(sentCount * sizeof(float));
    received.emplace_back(receivedCount * sizeof(float));
    isEnough = sent.back() && received.back();
    if (isEnough)
      errors.check(cudaMemset(sent.back().get(), 0, sentCount * sizeof(float)), "set memory");
  }
  cudaSetDevice(0);
  return isEnough;
}

/// A part to each other one, and from each.
bool NcclRanks::exchange(int64_t part, int rank) {
  auto *from = static_cast<float *>(sent[rank].get());
  auto *to = static_cast<float *>(received[rank].get());
  ncclComm_t communicator = communicators[rank];
  cudaStream_t stream = queues[rank].get();
  for (int peer = 0; peer < size(); ++peer)
    if (!check(ncclSend(from + peer * part, part, ncclFloat, peer, communicator, stream)) ||
        !check(ncclRecv(to + peer * part, part, ncclFloat, peer, communicator, stream)))
      return false;
  return true;
}

bool NcclRanks::startOne(const CollectiveOp &op, int64_t part, int rank) {
  llvm::StringRef name = op.name;
  void *from = sent[rank].get(), *to = received[rank].get();
  ncclComm_t communicator = communicators[rank];
  cudaStream_t stream = queues[rank].get();
  if (name == "all_gather")
    return check(ncclAllGather(from, to, part, ncclFloat, communicator, stream));
  if (name == "all_reduce")
    return check(ncclAllReduce(from, to, part, ncclFloat, ncclSum, communicator, stream));
  if (name == "reduce_scatter")
    return check(ncclReduceScatter(from, to, part, ncclFloat, ncclSum, communicator, stream));
  if (name == "all_to_all")
    return exchange(part, rank);
  // A message from the first to the second.
  if (rank == 0)
    return check(ncclSend(from, part, ncclFloat, 1, communicator, stream));
  return rank > 1 || check(ncclRecv(to, part, ncclFloat, 0, communicator, stream));
}

bool NcclRanks::startAll(const CollectiveOp &op, int64_t part) {
  if (!check(ncclGroupStart()))
    return false;
  bool isStarted = true;
  for (int rank = 0; rank < size() && isStarted; ++rank)
    isStarted = startOne(op, part, rank);
  return check(ncclGroupEnd()) && isStarted;
}

double NcclRanks::timeRuns(const CollectiveOp &op, int64_t part, int64_t count) {
  for (int64_t i = -kWarmUps; i < count; ++i) {
    if (i == 0 && !llvm::all_of(queues, [](CudaQueue &queue) { return queue.start(); }))
      return 0;
    if (!startAll(op, part))
      return 0;
  }
  if (!llvm::all_of(queues, [](CudaQueue &queue) { return queue.stop(); }))
    return 0;
  double slowest = 0;
  for (CudaQueue &queue : queues)
    slowest = std::max(slowest, queue.getUs());
  return errors.get().empty() ? slowest / static_cast<double>(count) : 0;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

std::optional<Timing> NcclGroup::time(const CollectiveOp &op, int64_t ranks, int64_t part,
                                      const MeasureOptions &options) {
  if (ranks < 2 || ranks > count)
    return std::nullopt;
  if (!current || current->size() != ranks) {
    current.reset();
    current = std::make_unique<NcclRanks>(static_cast<int>(ranks), errors);
  }
  if (!errors.get().empty() ||
      !current->allocate(op.sendsAll ? part * ranks : part, op.getsAll ? part * ranks : part))
    return std::nullopt;
  Timing timing = repeat([&](int64_t runs) { return current->timeRuns(op, part, runs); },
                         kShortestSampleUs, options);
  return errors.get().empty() ? std::optional<Timing>(timing) : std::nullopt;
}
