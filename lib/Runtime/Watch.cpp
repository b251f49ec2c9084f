//===- Watch.cpp - Finds ranks that no longer answer -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Watch.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

using namespace dagrt;

static double getSeconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// `2.5 s`.
static std::string formatSeconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g s", seconds);
  return text;
}

static void print(const std::string &message) {
  std::fflush(stdout);
  std::string line = "dagrt: error: " + message + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

//===----------------------------------------------------------------------===//
// Alarm
//===----------------------------------------------------------------------===//

Alarm::Alarm(double seconds, std::string message)
    : thread([this, seconds, message = std::move(message)] {
        std::unique_lock<std::mutex> lock(mutex);
        if (changed.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return done; }))
          return;
        print(message + " within " + formatSeconds(seconds));
        // Nothing that MPI could be asked for is certain to return.
        _exit(1);
      }) {}

Alarm::~Alarm() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    done = true;
  }
  changed.notify_all();
  thread.join();
}

//===----------------------------------------------------------------------===//
// The thread
//===----------------------------------------------------------------------===//

Watch::Watch(MPI_Comm signs, double limit) : signs(signs), limit(limit) {
  MPI_Comm_rank(signs, &rank);
  MPI_Comm_size(signs, &size);
  peers.resize(size);
  moved = checked = Clock::now();
  for (Peer &peer : peers)
    peer.heard = moved;
  thread = std::thread([this] { run(); });
}

void Watch::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    done = true;
  }
  changed.notify_all();
  thread.join();
}

Watch::~Watch() {
  listen();
  // A heartbeat is small enough to be sent without a matching receive.
  for (Peer &peer : peers)
    if (peer.request != MPI_REQUEST_NULL)
      MPI_Request_free(&peer.request);
}

void Watch::run() {
  double period = std::min(limit / 10, 0.25);
  std::unique_lock<std::mutex> lock(mutex);
  while (!changed.wait_for(lock, std::chrono::duration<double>(period), [&] { return done; })) {
    lock.unlock();
    listen();
    tell();
    check();
    lock.lock();
  }
}

void Watch::listen() {
  for (;;) {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, signs, &there, &status);
    if (!there)
      return;
    Sign sign;
    MPI_Recv(&sign, sizeof(sign), MPI_BYTE, status.MPI_SOURCE, 0, signs, MPI_STATUS_IGNORE);
    Peer &peer = peers[status.MPI_SOURCE];
    peer.heard = Clock::now();
    if (!(sign == peer.sign))
      moved = peer.heard;
    peer.sign = sign;
  }
}

void Watch::tell() {
  Sign sign = getOwnSign();
  if (!(sign == peers[rank].sign))
    moved = Clock::now();
  peers[rank].sign = sign;
  for (int other = 0; other < size; ++other) {
    if (other == rank)
      continue;
    Peer &peer = peers[other];
    // A rank that takes no signs is not sent more of them.
    int taken = 1;
    if (peer.request != MPI_REQUEST_NULL)
      MPI_Test(&peer.request, &taken, MPI_STATUS_IGNORE);
    if (!taken)
      continue;
    peer.sent = sign;
    MPI_Isend(&peer.sent, sizeof(Sign), MPI_BYTE, other, 0, signs, &peer.request);
  }
}

void Watch::check() {
  Clock::time_point now = Clock::now();
  // A rank that was itself stopped, or got no core, cannot blame others for the gap.
  bool late = getSeconds(now - checked) > limit / 2;
  checked = now;
  if (late) {
    moved = now;
    for (Peer &peer : peers)
      peer.heard = now;
  }
  bool allWait = true;
  for (int other = 0; other < size; ++other) {
    const Peer &peer = peers[other];
    allWait &= peer.sign.state == Sign::Waiting;
    if (other == rank)
      continue;
    std::string name = "rank " + std::to_string(other);
    if (peer.sign.state == Sign::Failed)
      fail("expects " + name + " to go on, got its failure; " + describeWait(peers[rank].sign));
    double silent = getSeconds(now - peer.heard);
    if (silent > limit)
      fail("expects a heartbeat from " + name + " within " + formatSeconds(limit) +
           ", got none for " + formatSeconds(silent) + "; " + describeWait(peers[rank].sign));
  }
  double still = getSeconds(now - moved);
  if (!allWait || still <= limit)
    return;
  std::string others;
  for (int other = 0; other < size; ++other)
    if (other != rank)
      others += "; rank " + std::to_string(other) + " " + describeWait(peers[other].sign);
  fail("expects some rank to move within " + formatSeconds(limit) + ", got none for " +
       formatSeconds(still) + "; " + describeWait(peers[rank].sign) + others);
}

//===----------------------------------------------------------------------===//
// What the rank does
//===----------------------------------------------------------------------===//

void Watch::setNames(std::function<std::string(int64_t)> function) {
  std::lock_guard<std::mutex> lock(mutex);
  getName = std::move(function);
}

void Watch::beginOp(int64_t number) {
  op = number;
  ++moves;
}

void Watch::beginWait(int other) {
  peer = other;
  state = Sign::Waiting;
}

void Watch::endWait() {
  ++moves;
  if (state == Sign::Waiting)
    state = Sign::Running;
}

Sign Watch::getOwnSign() const {
  Sign sign;
  sign.state = state;
  sign.peer = peer;
  sign.op = op;
  sign.moves = moves;
  return sign;
}

/// `waits for rank 2 in 'layers.0 ffn.down'`.
std::string Watch::describeWait(const Sign &sign) const {
  std::string text = sign.state == Sign::Waiting ? "waits" : "works";
  if (sign.state == Sign::Waiting && sign.peer >= 0)
    text += " for rank " + std::to_string(sign.peer);
  if (sign.op < 0)
    return text + " outside the program";
  std::lock_guard<std::mutex> lock(mutex);
  return text + " in '" + (getName ? getName(sign.op) : "op " + std::to_string(sign.op)) + "'";
}

void Watch::fail(const std::string &message) {
  // The other thread of this rank may fail too; the first one speaks.
  failure.lock();
  print("rank " + std::to_string(rank) + ": " + message);
  state = Sign::Failed;
  if (std::this_thread::get_id() == thread.get_id())
    tell();
  // Long enough for the others to hear of it and say what they waited for.
  std::this_thread::sleep_for(std::chrono::duration<double>(std::min(limit / 2, 1.0)));
  MPI_Abort(MPI_COMM_WORLD, 1);
  _exit(1);
}
