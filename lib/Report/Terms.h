//===- Terms.h - A published estimate -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A terms file has an estimate made by hand: for each term the corresponding ops, what is counted
// of them, and the published number. The other number is counted on a program.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_TERMS_H
#define DAGRT_LIB_REPORT_TERMS_H

#include "dagrt/Report/Report.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dagrt {

/// Ops by role, kind and layer. An empty list is any.
struct TermOps {
  std::vector<std::string> roles, kinds;
  std::optional<int64_t> layer;
};

/// What is measured of a set of ops.
enum class TermMeasure {
  Ops,      ///< How many they are.
  Flops,    ///< FLOPs on the busiest device.
  Replicas, ///< FLOPs of all devices over those of the model.
  Bytes,    ///< Payload of communication, as nccl-tests counts it.
  Messages, ///< Messages from device to device.
  Time,     ///< Their times, added up.
  PathTime, ///< Of those on the critical path.
  Memory,   ///< The largest result that a device holds.
  Padded,   ///< Elements that devices compute over those that are real, at worst.
};

/// `times` matmuls `Get_Time(m, k, n)`; sizes are expressions.
struct TermGemm {
  std::string times, m, k, n;
};

/// The published number: matmuls, an expression, or the larger of what two sets of ops measure,
/// times `times`.
struct TermCount {
  std::vector<TermGemm> gemms;
  std::string value;
  std::vector<TermOps> larger;
};

/// One row.
struct PublishedTerm {
  std::string difference; ///< A number to refer to it, or empty.
  std::string term;       ///< As it was published.
  std::string stands;     ///< What it stands for.
  TermOps ops;
  TermMeasure measure = TermMeasure::Flops;
  /// If given, what is compared is the growth of the measure when this size doubles.
  std::string doubled;
  TermCount count;
  std::string because;
};

struct TermsFile {
  std::string name, source;
  std::vector<PublishedTerm> terms;
};

/// Reads a terms file; errors are emitted where they are in it, or at `loc`.
mlir::FailureOr<TermsFile> readTerms(llvm::StringRef path, mlir::Location loc);

/// `ops`, `flops`, ...
llvm::StringRef getMeasureName(TermMeasure measure);

/// Both numbers of a term.
struct ComparedTerm {
  const PublishedTerm *term = nullptr;
  double published = 0, actual = 0;
  std::vector<std::string> ops; ///< Names of the ops that stand for it, at most a few.
  int64_t numOps = 0;
};

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_TERMS_H
