//===- Strategy.h - What a partition is told -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A strategy is data: the meshes, and for roles of ops the mesh they run on and how
// chosen dims are sharded. Everything else follows by propagation. Strategies are YAML files; the
// built-in ones are compiled in, and the named passes only set their options.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_STRATEGY_H
#define DAGRT_PARTITION_STRATEGY_H

#include "dagrt/Support/TextPosition.h"

#include "mlir/Support/LLVM.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dagrt {

/// Shards dims of an op over an axis, or over several as over one. It is spread over the named
/// factors in order: each takes as much of it as it has elements (which must then divide what is
/// left), the last one all that is left.
struct CutSpec {
  /// The major axis first: shards that are next to each other differ in the last one.
  std::vector<std::string> axes;
  /// Factors of the op's sharding rule: `vocab`, or `n0` and `n1` for the first and second
  /// factor called `n`.
  std::vector<std::string> over;
  /// Where each of `over` stands.
  std::vector<TextPosition> positions;
  /// True if what is left of the axis may hold replicas (fewer key/value heads than devices).
  bool replicateRest = false;
};

/// What a strategy says about the ops of a role. Of several entries that match, a later one
/// overrides the fields that it gives.
struct StrategyEntry {
  /// A role or group of roles, empty for all ops.
  std::string role;
  std::optional<std::string> mesh;
  std::optional<std::vector<CutSpec>> cut;
  /// How the result is sharded over factors of the op, where that is more, or else, than `cut`
  /// gives; dims of other factors are as the op makes them.
  std::optional<std::vector<CutSpec>> resultCut;
  /// Axis of each dim of the op's result (`_` for none); dims not listed are replicated.
  std::optional<std::vector<std::string>> result;
  /// How a message shards the result if the other mesh replicates it: axes of that mesh.
  std::optional<std::vector<std::string>> travels;
  /// True if models without ops of the role are meant, too: then it is no error to match none.
  bool isOptional = false;
  TextPosition position;
};

/// A mesh, or with `repeat` a row of meshes `name0`, `name1`, ... that the layers are spread over.
struct MeshSpec {
  std::string name;
  std::vector<std::pair<std::string, int64_t>> axes;
  /// Physical devices; without them, the next ones that no mesh has.
  std::vector<int64_t> devices;
  std::optional<int64_t> repeat;
  TextPosition position;
};

/// In which order the devices of a mesh take up micro-batches.
enum class MicrobatchOrder {
  BreadthFirst, ///< All of them, then the next run of layers (GPipe).
  DepthFirst,   ///< One through the entire model, then the next one.
  Interleaved,  ///< As many as there are stages through all runs of layers, then the next ones.
  PingPong,     ///< Breadth-first over two meshes that take turns.
};

/// How the batch is split into micro-batches.
struct MicrobatchSpec {
  int64_t count = 1;
  MicrobatchOrder order = MicrobatchOrder::BreadthFirst;
  /// Runs of layers of each mesh of a row; the runs go round the row.
  int64_t virtualStages = 1;
};

/// A strategy with its options filled in.
struct Strategy {
  std::string name;
  /// The file that it was read from, in which nothing may be without effect; empty for a built-in
  /// strategy, which is for all models.
  std::string file;
  std::vector<MeshSpec> meshes;
  std::vector<StrategyEntry> entries;
  /// Blocks of a zigzag order of the tokens; 0 for the order they come in.
  int64_t zigzagBlocks = 0;
  /// Shards that the slots of full caches are dealt to, `stripe` tokens at a time; 0 for slots in
  /// the tokens' own order.
  int64_t slotShards = 0, stripe = 1;
  MicrobatchSpec microbatches;
};

/// Option values by name, as text.
using StrategyOptions = std::map<std::string, std::string>;

/// Reads a strategy and fills in its options: those of `options`, else the file's defaults.
/// `name` is used in errors, which go to `emitError` with where in the text they are.
mlir::FailureOr<Strategy> parseStrategy(llvm::StringRef yaml, llvm::StringRef name,
                                        const StrategyOptions &options, TextErrorHandler emitError);

/// Text of the built-in strategy `name` (`tp-pp`, `fa-pool`), or none.
std::optional<llvm::StringRef> getBuiltinStrategy(llvm::StringRef name);

} // namespace dagrt

#endif // DAGRT_PARTITION_STRATEGY_H
