//===- Calls.cpp - What compiled programs call -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Packs, unpacks and adds. Sums add the terms in the order in which the program asks for them, and
// an all-reduce in the order of its group, each part of it on one rank: replicas of a sum are
// bitwise equal, and equal from run to run.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Runtime/Calls.h"
#include "Job.h"
#include "MemRef.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace dagrt;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
/// 8 bits of exponent, 7 of mantissa: the upper half of a float.
struct BFloat16 {
  BFloat16() = default;
  explicit BFloat16(float value) {
    uint32_t whole;
    std::memcpy(&whole, &value, sizeof(whole));
    // Round to nearest, ties to even; what is not a number must not become infinite.
    bits = std::isnan(value) ? (whole >> 16) | 0x40 : (whole + 0x7fff + ((whole >> 16) & 1)) >> 16;
  }
  explicit operator float() const {
    uint32_t whole = uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &whole, sizeof(value));
    return value;
  }
  uint16_t bits;
};

using Float16 = _Float16;

/// What sums of T are added up in.
template <typename T>
struct SumOf {
  using Type = T;
};
template <>
struct SumOf<BFloat16> {
  using Type = float;
};
template <>
struct SumOf<Float16> {
  using Type = float;
};
template <typename T>
using Sum = typename SumOf<T>::Type;
} // namespace

template <typename T>
static std::vector<char> pack(const T *first, int64_t count) {
  auto *bytes = reinterpret_cast<const char *>(first);
  return std::vector<char>(bytes, bytes + count * sizeof(T));
}

template <typename T>
static std::vector<char> pack(const MemRef<T> &array) {
  std::vector<char> bytes(array.getNumElements() * sizeof(T));
  char *next = bytes.data();
  array.forEachRun([&](const T *first, int64_t count) {
    std::memcpy(next, first, count * sizeof(T));
    next += count * sizeof(T);
  });
  return bytes;
}

template <typename T>
static void addTo(Sum<T> *sums, const T *terms, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    sums[i] += static_cast<Sum<T>>(terms[i]);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// The job of this process: compiled programs have no argument for it.
static Ranks::Job *getJob() { return Ranks::Job::current; }

template <typename T>
static void send(int64_t peer, int64_t tag, MemRef<T> array) {
  getJob()->sendPiece(peer, tag, pack(array));
}

template <typename T>
static void receive(int64_t peer, int64_t tag, MemRef<T> array) {
  std::vector<char> bytes = getJob()->receivePiece(peer, tag, array.getNumElements() * sizeof(T));
  const char *next = bytes.data();
  array.forEachRun([&](T *first, int64_t count) {
    std::memcpy(first, next, count * sizeof(T));
    next += count * sizeof(T);
  });
}

template <typename T>
static void accumulate(int64_t peer, int64_t tag, MemRef<Sum<T>> array) {
  std::vector<char> bytes = getJob()->receivePiece(peer, tag, array.getNumElements() * sizeof(T));
  auto *next = reinterpret_cast<const T *>(bytes.data());
  array.forEachRun([&](Sum<T> *first, int64_t count) {
    addTo(first, next, count);
    next += count;
  });
}

/// Reduce-scatter and all-gather (Rabenseifner, 2004): each rank of the group adds up one part and
/// sends it to the others. Uses the tags `tag` and `tag + 1`. Arrays are contiguous.
template <typename T>
static void allReduce(MemRef<int64_t> group, int64_t tag, MemRef<T> source, MemRef<T> target) {
  Ranks::Job *job = getJob();
  int64_t members = group.sizes[0], count = source.getNumElements();
  auto getBegin = [&](int64_t member) { return count * member / members; };
  auto getSize = [&](int64_t member) { return getBegin(member + 1) - getBegin(member); };
  int64_t own = std::find(group.data, group.data + members, job->rank) - group.data;
  for (int64_t member = 0; member < members; ++member) {
    job->post(group.data[member], tag, getSize(own) * sizeof(T));
    job->post(group.data[member], tag + 1, getSize(member) * sizeof(T));
    job->sendPiece(group.data[member], tag, pack(source.data + getBegin(member), getSize(member)));
  }
  std::vector<Sum<T>> sums(getSize(own));
  for (int64_t member = 0; member < members; ++member) {
    std::vector<char> terms = job->receivePiece(group.data[member], tag, getSize(own) * sizeof(T));
    addTo(sums.data(), reinterpret_cast<const T *>(terms.data()), getSize(own));
  }
  std::vector<T> rounded(sums.begin(), sums.end());
  for (int64_t member = 0; member < members; ++member)
    job->sendPiece(group.data[member], tag + 1, pack(rounded.data(), getSize(own)));
  for (int64_t member = 0; member < members; ++member) {
    std::vector<char> part =
        job->receivePiece(group.data[member], tag + 1, getSize(member) * sizeof(T));
    const T *first = reinterpret_cast<const T *>(part.data());
    std::copy_n(first, getSize(member), target.data + getBegin(member));
  }
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

static void begin(int64_t op) { getJob()->beginOp(op); }
static void end(int64_t op) { getJob()->endOp(op); }
static void post(int64_t peer, int64_t tag, int64_t bytes) { getJob()->post(peer, tag, bytes); }

#define DAGRT_FOR_EACH_TYPE(DO)                                                                    \
  DO(f64, double)                                                                                  \
  DO(f32, float)                                                                                   \
  DO(f16, Float16)                                                                                 \
  DO(bf16, BFloat16)                                                                               \
  DO(i64, int64_t)                                                                                 \
  DO(i32, int32_t)

#define DAGRT_DEFINE(NAME, TYPE)                                                                   \
  static void send_##NAME(int64_t peer, int64_t tag, int64_t rank, void *array) {                  \
    send<TYPE>(peer, tag, {rank, array});                                                          \
  }                                                                                                \
  static void receive_##NAME(int64_t peer, int64_t tag, int64_t rank, void *array) {               \
    receive<TYPE>(peer, tag, {rank, array});                                                       \
  }                                                                                                \
  static void accumulate_##NAME(int64_t peer, int64_t tag, int64_t rank, void *array) {            \
    accumulate<TYPE>(peer, tag, {rank, array});                                                    \
  }                                                                                                \
  static void all_reduce_##NAME(int64_t groupRank, void *group, int64_t tag, int64_t sourceRank,   \
                                void *source, int64_t targetRank, void *target) {                  \
    allReduce<TYPE>({groupRank, group}, tag, {sourceRank, source}, {targetRank, target});          \
  }
DAGRT_FOR_EACH_TYPE(DAGRT_DEFINE)

std::vector<RuntimeSymbol> dagrt::getRuntimeSymbols() {
#define DAGRT_LIST(NAME, TYPE)                                                                     \
  {"dagrt_send_" #NAME, reinterpret_cast<void *>(send_##NAME)},                                    \
      {"dagrt_receive_" #NAME, reinterpret_cast<void *>(receive_##NAME)},                          \
      {"dagrt_accumulate_" #NAME, reinterpret_cast<void *>(accumulate_##NAME)},                    \
      {"dagrt_all_reduce_" #NAME, reinterpret_cast<void *>(all_reduce_##NAME)},
  return {DAGRT_FOR_EACH_TYPE(DAGRT_LIST){"dagrt_begin", reinterpret_cast<void *>(begin)},
          {"dagrt_end", reinterpret_cast<void *>(end)},
          {"dagrt_post", reinterpret_cast<void *>(post)},
          {"dagrt_gemm_f64", reinterpret_cast<void *>(dagrt_gemm_f64)},
          {"dagrt_gemm_f32", reinterpret_cast<void *>(dagrt_gemm_f32)}};
}
