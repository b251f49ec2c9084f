//===- DagrtInterfaces.td - Op interfaces -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How ops tell the passes about themselves. A new op joins partitioning, cost
// and scheduling by implementing these; no pass has a switch over op names.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTINTERFACES_TD
#define DAGRT_IR_DAGRTINTERFACES_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"

// The rule is all that the mesh of an op's values is checked by, with the symbols of its module:
// `verify` checks the rest, with `verifyLogicalByRule`.
def Dagrt_VerifiedByRuleTrait : NativeOpTrait<"VerifiedByRule"> {
  let cppNamespace = "::dagrt";
}
def Dagrt_VerifiedByRule : TraitList<[SymbolUserOpInterface, Dagrt_VerifiedByRuleTrait]>;

/// As SameOperandsAndResultType, which stands behind it for its builders: says which type was
/// expected, and why.
def Dagrt_SameTypes : NativeOpTrait<"SameTypes"> {
  let cppNamespace = "::dagrt";
}

// The same of a collective, by the change of layout that it makes.
def Dagrt_VerifiedByLayoutTrait : NativeOpTrait<"VerifiedByLayout"> {
  let cppNamespace = "::dagrt";
}
def Dagrt_VerifiedByLayout : TraitList<[SymbolUserOpInterface, Dagrt_VerifiedByLayoutTrait]>;

def ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    How an op may be sharded: its factors, and which dim of which
    operand or result each of them is.
  }];
  let methods = [
    InterfaceMethod<[{
        The rule for this op, from its types. The ranks of operands and results
        have been checked when it is called.
      }],
      "::dagrt::ShardingRule", "getShardingRule", (ins)>,
    InterfaceMethod<[{
        Builds ops that compute this op with decomposable factors sharded.
        `operands` are placed values that lie as `factorAxes` (an axes list for each factor of
        the rule) asks. `wanted` has the types that the results are to have, null where none is asked for;
        another form is resharded. Returns the placed results, or failure if the op
        has no such form: then the partitioner gathers the operands.
      }],
      "::mlir::FailureOr<::llvm::SmallVector<::mlir::Value>>", "decompose",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "::llvm::ArrayRef<::dagrt::AxesAttr>":$factorAxes,
           "::llvm::ArrayRef<::mlir::RankedTensorType>":$wanted), [{}],
      [{ return ::mlir::failure(); }]>,
    InterfaceMethod<[{
        True if `decompose` can shard the decomposable factor number `factor`.
      }],
      "bool", "canDecompose", (ins "unsigned":$factor), [{}], [{ return false; }]>
  ];
}

def WorkOpInterface : OpInterface<"WorkOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    What an op does, independent of hardware: on the busiest device, summed over the
    devices of its mesh, and in the model it came from.
  }];
  let methods = [
    InterfaceMethod<"The op's work, from its types.", "::dagrt::Work", "getWork", (ins)>,
    InterfaceMethod<[{
        The sizes that the op's time depends on, for formulas: products of the sizes on one device, of
        symbolic sizes, too. Of a GEMM these are m, k and n, and `2 m k n` are its FLOPs: batches
        of matmuls fold into them. By default the rows and the columns of the largest result.
      }],
      "::llvm::SmallVector<::dagrt::SizeProduct, 3>", "getWorkSizes", (ins), [{}],
      [{ return ::dagrt::getRowsAndColumns($_op); }]>
  ];
}

def AttentionOpInterface : OpInterface<"AttentionOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    An op that says which keys a query sees: attention, or the softmax of its scores. Reports count
    tokens and what keys and values take by it.
  }];
  let methods = [
    InterfaceMethod<[{
        The numbers of queries and keys of one sequence, null where they are not known; none if the
        op's scores are not those of attention.
      }],
      "::std::optional<::std::pair<::dagrt::SizeAttr, ::dagrt::SizeAttr>>", "getTokens", (ins)>,
    InterfaceMethod<"True if a query sees no key behind it.", "bool", "getCausal", (ins)>,
    InterfaceMethod<"The number of the last keys that a query sees, if not all.",
      "::std::optional<uint64_t>", "getWindow", (ins)>,
    InterfaceMethod<"The keys and the values, as matmuls read them.",
      "::llvm::SmallVector<::mlir::Value>", "getKeysAndValues", (ins)>
  ];
}

def CollectiveOpInterface : OpInterface<"CollectiveOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    An op of one operand and one result that changes how a value lies on its mesh. What it does to
    the layout is said here, once: the verifier, the builders and the fuzzer apply it.
  }];
  let methods = [
    InterfaceMethod<[{
        Changes the operand's layout, whose axes are normalized, into the result's. Where the operand
        does not lie as the op needs it, fails and says so through `emitError`, which may be null.
      }],
      "::llvm::LogicalResult", "changeLayout",
      (ins "::dagrt::Layout &":$layout, "::dagrt::EmitErrorFn":$emitError)>,
    InterfaceMethod<[{
        The axes along which devices work together. Those that are written in the op are verified
        before the layout is changed.
      }],
      "::dagrt::AxesAttr", "getGroupAxes", (ins)>
  ];
  let extraClassDeclaration = [{
    /// The operand and the result.
    ::mlir::Value getSource() { return getOperation()->getOperand(0); }
    ::mlir::Value getTarget() { return getOperation()->getOpResult(0); }
  }];
}

def CommunicationOpInterface : OpInterface<"CommunicationOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    A collective inside a mesh, or a transfer between two.
  }];
  let methods = [
    InterfaceMethod<"Kind, meshes, axes and bytes.",
      "::dagrt::Communication", "getCommunication", (ins)>
  ];
}

#endif // DAGRT_IR_DAGRTINTERFACES_TD
