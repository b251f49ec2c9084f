//===- Ranks.cpp - The processes of a job -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Job.h"

#include <algorithm>

using namespace dagrt;

Ranks::Ranks() : job(std::make_unique<Job>()) {}

bool Ranks::isSupported() { return true; }

int64_t Ranks::getRank() const { return job->rank; }

int64_t Ranks::getSize() const { return job->size; }

//===----------------------------------------------------------------------===//
// Start and end
//===----------------------------------------------------------------------===//

/// On a busy machine, the processes of a job do not start or end at one moment, however short the
/// limit for what lies between. In seconds.
static double getDoorLimit(double stallLimit) { return std::max(stallLimit, 10.0); }

std::unique_ptr<Ranks> Ranks::start(double stallLimit, std::string &error) {
  Alarm alarm(getDoorLimit(stallLimit), "expects all ranks to join the job");
  int provided = MPI_THREAD_SINGLE;
  // The watching thread speaks while the program does.
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided);
  if (provided < MPI_THREAD_MULTIPLE) {
    error = "expects an MPI that several threads may call (MPI_THREAD_MULTIPLE), got level " +
            std::to_string(provided);
    MPI_Finalize();
    return nullptr;
  }
  std::unique_ptr<Ranks> ranks(new Ranks());
  Job &job = *ranks->job;
  job.stallLimit = stallLimit;
  MPI_Comm_rank(MPI_COMM_WORLD, &job.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &job.size);
  for (MPI_Comm *comm : {&job.messages, &job.control, &job.signs}) {
    MPI_Comm_dup(MPI_COMM_WORLD, comm);
    MPI_Comm_set_errhandler(*comm, MPI_ERRORS_RETURN);
  }
  job.watch = std::make_unique<Watch>(job.signs, stallLimit);
  Job::current = &job;
  return ranks;
}

Ranks::~Ranks() {
  // After a failed start there is no watch, and MPI has been left.
  if (!job->watch)
    return;
  job->barrier(/*mayRest=*/true);
  Job::current = nullptr;
  job->watch->stop();
  Alarm alarm(getDoorLimit(job->stallLimit),
              "rank " + std::to_string(job->rank) + ": expects all ranks to leave the job");
  job->barrier(/*mayRest=*/false);
  job->watch.reset();
  MPI_Comm_free(&job->messages);
  MPI_Comm_free(&job->control);
  MPI_Finalize();
}

void Ranks::setNames(std::function<std::string(int64_t)> getName) {
  job->watch->setNames(std::move(getName));
}

//===----------------------------------------------------------------------===//
// All ranks at the same point
//===----------------------------------------------------------------------===//

std::string Ranks::broadcast(const std::string &bytes) {
  if (job->rank != 0)
    return job->receiveControl(0);
  for (int peer = 1; peer < job->size; ++peer)
    job->sendControl(peer, bytes);
  return bytes;
}

std::vector<std::string> Ranks::gather(const std::string &bytes) {
  if (job->rank != 0) {
    job->sendControl(0, bytes);
    return {};
  }
  std::vector<std::string> all{bytes};
  for (int peer = 1; peer < job->size; ++peer)
    all.push_back(job->receiveControl(peer));
  return all;
}

std::vector<int64_t> Ranks::findFailed(bool ok) {
  std::string flags;
  for (const std::string &flag : gather(ok ? "1" : "0"))
    flags += flag;
  flags = broadcast(flags);
  std::vector<int64_t> failed;
  for (size_t rank = 0; rank < flags.size(); ++rank)
    if (flags[rank] == '0')
      failed.push_back(static_cast<int64_t>(rank));
  return failed;
}

void Ranks::alignClocks() {
  job->barrier(/*mayRest=*/true);
  // All are awake now and leave the second barrier close together.
  job->barrier(/*mayRest=*/false);
  job->zero = Clock::now();
  job->stamps.clear();
}

const std::vector<Stamp> &Ranks::getStamps() const { return job->stamps; }
