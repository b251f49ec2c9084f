//===- Job.h - State of a rank -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Messages are packed bytes. The job owns them: what is sent until it is taken, and what arrives
// until the program asks for it. Everything is between two ranks, so that a wait knows which rank
// it is for.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_RUNTIME_JOB_H
#define DAGRT_LIB_RUNTIME_JOB_H

#include "Watch.h"
#include "dagrt/Runtime/Ranks.h"

#include <list>
#include <map>
#include <memory>

namespace dagrt {

/// A message on its way. A message longer than MPI can count is several requests.
struct Message {
  std::vector<char> bytes;
  std::vector<MPI_Request> requests;
};

struct Ranks::Job {
  MPI_Comm messages = MPI_COMM_NULL, control = MPI_COMM_NULL, signs = MPI_COMM_NULL;
  int rank = 0, size = 1;
  double stallLimit = 0;
  std::unique_ptr<Watch> watch;

  /// The job that compiled programs speak of: their calls have no argument for it.
  static Job *current;

  /// Takes the bytes; they are kept until the receiver has them.
  void send(MPI_Comm comm, int peer, int tag, std::vector<char> bytes);
  /// Starts to receive `size` bytes.
  Message startReceive(MPI_Comm comm, int peer, int tag, size_t size);
  /// Returns when the requests are complete, and gives the core away until then.
  void wait(std::vector<MPI_Request> &requests, int peer);

  /// Messages of the program. One to the own rank stays here.
  void post(int64_t peer, int64_t tag, size_t size);
  void sendPiece(int64_t peer, int64_t tag, std::vector<char> bytes);
  std::vector<char> receivePiece(int64_t peer, int64_t tag, size_t size);

  /// Of any length, between two ranks that both know it is coming.
  void sendControl(int peer, const std::string &bytes);
  std::string receiveControl(int peer);
  void barrier(bool mayRest);

  double getTime() const;
  void beginOp(int64_t op);
  void endOp(int64_t op);

  Clock::time_point zero = Clock::now();
  double begun = 0;
  std::vector<Stamp> stamps;

private:
  void check(int code, const char *function);
  /// Drops what has been sent.
  void reap();

  using Key = std::pair<int64_t, int64_t>; ///< Peer and tag.
  std::map<Key, Message> posted;
  std::map<Key, std::vector<char>> own;
  std::list<Message> outgoing;
};

} // namespace dagrt

#endif // DAGRT_LIB_RUNTIME_JOB_H
