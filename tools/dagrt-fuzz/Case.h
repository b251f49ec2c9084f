//===- Case.h - A random model and a random strategy -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A case is one choice from each entry of a table. So a case can be drawn, written as text, read
// back, and reduced, by code that knows no entry. What can be chosen is data, in Table.cpp: a
// new layout or op joins by a choice or an entry there.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_CASE_H
#define DAGRT_TOOLS_FUZZ_CASE_H

#include "dagrt/Import/DecoderSpec.h"

#include <string>
#include <vector>

namespace dagrt {

/// The contents of a case: a model, and how it is partitioned.
struct Setup {
  DecoderSpec spec;
  ImportOptions options;
  /// Seed of the weights and inputs.
  uint64_t seed = 0;
  /// A built-in strategy, or one of those in Strategies.cpp.
  std::string strategy;
  int64_t tp = 1, pp = 1, pool = 1;
  std::string layout, cut, blocks;
  /// True if the number of tokens, the batch, are named sizes when the model is partitioned.
  bool symbolicTokens = false, symbolicBatch = false;
  int64_t microbatches = 1, virtualStages = 1;
  std::string order;
  /// Collectives and matmuls become steps.
  bool decompose = false;
  /// A program and a strategy as text, for pairs that are no models. `devices` is how many there
  /// are.
  std::string program, strategyText;
  int64_t devices = 0;
  /// Choices whose effect depends on others.
  std::string rope, layerRopes, positions, packing, sliding;

  /// The pass that partitions the model, as text: `partition-tp-pp{tp=2 ...}`. Empty for
  /// a strategy that is not built in.
  std::string getPipeline() const;
  /// Number of devices of all meshes.
  int64_t getNumDevices() const;
};

/// One thing that can be chosen.
struct Entry {
  llvm::StringLiteral name;
  /// The simplest first, with a weight where it is not 1: `"1 2*3 5"`.
  llvm::StringLiteral choices;
  void (*apply)(llvm::StringRef choice, Setup &setup);
};

/// All that can be chosen.
llvm::ArrayRef<Entry> getEntries();

/// Makes the choices fit together, once all are applied.
void finishSetup(Setup &setup);

/// The number of a choice for each entry.
using Case = std::vector<unsigned>;

/// Case number `index` of `seed`, on any machine the same.
Case drawCase(uint64_t seed, uint64_t index);

/// The choices of entry number `entry`, without weights.
llvm::ArrayRef<llvm::StringRef> getChoices(unsigned entry);

/// `tokens=37 tp=4`: what is not the simplest choice.
std::string formatCase(const Case &choices);

/// Reads what formatCase wrote. Prints an error if there is no such choice.
mlir::FailureOr<Case> parseCase(llvm::StringRef text);

/// The model and the strategy.
Setup makeSetup(const Case &choices);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_CASE_H
