//===- ranks.cpp - Exercises the runtime under mpirun -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Calls the runtime as compiled programs do, by its table of symbols. `messages` checks what it
// moves and adds, and prints one line a rank; the other modes make ranks fail.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Runtime/Ranks.h"
#include "dagrt/Runtime/Calls.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <unistd.h>

using namespace dagrt;

/// An unranked memref, as a compiled program would pass it.
template <typename T>
struct Array {
  Array(std::vector<int64_t> sizes, std::vector<int64_t> strides, int64_t offset, T *data)
      : rank(sizes.size()) {
    void *pointers[] = {data, data};
    std::memcpy(descriptor, pointers, sizeof(pointers));
    descriptor[2] = offset;
    std::copy(sizes.begin(), sizes.end(), descriptor + 3);
    std::copy(strides.begin(), strides.end(), descriptor + 3 + rank);
  }
  int64_t rank;
  int64_t descriptor[16];
};

template <typename... Arguments>
static void call(const char *name, Arguments... arguments) {
  for (RuntimeSymbol symbol : getRuntimeSymbols())
    if (std::strcmp(symbol.first, name) == 0)
      return reinterpret_cast<void (*)(Arguments...)>(symbol.second)(arguments...);
  std::printf("no symbol %s\n", name);
  std::exit(1);
}

template <typename T>
static void callOn(const char *name, int64_t peer, int64_t tag, Array<T> array) {
  call(name, peer, tag, array.rank, static_cast<void *>(array.descriptor));
}

static void expect(bool holds, const char *what) {
  if (holds)
    return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}

//===----------------------------------------------------------------------===//
// What is right
//===----------------------------------------------------------------------===//

/// Two messages of 16 MB that cross: sends that block would wait for each other.
static void testCrossing(int64_t rank) {
  int64_t count = 2 << 20;
  std::vector<double> out(count, rank + 0.5), in(count);
  callOn<double>("dagrt_send_f64", 1 - rank, 7, {{count}, {1}, 0, out.data()});
  callOn<double>("dagrt_receive_f64", 1 - rank, 7, {{count}, {1}, 0, in.data()});
  for (double element : in)
    expect(element == (1 - rank) + 0.5, "crossing messages");
}

/// Tags, not order, say which message is which; boxes are strided; a rank may send to itself.
static void testBoxes(int64_t rank) {
  int64_t peer = 1 - rank;
  int32_t matrix[12], result[12] = {};
  for (int i = 0; i < 12; ++i)
    matrix[i] = static_cast<int32_t>(100 * rank + i);
  call("dagrt_post", peer, int64_t(21), int64_t(4 * sizeof(int32_t)));
  // Columns 1-2 of rows 0-1 with tag 20; column 3 of all rows with tag 21.
  callOn<int32_t>("dagrt_send_i32", peer, 20, {{2, 2}, {4, 1}, 1, matrix});
  callOn<int32_t>("dagrt_send_i32", peer, 21, {{3, 1}, {4, 1}, 3, matrix});
  callOn<int32_t>("dagrt_send_i32", rank, 22, {{1, 4}, {4, 1}, 8, matrix});
  callOn<int32_t>("dagrt_receive_i32", peer, 21, {{3, 1}, {4, 1}, 0, result});
  callOn<int32_t>("dagrt_receive_i32", peer, 20, {{2, 2}, {4, 1}, 2, result});
  callOn<int32_t>("dagrt_receive_i32", rank, 22, {{3}, {4}, 1, result});
  int32_t other = static_cast<int32_t>(100 * peer), own = static_cast<int32_t>(100 * rank);
  expect(result[0] == other + 3 && result[4] == other + 7 && result[8] == other + 11, "tag 21");
  expect(result[2] == other + 1 && result[7] == other + 6, "tag 20");
  expect(result[1] == own + 8 && result[9] == own + 10, "own message");
}

/// Sums of bf16 are added in f32: 256 and eight ones are 264, not 256.
static void testSums(int64_t rank, int64_t size) {
  std::vector<int64_t> group(size);
  for (int64_t i = 0; i < size; ++i)
    group[i] = size - 1 - i;
  Array<int64_t> members({size}, {1}, 0, group.data());
  auto allReduce = [&](const char *name, auto source, auto target) {
    call(name, members.rank, static_cast<void *>(members.descriptor), int64_t(30), source.rank,
         static_cast<void *>(source.descriptor), target.rank,
         static_cast<void *>(target.descriptor));
  };
  std::vector<double> terms(5), sums(5);
  for (int i = 0; i < 5; ++i)
    terms[i] = 0.1 * static_cast<double>(rank + 1) + i;
  allReduce("dagrt_all_reduce_f64", Array<double>({5}, {1}, 0, terms.data()),
            Array<double>({5}, {1}, 0, sums.data()));
  for (int i = 0; i < 5; ++i) {
    double sum = 0;
    for (int64_t member : group)
      sum += 0.1 * static_cast<double>(member + 1) + i;
    expect(sums[i] == sum, "bits of a sum in the group's order");
  }
  uint16_t k256 = 0x4380, kFour = 0x4080, one = rank == 0 ? k256 : kFour, result = 0;
  allReduce("dagrt_all_reduce_bf16", Array<uint16_t>({1}, {1}, 0, &one),
            Array<uint16_t>({1}, {1}, 0, &result));
  float value;
  uint32_t bits = uint32_t(result) << 16;
  std::memcpy(&value, &bits, sizeof(value));
  expect(value == 256 + 4 * static_cast<float>(size - 1), "sum of bf16");
}

static void testGemm() {
  double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 0, 1, 1, 1}, c[4];
  Array<double> x({2, 3}, {3, 1}, 0, a), y({3, 2}, {2, 1}, 0, b), z({2, 2}, {2, 1}, 0, c);
  dagrt_gemm_f64(2, x.descriptor, 2, y.descriptor, 2, z.descriptor);
  expect(c[0] == 4 && c[1] == 5 && c[2] == 10 && c[3] == 11, "matmul");
}

static void testMessages(Ranks &ranks) {
  int64_t rank = ranks.getRank(), size = ranks.getSize();
  ranks.alignClocks();
  call("dagrt_begin", int64_t(3));
  if (size == 2) {
    testCrossing(rank);
    testBoxes(rank);
  }
  testSums(rank, size);
  call("dagrt_end", int64_t(3));
  testGemm();
  expect(ranks.getStamps().size() == 1 && ranks.getStamps()[0].op == 3, "stamps");
  expect(ranks.findFailed(rank != 1) == std::vector<int64_t>{1}, "failed ranks");
  expect(ranks.broadcast(rank == 0 ? "text" : "") == "text", "broadcast");
  std::vector<std::string> all = ranks.gather(std::string(rank, 'x'));
  expect(static_cast<int64_t>(all.size()) == (rank == 0 ? size : 0), "gather");
  for (size_t i = 0; i < all.size(); ++i)
    expect(all[i].size() == i, "gathered bytes");
  std::printf("rank %d of %d is right\n", static_cast<int>(rank), static_cast<int>(size));
}

//===----------------------------------------------------------------------===//
// What goes wrong
//===----------------------------------------------------------------------===//

/// Waits in op 5 for a message of the next rank, after rank `size - 1` has done something else.
static void waitForNext(Ranks &ranks, void (*last)()) {
  int64_t rank = ranks.getRank(), size = ranks.getSize();
  ranks.setNames([](int64_t op) { return "op number " + std::to_string(op); });
  double element = 0;
  call("dagrt_begin", int64_t(5));
  if (rank == size - 1)
    last();
  callOn<double>("dagrt_receive_f64", (rank + 1) % size, 9, {{1}, {1}, 0, &element});
}

int main(int argc, char **argv) {
  std::string mode = argc > 1 ? argv[1] : "", error;
  double stallLimit = argc > 2 ? std::atof(argv[2]) : 10;
  std::unique_ptr<Ranks> ranks = Ranks::start(stallLimit, error);
  if (!ranks) {
    std::printf("%s\n", error.c_str());
    return 1;
  }
  if (mode == "messages")
    testMessages(*ranks);
  if (mode == "stall")
    waitForNext(*ranks, [] {});
  if (mode == "kill")
    waitForNext(*ranks, [] { std::raise(SIGKILL); });
  if (mode == "stop")
    waitForNext(*ranks, [] { std::raise(SIGSTOP); });
  // Longer than the limit, but at work: nothing is wrong.
  if (mode == "work" && ranks->getRank() == 0)
    std::this_thread::sleep_for(std::chrono::duration<double>(3 * stallLimit));
  return 0;
}
