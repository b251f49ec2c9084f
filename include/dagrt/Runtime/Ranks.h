//===- Ranks.h - The processes of a job -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The job that this process is a rank of, from start to end. Every wait ends: a thread of each
// rank exchanges heartbeats with the others, and ends the job with an error on every rank when
// one sends no heartbeat, or when all wait and none makes progress. A rank may compute for any
// length of time. Waits yield the core.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUNTIME_RANKS_H
#define DAGRT_RUNTIME_RANKS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dagrt {

/// One op as it ran on this rank. Times are seconds since the clocks were aligned.
struct Stamp {
  int64_t op = 0;
  double begin = 0, end = 0;
};

/// The processes of a job. There is one object at a time, and it is used by one thread.
class Ranks {
public:
  /// True if the library was built with MPI.
  static bool isSupported();

  /// Joins the job that mpirun started. `stallLimit` is in seconds. Without MPI, or where MPI
  /// cannot start, returns null and says why in `error`.
  static std::unique_ptr<Ranks> start(double stallLimit, std::string &error);

  /// Leaves the job, after all other ranks have got here too.
  ~Ranks();

  int64_t getRank() const;
  int64_t getSize() const;

  /// How errors call op `number`. The function is also called by the watching thread.
  void setNames(std::function<std::string(int64_t number)> getName);

  /// All ranks call this at the same point of the program, as with the functions below. Returns the
  /// ranks that have passed false, ascending.
  std::vector<int64_t> findFailed(bool ok);

  /// Rank 0's bytes, on every rank.
  std::string broadcast(const std::string &bytes);

  /// At rank 0 the bytes of each rank; elsewhere nothing.
  std::vector<std::string> gather(const std::string &bytes);

  /// Sets the clock to 0 on all ranks at the same moment, and forgets the stamps.
  void alignClocks();

  /// The ops of this rank so far, in order of their ends.
  const std::vector<Stamp> &getStamps() const;

  /// What the library knows of the job.
  struct Job;

private:
  Ranks();
  std::unique_ptr<Job> job;
};

} // namespace dagrt

#endif // DAGRT_RUNTIME_RANKS_H
