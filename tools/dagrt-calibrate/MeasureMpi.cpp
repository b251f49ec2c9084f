//===- MeasureMpi.cpp - Times of collectives between ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sample is a barrier and then a few collectives in a row, so that the barrier's own skew is
// shared; its time is the longest of any rank. Rank 0 decides when there are enough samples, for
// all. Buffers stay the same: what the caches hold of them is warm.
//
//===----------------------------------------------------------------------===//

#include "MeasureMpi.h"

#include "MeasureCpu.h"

#include "llvm/ADT/STLExtras.h"

#include <mpi.h>

#include <algorithm>
#include <climits>

using namespace dagrt;

static constexpr double kShortestSampleUs = 100;

//===----------------------------------------------------------------------===//
// The job
//===----------------------------------------------------------------------===//

MpiJob::MpiJob() {
  MPI_Init(nullptr, nullptr);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm node;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
  int rankOnNode = 0;
  MPI_Comm_rank(node, &rankOnNode);
  MPI_Comm_free(&node);
  int isFirst = rankOnNode == 0;
  MPI_Allreduce(&isFirst, &nodes, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
}

MpiJob::~MpiJob() { MPI_Finalize(); }

std::string dagrt::getMpiName() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  llvm::StringRef version(text, length);
  if (version.contains("MPICH"))
    return "mpich";
  return version.contains("Open MPI") ? "openmpi" : "mpi";
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

namespace {
/// What a rank sends and receives.
struct Buffers {
  int rank, ranks;
  int part; ///< Numbers of one rank, or of one rank for each other.
  std::vector<float> sent, received;
};

struct MpiCall {
  const char *name;
  void (*run)(Buffers &buffers);
  double steps = 1; ///< Of a run, each as long as what is measured.
};
} // namespace

static void runAllGather(Buffers &buffers) {
  MPI_Allgather(buffers.sent.data(), buffers.part, MPI_FLOAT, buffers.received.data(), buffers.part,
                MPI_FLOAT, MPI_COMM_WORLD);
}

static void runAllReduce(Buffers &buffers) {
  MPI_Allreduce(buffers.sent.data(), buffers.received.data(), buffers.part, MPI_FLOAT, MPI_SUM,
                MPI_COMM_WORLD);
}

static void runAllToAll(Buffers &buffers) {
  MPI_Alltoall(buffers.sent.data(), buffers.part, MPI_FLOAT, buffers.received.data(), buffers.part,
               MPI_FLOAT, MPI_COMM_WORLD);
}

static void runReduceScatter(Buffers &buffers) {
  MPI_Reduce_scatter_block(buffers.sent.data(), buffers.received.data(), buffers.part, MPI_FLOAT,
                           MPI_SUM, MPI_COMM_WORLD);
}

/// There and back between ranks 0 and 1; the others do nothing.
static void runSendReceive(Buffers &buffers) {
  if (buffers.rank > 1)
    return;
  int peer = 1 - buffers.rank;
  if (buffers.rank == 0)
    MPI_Send(buffers.sent.data(), buffers.part, MPI_FLOAT, peer, 0, MPI_COMM_WORLD);
  MPI_Recv(buffers.received.data(), buffers.part, MPI_FLOAT, peer, 0, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  if (buffers.rank == 1)
    MPI_Send(buffers.sent.data(), buffers.part, MPI_FLOAT, peer, 0, MPI_COMM_WORLD);
}

static constexpr MpiCall kCalls[] = {
    {"all_gather", runAllGather},
    {"all_reduce", runAllReduce},
    {"all_to_all", runAllToAll},
    {"reduce_scatter", runReduceScatter},
    {"send_recv", runSendReceive, /*steps=*/2},
};

/// Microseconds of one of `count` runs after a barrier, on the slowest rank.
static double timeRuns(const MpiCall &call, Buffers &buffers, int64_t count) {
  MPI_Barrier(MPI_COMM_WORLD);
  double begin = MPI_Wtime();
  for (int64_t i = 0; i < count; ++i)
    call.run(buffers);
  double mine = MPI_Wtime() - begin, slowest = 0;
  MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest * 1e6 / (static_cast<double>(count) * call.steps);
}

/// Samples until rank 0 is content.
static std::vector<double> collectSamples(const MpiCall &call, Buffers &buffers,
                                          const MeasureOptions &options) {
  double end = MPI_Wtime() + options.budgetSeconds;
  double firstUs = timeRuns(call, buffers, 1);
  firstUs = std::min(firstUs, timeRuns(call, buffers, 1));
  int64_t atOnce = getRunsAtOnce(kShortestSampleUs, firstUs);
  std::vector<double> times;
  int isDone = 0;
  while (!isDone) {
    times.push_back(timeRuns(call, buffers, atOnce));
    int64_t count = times.size();
    isDone = count >= options.mostRuns || MPI_Wtime() >= end ||
             (count >= options.fewestRuns && isSteady(times, options.spread));
    MPI_Bcast(&isDone, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  return times;
}

std::optional<Timing> dagrt::measureCollective(const MpiJob &job, const CollectiveOp &op,
                                               int64_t part, const MeasureOptions &options) {
  const MpiCall *call = llvm::find_if(
      kCalls, [&](const MpiCall &known) { return llvm::StringRef(op.name) == known.name; });
  int64_t ranks = job.getSize();
  if (call == std::end(kCalls) || ranks < 2 || part > INT_MAX)
    return std::nullopt;
  Buffers buffers = {job.getRank(), job.getSize(), static_cast<int>(part), {}, {}};
  buffers.sent = makeOperand<float>(op.sendsAll ? part * ranks : part);
  buffers.received.resize(op.getsAll ? part * ranks : part);
  Timing timing = summarize(collectSamples(*call, buffers, options));
  timing.microseconds = timing.fastestUs;
  return timing;
}
