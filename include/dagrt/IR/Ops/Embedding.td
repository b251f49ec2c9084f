//===- Embedding.td - Lookup in a table of rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_EMBEDDING_TD
#define DAGRT_IR_OPS_EMBEDDING_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_EmbeddingOp : Dagrt_Op<"embedding", [Pure,
    DeclareOpInterfaceMethods<ShardingRuleOpInterface, ["decompose", "canDecompose"]>,
    DeclareOpInterfaceMethods<WorkOpInterface>, Dagrt_InferredTypes,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Rows of a table, looked up by index";
  let description = [{
    `result[i..., :] = table[ids[i...], :]`; an index outside the table gives a row of
    zeros. With `shard`, the table is sharded by rows and each device looks up the
    ids that fall into its own shard: the result is a partial sum.

    **Constraints**
    1. `embedding-c1`: the table has the rank of what a row adds: ids' rank + table rank - 1 is the result's rank.
    2. `embedding-c2`: with `shard`, the table's rows are sharded over the same axes as `shard`.

    Example:
    ```mlir
    func.func @f(%ids: tensor<1x16xi32>) -> tensor<1x16x64xf32> {
      %table = dagrt.parameter "embed_tokens.weight" : tensor<100x64xf32>
      %x = dagrt.embedding %ids, %table : tensor<1x16xi32>, tensor<100x64xf32> -> tensor<1x16x64xf32>
      return %x : tensor<1x16x64xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_IndexTensor:$ids, Dagrt_FloatTensor:$table,
                       Optional<Dagrt_IndexTensor>:$shard);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $ids `,` $table (`shard` $shard^)? attr-dict
    `:` type($ids) `,` type($table) (`,` type($shard)^)? `->` type($result)
  }];
}

#endif // DAGRT_IR_OPS_EMBEDDING_TD
