//===- MutantReport.h - Counts of mutants -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_MUTANTREPORT_H
#define DAGRT_TOOLS_FUZZ_MUTANTREPORT_H

#include "mlir/Support/LLVM.h"

#include <map>
#include <string>
#include <vector>

namespace dagrt {

/// Who notices a mutant, the first of those that are asked in turn.
enum class Verdict { Verifier, Placement, Runner, Replicas, Numbers, Survived };
constexpr unsigned kNumVerdicts = 6;

/// Counts of mutants by verdict.
struct Counts {
  unsigned of[kNumVerdicts] = {};
  void add(Verdict verdict) { ++of[static_cast<unsigned>(verdict)]; }
  unsigned getTotal() const;
  /// Those that no check of the program refused.
  unsigned getRun() const {
    return getTotal() - of[static_cast<unsigned>(Verdict::Verifier)] -
           of[static_cast<unsigned>(Verdict::Placement)];
  }
  unsigned getSurvivors() const { return of[static_cast<unsigned>(Verdict::Survived)]; }
};

/// A mutant that no check detected.
struct Survivor {
  std::string place, what, how;
};

/// What became of the mutants of all programs.
struct MutantReport {
  /// Each program, in words.
  std::vector<std::string> programs;
  /// By what was damaged, and by field of the dialect's definition.
  std::map<std::string, Counts> kinds, fields;
  Counts all;
  std::vector<Survivor> survivors;

  /// Fields of the dialect that no mutant damages, although they could matter.
  std::vector<std::string> findUndamaged() const;
  /// Survivors that no proof says are equivalent.
  std::vector<Survivor> findUnproved() const;
  /// As Markdown.
  void print(llvm::raw_ostream &os) const;
};

/// Damages the placed programs of every strategy, and those in `files`: a model and a placed
/// function that computes the same. With `trace`, each mutant is printed before it is tried. Prints
/// an error and fails if a program does not work undamaged.
mlir::FailureOr<MutantReport> runMutants(llvm::ArrayRef<std::string> files, bool trace);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_MUTANTREPORT_H
