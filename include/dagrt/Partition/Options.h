//===- Options.h - Options of the strategies that have a pass -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_OPTIONS_H
#define DAGRT_PARTITION_OPTIONS_H

#include "dagrt/Support/EnumOption.h"

namespace dagrt {

/// How activations lie between a column-parallel and a row-parallel projection.
enum class ActivationLayout { Megatron, SequenceParallel, Hidden };

/// Where queries, keys and values are projected whose keys are sharded: by all devices, and then
/// gathered, or by every shard of the keys.
enum class SharedProjections { Gather, Replicated };

/// Which devices share an FFN: those of a stage, or of an attention rank.
enum class FFNSharding { TP, DP };

/// Order of the micro-batches over stages.
enum class StageOrder { BreadthFirst, DepthFirst, Interleaved };

/// Order of the micro-batches over a base and a pool.
enum class PoolOrder { BreadthFirst, DepthFirst, PingPong };

/// What moves to the pool: all of attention with its projections, or its core.
enum class PoolCut { Block, Core };

/// Order of the tokens over the pool.
enum class BlockOrder {
  Auto, ///< `Zigzag` where a causal fused kernel makes it matter.
  Contiguous,
  Zigzag,
};

/// What the devices of a pool share of attention.
enum class PoolSplit {
  Auto, ///< `Queries` without a cache; with one `Batch` if the pool divides it, else `Keys`.
  Queries,
  Keys,
  Batch,
};

/// Communication that a decomposed matmul hides.
enum class DecomposedOp { AllGather, ReduceScatter, Recv };

} // namespace dagrt

DAGRT_ENUM_OPTION(dagrt::ActivationLayout)
DAGRT_ENUM_OPTION(dagrt::SharedProjections)
DAGRT_ENUM_OPTION(dagrt::FFNSharding)
DAGRT_ENUM_OPTION(dagrt::StageOrder)
DAGRT_ENUM_OPTION(dagrt::PoolOrder)
DAGRT_ENUM_OPTION(dagrt::PoolCut)
DAGRT_ENUM_OPTION(dagrt::BlockOrder)
DAGRT_ENUM_OPTION(dagrt::PoolSplit)

// MLIR's list options have a parser for elements, which does not get the option's `values`. So the
// parser brings them along.
template <>
class llvm::cl::parser<dagrt::DecomposedOp> : public dagrt::EnumParser<dagrt::DecomposedOp> {
public:
  explicit parser(Option &option) : EnumParser(option) {
    Values = {
        {"all-gather", dagrt::DecomposedOp::AllGather, "A gather whose readers are matmuls"},
        {"reduce-scatter", dagrt::DecomposedOp::ReduceScatter, "A matmul whose sum is scattered"},
        {"recv", dagrt::DecomposedOp::Recv, "A message whose readers are matmuls"},
    };
  }
};

#endif // DAGRT_PARTITION_OPTIONS_H
