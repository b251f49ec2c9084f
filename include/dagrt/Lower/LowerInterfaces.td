//===- LowerInterfaces.td - How ops are run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an op computes, for the evaluator and for the programs of single ranks. dagrt's own ops get
// these as external models (lib/Lower/Ops), so that the IR does not depend on how it is run.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_LOWERINTERFACES_TD
#define DAGRT_LOWER_LOWERINTERFACES_TD

include "mlir/IR/OpBase.td"

def Dagrt_LocalComputeOpInterface : OpInterface<"LocalComputeOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    Each device computes its shards of the results from its shards of the operands, and from nothing
    else. The evaluator calls this once for each device; in the program of a rank the op itself is
    copied, with the types of one device, if it has no RankExtractionOpInterface.
  }];
  let methods = [
    InterfaceMethod<[{
      The results, of `shapes`, from what one device holds of the operands. Element by element in
      double precision; the caller rounds to the types of the results. Padding of dims that the
      op's sharding rule contracts is zero; other padding has any finite value.
    }], "::llvm::SmallVector<::dagrt::Array>", "computeLocal",
        (ins "::llvm::ArrayRef<const ::dagrt::Array *>":$operands,
             "::llvm::ArrayRef<::llvm::SmallVector<int64_t>>":$shapes)>
  ];
}

def Dagrt_PlacedEvaluationOpInterface : OpInterface<"PlacedEvaluationOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    Evaluates an op of one result whose meaning depends on where values are: collectives, messages,
    positions, steps of a ring.
  }];
  let methods = [
    InterfaceMethod<[{
      What each device of `placement` holds of the result. `operands` are in the op's order; `seed`
      is that of weights.
    }], "::dagrt::PlacedArray", "evaluatePlaced",
        (ins "::llvm::ArrayRef<const ::dagrt::PlacedArray *>":$operands,
             "::dagrt::Placement":$placement, "uint64_t":$seed)>,
    InterfaceMethod<"Emits an error if this op cannot be evaluated, though its types can.",
        "::llvm::LogicalResult", "verifyEvaluable", (ins), "", "return ::llvm::success();">
  ];
}

def Dagrt_RankExtractionOpInterface : OpInterface<"RankExtractionOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    Writes what one rank does of an op whose local program is not the op itself.
  }];
  let methods = [
    InterfaceMethod<"The rank's shards of the results; none if it holds no part of them.",
        "::llvm::SmallVector<::mlir::Value>", "extractRank", (ins "::dagrt::RankExtractor &":$rank)>,
    InterfaceMethod<"Emits an error if this op cannot run on ranks, though its types can.",
        "::llvm::LogicalResult", "verifyRunsOnRanks", (ins), "", "return ::llvm::success();">,
    InterfaceMethod<"True if the padding of the results is zero.", "bool", "hasZeroPadding", (ins),
        "", "return false;">
  ];
}

def Dagrt_ToLinalgOpInterface : OpInterface<"ToLinalgOpInterface"> {
  let cppNamespace = "::dagrt";
  let description = [{
    An op that `--convert-dagrt-to-linalg` does not convert in every form: a table that it spells out
    may be much more than the op. Other ops are converted wherever their types are.
  }];
  let methods = [
    InterfaceMethod<"Emits an error if this op cannot be converted, though its types can.",
        "::llvm::LogicalResult", "verifyToLinalg", (ins)>
  ];
}

#endif // DAGRT_LOWER_LOWERINTERFACES_TD
