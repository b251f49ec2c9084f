//===- Coverage.h - How the time of each op is found -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The time of an op comes from its interfaces or from its parts (a loop, a branch, a call), or is
// zero, or is unknown. Ops of unknown time are listed, because a makespan without them is too
// short. The walk reads types and interfaces only; it needs no cluster and no
// sizes, visits each body and each function that is called once, and is linear in ops.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_COVERAGE_H
#define DAGRT_COST_COVERAGE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace dagrt {

class OpKinds;

/// How the time of an op is found.
enum class Counting {
  Free,    ///< It takes none.
  Scalar,  ///< It takes none where it runs once, and is not counted where it is repeated.
  Work,    ///< By the cost that it carries, its work, or what it communicates.
  Parts,   ///< By the ops that it consists of.
  Unknown, ///< It is not counted.
};

/// An op and how its time is found.
struct CountedOp {
  static constexpr unsigned kNoParts = ~0u, kNoKind = ~0u;

  mlir::Operation *op = nullptr;
  Counting counting = Counting::Free;
  /// Of an op with parts: their number.
  unsigned parts = kNoParts;
  /// The kind of the op, if it was asked for (dagrt/IR/OpKinds.h).
  unsigned kind = kNoKind;
};

/// What a loop, a branch or a function that is called consists of.
struct OpParts {
  mlir::Operation *op = nullptr; ///< The loop or branch, or the function.
  int64_t trips = 1;             ///< How often the bodies run.
  bool isChoice = false;         ///< One of the bodies runs, if any; otherwise all of them.
  /// Ops of each body that are not free.
  std::vector<std::vector<CountedOp>> bodies;
  /// True if something inside takes time that is counted.
  bool takesTime = false;
  /// True if all of that is communication.
  bool onlyCommunicates = true;
};

/// Ops of one name.
struct NamedOps {
  std::string name;       ///< `memref.load`, `func.call @rtclock`.
  llvm::StringRef reason; ///< Why they are not counted, if the name does not say.
  /// How many there are, those in loops times their trips; at most 2^63 - 1.
  int64_t count = 0;
  mlir::Operation *first = nullptr;
};

/// How the time of each op of a function is found.
class Coverage {
public:
  /// Looks at `function`, which has a body.
  static Coverage compute(mlir::func::FuncOp function);
  /// The same, where someone has numbered ops by kind: those of one kind count alike.
  static Coverage compute(mlir::func::FuncOp function, OpKinds &kinds);

  /// The ops of the function's blocks in order, terminators among them.
  llvm::ArrayRef<CountedOp> getOps() const { return ops; }
  /// Parts of the function's ops; what one consists of comes before it.
  llvm::ArrayRef<OpParts> getParts() const { return parts; }
  /// True if `op` takes time that is counted.
  bool takesTime(const CountedOp &op) const {
    return op.counting == Counting::Work ||
           (op.counting == Counting::Parts && parts[op.parts].takesTime);
  }

  /// Ops that take time that is not counted, by name, in the order in which they are met.
  llvm::ArrayRef<NamedOps> getUncounted() const { return uncounted; }
  /// Branches that count as long as their longest body.
  llvm::ArrayRef<NamedOps> getBranches() const { return branches; }

private:
  std::vector<CountedOp> ops;
  std::vector<OpParts> parts;
  std::vector<NamedOps> uncounted, branches;

  friend class CoverageBuilder;
};

/// How often the body of the loop `op` runs, if that is a number that the program says.
std::optional<int64_t> getTripCount(mlir::Operation *op);

/// Functions of the module, and of modules in it, that are not analyzed: of other dialects, or of
/// several blocks.
std::vector<NamedOps> listUncountedFunctions(mlir::Operation *module);

/// The functions of the module, and of modules in it, that are analyzed: those with one block.
std::vector<mlir::func::FuncOp> getCountedFunctions(mlir::Operation *module);

/// Of `functions` those that no other one of them calls: what the others call is in their time.
std::vector<mlir::func::FuncOp> dropCallees(llvm::ArrayRef<mlir::func::FuncOp> functions);

/// All of `ops` together; at most 2^63 - 1.
int64_t sumCounts(llvm::ArrayRef<NamedOps> ops);

} // namespace dagrt

#endif // DAGRT_COST_COVERAGE_H
