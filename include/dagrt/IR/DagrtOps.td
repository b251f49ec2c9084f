//===- DagrtOps.td - Types and ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTOPS_TD
#define DAGRT_IR_DAGRTOPS_TD

include "dagrt/IR/DagrtAttributes.td"
include "dagrt/IR/DagrtInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"

// Tensors of the model's values, and of token ids and positions.
def Dagrt_FloatTensor : RankedTensorOf<[AnyFloat]>;
def Dagrt_IndexTensor : RankedTensorOf<[I32, I64]>;
def Dagrt_AnyTensor : RankedTensorOf<[AnyFloat, I32, I64]>;

def Dagrt_MessageType : Dagrt_Type<"Message", "message"> {
  let summary = "A value in flight between two meshes";
  let description = [{
    `!dagrt.message<T>`: `T` is the placed type that the receiver gets. A message is
    made by one `dagrt.send` and consumed by exactly one `dagrt.recv`.
  }];
  let parameters = (ins "::mlir::RankedTensorType":$payload);
  let assemblyFormat = "`<` $payload `>`";
  let genVerifyDecl = 1;
}

include "dagrt/IR/Ops/Structure.td"
include "dagrt/IR/Ops/Embedding.td"
include "dagrt/IR/Ops/Matmul.td"
include "dagrt/IR/Ops/MatmulStep.td"
include "dagrt/IR/Ops/Elementwise.td"
include "dagrt/IR/Ops/Norm.td"
include "dagrt/IR/Ops/Rope.td"
include "dagrt/IR/Ops/Attention.td"
include "dagrt/IR/Ops/Cache.td"
include "dagrt/IR/Ops/Movement.td"
include "dagrt/IR/Ops/Communication.td"

#endif // DAGRT_IR_DAGRTOPS_TD
