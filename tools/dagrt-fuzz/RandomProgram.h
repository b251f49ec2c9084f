//===- RandomProgram.h - Programs that are no transformers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A logical program of ops that fit each other in shape and in nothing else, and a strategy that
// shards any of their dims: every op has a role of its own, and entries name factors of its rule.
// What models never do is common here: one value as both operands, matmuls of activations, weights
// with a dim of tokens, dims of one element or none.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_RANDOMPROGRAM_H
#define DAGRT_TOOLS_FUZZ_RANDOMPROGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <random>
#include <string>
#include <vector>

namespace dagrt {

/// Draws that are the same on any machine.
class Draw {
public:
  Draw(uint64_t seed, uint64_t index) {
    std::seed_seq sequence{uint32_t(seed), uint32_t(seed >> 32), uint32_t(index),
                           uint32_t(index >> 32), 0x9070u};
    engine.seed(sequence);
  }
  /// Below `limit`, which is not 0.
  unsigned below(uint64_t limit) { return engine() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename RangeT>
  auto pick(const RangeT &range) {
    return range[below(range.size())];
  }

private:
  std::mt19937_64 engine;
};

/// An argument, or an op of one result.
struct Node {
  std::string name; ///< `dagrt.matmul`; empty for an argument.
  llvm::SmallVector<unsigned, 5> operands;
  std::string properties; ///< `contract = 1 : i64`.
  llvm::SmallVector<int64_t, 5> shape;
  bool isInteger = false;

  bool isArgument() const { return name.empty(); }
};

/// Nodes in order. The ops that no result depends on are not printed.
struct RandomProgram {
  std::vector<Node> nodes;
  std::vector<unsigned> results;

  std::vector<bool> findLive() const;
  /// One function, whose op number `i` has the role `n<i>`.
  std::string print() const;
};

RandomProgram drawProgram(Draw &draw);

struct RandomCut {
  std::string axis, second; ///< The second is empty if there is one.
  std::vector<std::string> over;
  bool replicateRest = false;
};

struct RandomEntry {
  std::string role, mesh;
  std::vector<RandomCut> cuts;
  std::vector<std::string> result, travels;
};

struct RandomMesh {
  std::string name;
  std::vector<std::pair<std::string, int64_t>> axes;
  std::vector<int64_t> devices;

  int64_t getNumDevices() const;
};

struct RandomStrategy {
  std::vector<RandomMesh> meshes;
  std::vector<RandomEntry> entries;
  int64_t zigzag = 0, microbatches = 1;
  bool decompose = false;

  int64_t getNumDevices() const;
  std::string print() const;
};

/// Draws a strategy for a program whose factors `factors` names: `n0` and the like for each node.
RandomStrategy drawStrategy(Draw &draw, const RandomProgram &program,
                            llvm::ArrayRef<std::vector<std::string>> factors);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_RANDOMPROGRAM_H
