//===- Alone.cpp - The runtime without MPI -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Built instead of the files that need MPI. There are no jobs to join, so the other functions have
// no object to be called on.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Runtime/Calls.h"
#include "dagrt/Runtime/Ranks.h"

using namespace dagrt;

struct Ranks::Job {
  std::vector<Stamp> stamps;
};

bool Ranks::isSupported() { return false; }

std::unique_ptr<Ranks> Ranks::start(double, std::string &error) {
  error = "expects a dagrt built with MPI to run on ranks, got one without; install an MPI (mpich, "
          "libmpich-dev), and configure and build again";
  return nullptr;
}

Ranks::Ranks() = default;
Ranks::~Ranks() = default;
int64_t Ranks::getRank() const { return 0; }
int64_t Ranks::getSize() const { return 1; }
void Ranks::setNames(std::function<std::string(int64_t)>) {}
std::vector<int64_t> Ranks::findFailed(bool) { return {}; }
std::string Ranks::broadcast(const std::string &bytes) { return bytes; }
std::vector<std::string> Ranks::gather(const std::string &bytes) { return {bytes}; }
void Ranks::alignClocks() {}
const std::vector<Stamp> &Ranks::getStamps() const { return job->stamps; }

std::vector<RuntimeSymbol> dagrt::getRuntimeSymbols() {
  return {{"dagrt_gemm_f64", reinterpret_cast<void *>(dagrt_gemm_f64)},
          {"dagrt_gemm_f32", reinterpret_cast<void *>(dagrt_gemm_f32)}};
}
