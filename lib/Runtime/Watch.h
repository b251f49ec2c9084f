//===- Watch.h - Finds ranks that no longer answer -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread of each rank sends a heartbeat to every other rank several times within the stall
// limit: what the rank does, and how often it has moved on. Two things end the job:
//
// - no heartbeat from a rank within the limit: it has died, or was stopped;
// - no rank has made progress within the limit, and every rank waits: a deadlock.
//
// A computing rank sends heartbeats and does not wait, so it may compute for hours. Every rank
// detects these itself and prints what it was waiting for, and then the job is aborted.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_RUNTIME_WATCH_H
#define DAGRT_LIB_RUNTIME_WATCH_H

#define MPICH_SKIP_MPICXX 1
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dagrt {

using Clock = std::chrono::steady_clock;

/// Ends the process with an error unless it is destroyed in time. For calls of MPI that block by
/// definition: joining a job and leaving it.
class Alarm {
public:
  Alarm(double seconds, std::string message);
  ~Alarm();

private:
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread thread;
};

/// What a rank tells the others.
struct Sign {
  enum State : int32_t { Running, Waiting, Failed };
  int32_t state = Running;
  int32_t peer = -1;  ///< The rank that is waited for, -1 for all.
  int64_t op = -1;    ///< The op that is worked on, -1 outside the program.
  uint64_t moves = 0; ///< Ops begun and waits ended so far.

  bool operator==(const Sign &other) const {
    return state == other.state && peer == other.peer && op == other.op && moves == other.moves;
  }
};

class Watch {
public:
  /// `signs` is a communicator of its own; `limit` is in seconds.
  Watch(MPI_Comm signs, double limit);
  /// Ends the thread; no more signs are sent.
  void stop();
  /// Takes what signs have come. Precondition: all ranks have stopped.
  ~Watch();

  void setNames(std::function<std::string(int64_t)> function);

  /// What the rank does now: an op of the program, or -1; a wait for a rank, or for -1, all.
  void beginOp(int64_t op);
  void beginWait(int peer);
  void endWait();

  /// Says `message`, gives the other ranks a moment to say theirs, and ends the job.
  [[noreturn]] void fail(const std::string &message);

private:
  /// What is known of another rank.
  struct Peer {
    Sign sign;
    Clock::time_point heard;
    Sign sent; ///< The buffer of `request`.
    MPI_Request request = MPI_REQUEST_NULL;
  };

  void run();
  void listen();
  void tell();
  void check();
  Sign getOwnSign() const;
  std::string describeWait(const Sign &sign) const;

  MPI_Comm signs;
  double limit;
  int rank = 0, size = 1;
  std::vector<Peer> peers;
  Clock::time_point moved, checked;

  std::atomic<int32_t> state{Sign::Running};
  std::atomic<int32_t> peer{-1};
  std::atomic<int64_t> op{-1};
  std::atomic<uint64_t> moves{0};

  mutable std::mutex mutex; ///< Of what follows.
  std::condition_variable changed;
  std::function<std::string(int64_t)> getName;
  bool done = false;
  std::mutex failure; ///< Held by the first thread that fails, and never let go.
  std::thread thread;
};

} // namespace dagrt

#endif // DAGRT_LIB_RUNTIME_WATCH_H
