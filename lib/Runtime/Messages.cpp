//===- Messages.cpp - Bytes between two ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing here blocks but `wait`, which asks again and again and sleeps a little longer each time:
// MPICH's own waits spin, and there may be more ranks than cores.
//
//===----------------------------------------------------------------------===//

#include "Job.h"

#include <algorithm>
#include <sched.h>

using namespace dagrt;

Ranks::Job *Ranks::Job::current = nullptr;

/// MPI counts in int.
static constexpr size_t kLargestPart = size_t(1) << 30;

void Ranks::Job::check(int code, const char *function) {
  if (code == MPI_SUCCESS)
    return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  watch->fail(std::string("expects ") + function + " to succeed, got " + text);
}

void Ranks::Job::send(MPI_Comm comm, int peer, int tag, std::vector<char> bytes) {
  reap();
  Message &message = outgoing.emplace_back();
  message.bytes = std::move(bytes);
  for (size_t i = 0; i < message.bytes.size(); i += kLargestPart) {
    int count = static_cast<int>(std::min(kLargestPart, message.bytes.size() - i));
    check(MPI_Isend(message.bytes.data() + i, count, MPI_BYTE, peer, tag, comm,
                    &message.requests.emplace_back()),
          "MPI_Isend");
  }
}

Message Ranks::Job::startReceive(MPI_Comm comm, int peer, int tag, size_t size) {
  Message message;
  message.bytes.resize(size);
  for (size_t i = 0; i < size; i += kLargestPart) {
    int count = static_cast<int>(std::min(kLargestPart, size - i));
    check(MPI_Irecv(message.bytes.data() + i, count, MPI_BYTE, peer, tag, comm,
                    &message.requests.emplace_back()),
          "MPI_Irecv");
  }
  return message;
}

void Ranks::Job::reap() {
  outgoing.remove_if([&](Message &message) {
    int sent = 1;
    check(MPI_Testall(static_cast<int>(message.requests.size()), message.requests.data(), &sent,
                      MPI_STATUSES_IGNORE),
          "MPI_Testall");
    return sent;
  });
}

void Ranks::Job::wait(std::vector<MPI_Request> &requests, int peer) {
  auto isDone = [&] {
    int done = 0;
    check(
        MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE),
        "MPI_Testall");
    return done != 0;
  };
  if (isDone())
    return;
  watch->beginWait(peer);
  // A large message takes several steps, which each side makes only when it asks: a rank that
  // sleeps holds up the other. A part of what was waited for already is never much.
  using std::chrono::microseconds;
  constexpr int part = 64;
  Clock::time_point begin = Clock::now();
  for (int tries = 0; !isDone(); ++tries) {
    if (tries < 20) {
      sched_yield();
      continue;
    }
    auto waited = std::chrono::duration_cast<microseconds>(Clock::now() - begin);
    std::this_thread::sleep_for(std::clamp(waited / part, microseconds(1), microseconds(1000)));
    if (tries % 64 == 0)
      reap();
  }
  watch->endWait();
}

//===----------------------------------------------------------------------===//
// Messages of the program
//===----------------------------------------------------------------------===//

void Ranks::Job::post(int64_t peer, int64_t tag, size_t size) {
  if (peer != rank)
    posted[{peer, tag}] =
        startReceive(messages, static_cast<int>(peer), static_cast<int>(tag), size);
}

void Ranks::Job::sendPiece(int64_t peer, int64_t tag, std::vector<char> bytes) {
  if (peer == rank)
    own[{peer, tag}] = std::move(bytes);
  else
    send(messages, static_cast<int>(peer), static_cast<int>(tag), std::move(bytes));
}

std::vector<char> Ranks::Job::receivePiece(int64_t peer, int64_t tag, size_t size) {
  if (peer == rank) {
    std::vector<char> bytes = std::move(own[{peer, tag}]);
    own.erase({peer, tag});
    return bytes;
  }
  if (!posted.count({peer, tag}))
    post(peer, tag, size);
  Message message = std::move(posted[{peer, tag}]);
  posted.erase({peer, tag});
  wait(message.requests, static_cast<int>(peer));
  return std::move(message.bytes);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void Ranks::Job::sendControl(int peer, const std::string &bytes) {
  uint64_t size = bytes.size();
  const char *data = reinterpret_cast<const char *>(&size);
  send(control, peer, 0, std::vector<char>(data, data + sizeof(size)));
  send(control, peer, 0, std::vector<char>(bytes.begin(), bytes.end()));
}

std::string Ranks::Job::receiveControl(int peer) {
  uint64_t size = 0;
  Message length = startReceive(control, peer, 0, sizeof(size));
  wait(length.requests, peer);
  std::copy(length.bytes.begin(), length.bytes.end(), reinterpret_cast<char *>(&size));
  Message message = startReceive(control, peer, 0, size);
  wait(message.requests, peer);
  return std::string(message.bytes.begin(), message.bytes.end());
}

void Ranks::Job::barrier(bool mayRest) {
  std::vector<MPI_Request> requests(1);
  check(MPI_Ibarrier(control, requests.data()), "MPI_Ibarrier");
  for (int done = 0; !mayRest && !done; sched_yield())
    check(MPI_Test(requests.data(), &done, MPI_STATUS_IGNORE), "MPI_Test");
  wait(requests, -1);
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

double Ranks::Job::getTime() const {
  return std::chrono::duration<double>(Clock::now() - zero).count();
}

void Ranks::Job::beginOp(int64_t op) {
  watch->beginOp(op);
  begun = getTime();
}

void Ranks::Job::endOp(int64_t op) {
  stamps.push_back({op, begun, getTime()});
  watch->beginOp(-1);
}
