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

#include "llvm/Support/Format.h"

#include <mpi.h>

#include <algorithm>
#include <climits>
#include <cmath>

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

/// The library's name without its version.
static std::string getLibraryName() {
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

/// An op, and how long its buffers are.
struct Collective {
  const char *name;
  void (*run)(Buffers &buffers);
  bool isShared; ///< `bytes` are those of all ranks together.
  bool sendsAll; ///< Sends a part for each rank.
  bool getsAll;  ///< Receives a part from each rank.
  double calls;  ///< Messages one after the other in a run.
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

static constexpr Collective kCollectives[] = {
    {"all_gather", runAllGather, true, false, true, 1},
    {"all_reduce", runAllReduce, false, false, false, 1},
    {"all_to_all", runAllToAll, true, true, true, 1},
    {"reduce_scatter", runReduceScatter, true, true, false, 1},
    {"send_recv", runSendReceive, false, false, false, 2},
};

/// Microseconds of one of `count` runs after a barrier, on the slowest rank.
static double timeRuns(const Collective &collective, Buffers &buffers, int64_t count) {
  MPI_Barrier(MPI_COMM_WORLD);
  double begin = MPI_Wtime();
  for (int64_t i = 0; i < count; ++i)
    collective.run(buffers);
  double mine = MPI_Wtime() - begin, slowest = 0;
  MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest * 1e6 / (static_cast<double>(count) * collective.calls);
}

/// Samples until rank 0 is content.
static std::vector<double> collectSamples(const Collective &collective, Buffers &buffers,
                                          const MeasureOptions &options) {
  double end = MPI_Wtime() + options.budgetSeconds;
  double firstUs = timeRuns(collective, buffers, 1);
  firstUs = std::max(std::min(firstUs, timeRuns(collective, buffers, 1)), 0.01);
  int64_t atOnce = std::max<int64_t>(1, std::ceil(kShortestSampleUs / firstUs));
  std::vector<double> times;
  int isDone = 0;
  while (!isDone) {
    times.push_back(timeRuns(collective, buffers, atOnce));
    int64_t count = times.size();
    isDone = count >= options.mostRuns || MPI_Wtime() >= end ||
             (count >= options.fewestRuns && isSteady(times, options.spread));
    MPI_Bcast(&isDone, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  return times;
}

llvm::ArrayRef<const char *> dagrt::getCollectiveOps() {
  static constexpr const char *names[] = {"all_gather", "all_reduce", "all_to_all",
                                          "reduce_scatter", "send_recv"};
  static_assert(std::size(names) == std::size(kCollectives));
  return names;
}

std::optional<CollectiveRow> dagrt::measureCollective(const MpiJob &job, llvm::StringRef op,
                                                      int64_t bytes,
                                                      const MeasureOptions &options) {
  const Collective *collective =
      llvm::find_if(kCollectives, [&](const Collective &known) { return op == known.name; });
  int64_t ranks = job.getSize();
  if (collective == std::end(kCollectives) || ranks < 2)
    return std::nullopt;
  int64_t sharers = collective->isShared ? ranks : 1;
  int64_t part = std::clamp<int64_t>(bytes / (4 * sharers), 1, INT_MAX);
  Buffers buffers = {job.getRank(), job.getSize(), static_cast<int>(part), {}, {}};
  buffers.sent = makeOperand<float>(collective->sendsAll ? part * ranks : part);
  buffers.received.resize(collective->getsAll ? part * ranks : part);
  Timing measured = summarize(collectSamples(*collective, buffers, options));
  bool isPair = op == "send_recv";
  return CollectiveRow{
      op.str(),           options.device,    job.getNumNodes() > 1 ? "internode" : "shared-memory",
      isPair ? 2 : ranks, job.getNumNodes(), part * 4 * sharers,
      measured.fastestUs, measured.spread,   getLibraryName(),
      options.source};
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

void CollectiveRow::writeHeader(llvm::raw_ostream &os) {
  os << "id,op,gpu,link,num_gpus,nodes,bytes,time_us,spread,impl,source\n";
}

void CollectiveRow::write(llvm::raw_ostream &os) const {
  std::string key;
  llvm::raw_string_ostream(key) << op << ',' << device << ',' << link << ',' << ranks << ','
                                << nodes << ',' << bytes;
  os << getRowId(key + "," + impl + "," + source) << ',' << key << ','
     << llvm::format("%.6g,%.3f,", microseconds, spread) << impl << ',' << source << '\n';
}
