//===- DagrtDialect.td - The dagrt dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect and the base classes of its attributes, types and ops.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTDIALECT_TD
#define DAGRT_IR_DAGRTDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Dagrt_Dialect : Dialect {
  let name = "dagrt";
  let cppNamespace = "::dagrt";
  let summary = "A transformer's operations, and where each of them runs";
  let description = [{
    The dialect has two forms.

    The **logical form** is one model: no devices, global shapes, plain tensors.

    The **placed form** is a program for many devices. Every tensor carries a
    distribution (`#dagrt.dist`) as its encoding: the mesh of devices that holds
    it and how each of its dims is sharded over the mesh's axes. The tensor's shape
    is what *one* device holds. Inside a mesh the program is SPMD: one op stands
    for the same op on every device. Between meshes it is MPMD: `dagrt.send` and
    `dagrt.recv`. The operations of all meshes stand in one block.

    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]

    func.func @row_parallel(
        %x: tensor<1x16x8xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 16, 32]>>)
        -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>> {
      %w = dagrt.parameter "down.weight"
        : tensor<8x64xf32, #dagrt.dist<@base, ["tp", _], of [32, 64]>>
      %partial = dagrt.matmul %x, %w
        : tensor<1x16x8xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 16, 32]>>,
          tensor<8x64xf32, #dagrt.dist<@base, ["tp", _], of [32, 64]>>
        -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64], partial ["tp"]>>
      %y = dagrt.all_reduce %partial axes ["tp"]
        : tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64], partial ["tp"]>>
        -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>>
      return %y : tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>>
    }
    ```

    There is no second source of truth for a distribution: every op's verifier
    recomputes its results' distributions from its operands' with the op's
    sharding rule.

    **Discardable attributes** of the dialect, on any op:

    | attribute | meaning |
    |---|---|
    | `dagrt.role` | `#dagrt.role`: the part the op plays in the model, and its layer |
    | `dagrt.cost` | `#dagrt.cost`: how long the op takes, and what binds it |
    | `dagrt.cluster` | on a function: `#dagrt.cluster`, what its costs were computed for |
    | `dagrt.cost_model` | on a function: `cluster`, `model` and `table` as they were named when its costs were computed, a dictionary of strings |
    | `dagrt.costs_at` | on a function: the named sizes that its costs hold at, a dictionary of `i64` |
    | `dagrt.timing` | `#dagrt.timing`: when the op starts and ends, and its slack |
    | `dagrt.logical` | on a placed function: `#dagrt.logical`, the totals of the model it came from |
    | `dagrt.sizes` | on a module: a dictionary of the named sizes, each with its default, an `i64` of at least 1 |
    | `dagrt.parameter` | on an argument: name, fan-in and view of the weight it is |
    | `dagrt.slots` | on an argument or a result that is a KV cache: `#dagrt.slots`, which tokens its slots are for |
    | `dagrt.updates` | on a result: the number of the argument, an `i64`, whose memory it has: the argument with new rows in |
    | `dagrt.outlined` | on a function: it holds an op, moved there by `--outline-ops` |
  }];

  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let extraClassDeclaration = [{
    /// Registers the attributes; called by initialize().
    void registerAttributes();

    /// Names of the discardable attributes.
    static constexpr ::llvm::StringLiteral kRoleAttrName = "dagrt.role";
    static constexpr ::llvm::StringLiteral kCostAttrName = "dagrt.cost";
    static constexpr ::llvm::StringLiteral kClusterAttrName = "dagrt.cluster";
    static constexpr ::llvm::StringLiteral kCostModelAttrName = "dagrt.cost_model";
    static constexpr ::llvm::StringLiteral kCostsAtAttrName = "dagrt.costs_at";
    static constexpr ::llvm::StringLiteral kTimingAttrName = "dagrt.timing";
    static constexpr ::llvm::StringLiteral kLogicalAttrName = "dagrt.logical";
    static constexpr ::llvm::StringLiteral kSizesAttrName = "dagrt.sizes";
    static constexpr ::llvm::StringLiteral kSlotsAttrName = "dagrt.slots";
    static constexpr ::llvm::StringLiteral kUpdatesAttrName = "dagrt.updates";
  }];
}

class Dagrt_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dagrt_Dialect, mnemonic, traits> {
  let hasVerifier = 1;
}

class Dagrt_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Dagrt_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class Dagrt_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Dagrt_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

#endif // DAGRT_IR_DAGRTDIALECT_TD
