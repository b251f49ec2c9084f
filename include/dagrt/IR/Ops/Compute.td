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

// Which ops infer their results
//
// An op whose results follow from its operands' types and its attributes implements
// InferTypeOpInterface, with one of the traits below; the layout of a placed result follows, too,
// for its dims are dims of operands. These do not:
// - `mesh` has no result; of `parameter`, `positions`, `alibi_slopes` and `axis_index` the type is
//   what the op says;
// - `slice` has the number of its elements in its type, and `matmul_step` the block that it fills;
// - collectives and `all_slice` need the sizes of mesh axes: they have builders that take the mesh,
//   as `axis_index` has, and are checked in verifySymbolUses;
// - `send` chooses where its message lies on the other mesh.

// The interface's own check asks for one type. Ours leaves results to the op's verifier, which
// compares them with the sharding rule and says which operand disagrees; a result may also have
// sizes that are not known, another type of elements in a matmul, or axes that are written
// differently.
defvar Dagrt_KeptTypes = [{
  static ::llvm::LogicalResult refineReturnTypes(
      ::mlir::MLIRContext *context, ::std::optional<::mlir::Location> location,
      ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
      ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
      ::llvm::SmallVectorImpl<::mlir::Type> &types) {
    return types.empty() ? inferReturnTypes(context, location, operands, attributes, properties,
                                            regions, types)
                         : ::llvm::success();
  }
}];

/// Results follow: the op defines `inferReturnTypes` of its adaptor.
def Dagrt_InferredTypes : InferTypeOpAdaptorBase<Dagrt_KeptTypes>;

/// The result has the type of the first operand.
def Dagrt_FirstOperandsTypeTrait : NativeOpTrait<"FirstOperandsType", [], Dagrt_KeptTypes, [{
  ::llvm::LogicalResult $cppClass::inferReturnTypes(
      ::mlir::MLIRContext *, ::std::optional<::mlir::Location>, ::mlir::ValueRange operands,
      ::mlir::DictionaryAttr, ::mlir::OpaqueProperties, ::mlir::RegionRange,
      ::llvm::SmallVectorImpl<::mlir::Type> &types) {
    types.assign(1, operands.front().getType());
    return ::llvm::success();
  }
}]> {
  let cppNamespace = "::dagrt";
}
def Dagrt_FirstOperandsType : TraitList<[
    DeclareOpInterfaceMethods<InferTypeOpInterface>, Dagrt_FirstOperandsTypeTrait]>;

class Dagrt_ComputeOp<string mnemonic, list<Trait> traits = []>
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<WorkOpInterface>], traits)>;

#endif // DAGRT_IR_OPS_COMPUTE_TD
