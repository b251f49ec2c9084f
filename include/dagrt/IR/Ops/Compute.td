//===- Compute.td - What all compute ops have -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compute ops, in both forms. Shapes in the descriptions are global; `G` is the number of
// key/value heads (groups), `Q` the number of query heads in a group, `D` head_dim.
// Heads are dims of their own, never merged with head_dim, so that each can be
// sharded on its own.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_COMPUTE_TD
#define DAGRT_IR_OPS_COMPUTE_TD

class Dagrt_ComputeOp<string mnemonic, list<Trait> traits = []>
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<WorkOpInterface>], traits)>;

#endif // DAGRT_IR_OPS_COMPUTE_TD
