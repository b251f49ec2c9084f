//===- InferTypesTest.cpp - Results that follow from operands -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In programs whose result types were written by hand and verified by the sharding rules, each op
// infers what it has; and builders that take no types make ops that verify.
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace dagrt;

namespace {

class InferTypesTest : public IRTest {
protected:
  /// The types that follow for `op`.
  SmallVector<Type> infer(InferTypeOpInterface op) {
    SmallVector<Type> types;
    EXPECT_TRUE(succeeded(op.inferReturnTypes(&context, op->getLoc(), op->getOperands(),
                                              op->getRawDictionaryAttrs(),
                                              op->getPropertiesStorage(), op->getRegions(), types)))
        << op->getName().getStringRef().str();
    return types;
  }

  /// Each op that infers has the types that it infers. Returns how many do.
  unsigned checkAll() {
    unsigned count = 0;
    module->walk([&](InferTypeOpInterface op) {
      if (!isa<DagrtDialect>(op->getDialect()))
        return;
      ++count;
      SmallVector<Type> types = infer(op), actual(op->getResultTypes());
      EXPECT_EQ(types, actual) << op->getName().getStringRef().str();
    });
    return count;
  }
};

TEST_F(InferTypesTest, Logical) {
  parse(R"(func.func @f(%ids: tensor<1x16xi32>, %table: tensor<100x64xf32>, %scale: tensor<64xf32>,
      %w: tensor<64x2x4x8xf32>, %e: tensor<16x8x24xf32>, %positions: tensor<16xi32>) {
    %x = dagrt.embedding %ids, %table
      : tensor<1x16xi32>, tensor<100x64xf32> -> tensor<1x16x64xf32>
    %m = dagrt.moment %x order 2 dims 1 count 64 : tensor<1x16x64xf32> -> tensor<1x16xf32>
    %n = dagrt.rms_norm %x, %scale square %m epsilon 1.0e-5
      : tensor<1x16x64xf32>, tensor<64xf32>, tensor<1x16xf32>
    %l = dagrt.layer_norm %n, %scale epsilon 1.0e-5 : tensor<1x16x64xf32>, tensor<64xf32>
    %a = dagrt.add %l, %scale : tensor<1x16x64xf32>, tensor<64xf32> -> tensor<1x16x64xf32>
    %b = dagrt.mul %a, %n : tensor<1x16x64xf32>, tensor<1x16x64xf32> -> tensor<1x16x64xf32>
    %c = dagrt.silu %b : tensor<1x16x64xf32>
    %q = dagrt.matmul %c, %w : tensor<1x16x64xf32>, tensor<64x2x4x8xf32> -> tensor<1x16x2x4x8xf32>
    %r = dagrt.rope %q, %positions <theta 1.0e+04, dims 8>
      : tensor<1x16x2x4x8xf32>, tensor<16xi32>
    %k = dagrt.slice %x dim 2 offset 0 : tensor<1x16x64xf32> -> tensor<1x16x16xf32>
    %by_token = dagrt.matmul %q, %e batch [1]
      : tensor<1x16x2x4x8xf32>, tensor<16x8x24xf32> -> tensor<1x16x2x4x24xf32>
    %joined = dagrt.concat %k, %x, %k dim 2
      : tensor<1x16x16xf32>, tensor<1x16x64xf32>, tensor<1x16x16xf32> -> tensor<1x16x96xf32>
    %z = dagrt.reorder %joined dim 1 order zigzag<2> : tensor<1x16x96xf32>
    return
  })");
  EXPECT_EQ(checkAll(), 12u);
}

TEST_F(InferTypesTest, Attention) {
  parse(R"(func.func @f(%q: tensor<1x8x2x4x6xbf16>, %k: tensor<1x16x2x6xbf16>,
      %v: tensor<1x16x2x5xbf16>) {
    %y = dagrt.attention %q, %k, %v scale 1.0
      : tensor<1x8x2x4x6xbf16>, tensor<1x16x2x6xbf16>, tensor<1x16x2x5xbf16>
      -> tensor<1x8x2x4x5xbf16>
    %z = dagrt.attention %q, %k value_dims 3 scale 1.0
      : tensor<1x8x2x4x6xbf16>, tensor<1x16x2x6xbf16> -> tensor<1x8x2x4x3xbf16>
    %s = dagrt.attention_scores %q, %k scale 1.0
      : tensor<1x8x2x4x6xbf16>, tensor<1x16x2x6xbf16> -> tensor<1x2x4x8x16xbf16>
    %p = dagrt.softmax %s : tensor<1x2x4x8x16xbf16>
    %c = dagrt.attention_context %p, %v
      : tensor<1x2x4x8x16xbf16>, tensor<1x16x2x5xbf16> -> tensor<1x8x2x4x5xbf16>
    return
  })");
  EXPECT_EQ(checkAll(), 5u);
}

TEST_F(InferTypesTest, NamedSizes) {
  parse(R"(module attributes {dagrt.sizes = {n = 4 : i64, s = 8 : i64}} {
    func.func @f(%x: tensor<?x?x64xf32, #dagrt.sizes<[n, s, 64]>>, %w: tensor<64x32xf32>,
        %unknown: tensor<?x64xf32>) {
      %y = dagrt.matmul %x, %w : tensor<?x?x64xf32, #dagrt.sizes<[n, s, 64]>>, tensor<64x32xf32>
        -> tensor<?x?x32xf32, #dagrt.sizes<[n, s, 32]>>
      %joined = dagrt.concat %y, %y dim 1
        : tensor<?x?x32xf32, #dagrt.sizes<[n, s, 32]>>, tensor<?x?x32xf32, #dagrt.sizes<[n, s, 32]>>
        -> tensor<?x?x32xf32, #dagrt.sizes<[n, 2 * s, 32]>>
      %z = dagrt.matmul %unknown, %w : tensor<?x64xf32>, tensor<64x32xf32> -> tensor<?x32xf32>
      return
    }
  })");
  EXPECT_EQ(checkAll(), 3u);
}

/// Shards, padding and pending sums come along with the dims of operands.
TEST_F(InferTypesTest, Placed) {
  parse(R"(
    #x = #dagrt.dist<@m, ["dp", "tp"], of [7, 64]>
    #w = #dagrt.dist<@m, ["tp", _], of [64, 30]>
    #y = #dagrt.dist<@m, ["dp", _], of [7, 30], partial ["tp"]>
    #g = #dagrt.dist<@m, ["dp", _], of [7, 30]>
    #moment = #dagrt.dist<@m, ["dp"], of [7], partial ["tp"]>
    #ids = #dagrt.dist<@m, ["dp"], of [6]>
    #rows = #dagrt.dist<@m, ["tp", _], of [100, 30]>
    #found = #dagrt.dist<@m, ["dp", _], of [6, 30], partial ["tp"]>
    dagrt.mesh @m <"dp" = 2, "tp" = 4> devices [0, 1, 2, 3, 4, 5, 6, 7]
    func.func @f(%x: tensor<4x16xf32, #x>, %w: tensor<16x30xf32, #w>, %g: tensor<4x30xf32, #g>,
        %ids: tensor<3xi32, #ids>, %rows: tensor<25x30xf32, #rows>) {
      %y = dagrt.matmul %x, %w : tensor<4x16xf32, #x>, tensor<16x30xf32, #w> -> tensor<4x30xf32, #y>
      %z = dagrt.mul %g, %y
        : tensor<4x30xf32, #g>, tensor<4x30xf32, #y> -> tensor<4x30xf32, #y>
      %a = dagrt.add %y, %z : tensor<4x30xf32, #y>, tensor<4x30xf32, #y> -> tensor<4x30xf32, #y>
      %m = dagrt.moment %x order 2 dims 1 count 64 : tensor<4x16xf32, #x> -> tensor<4xf32, #moment>
      %shard = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["tp"], of [4]>>
      %found = dagrt.embedding %ids, %rows shard %shard
        : tensor<3xi32, #ids>, tensor<25x30xf32, #rows>,
          tensor<1xi32, #dagrt.dist<@m, ["tp"], of [4]>> -> tensor<3x30xf32, #found>
      return
    })");
  EXPECT_EQ(checkAll(), 5u);
}

TEST_F(InferTypesTest, AttentionToShardsOfKeys) {
  parse(R"(
    #q = #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 4, 8]>
    #k = #dagrt.dist<@m, [_, "kvp", _, _], of [1, 16, 2, 8]>
    #context = #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 1, 1, 2, 4, 8]>
    #sums = #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 1, 1, 2, 4]>
    dagrt.mesh @m <"kvp" = 2> devices [0, 1]
    func.func @f(%q: tensor<1x1x2x4x8xbf16, #q>, %k: tensor<1x8x2x8xbf16, #k>) {
      %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
      %context, %sums = dagrt.attention %q, %k, %k scale 1.0 shard %i
        : tensor<1x1x2x4x8xbf16, #q>, tensor<1x8x2x8xbf16, #k>, tensor<1x8x2x8xbf16, #k>,
          tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
        -> tensor<1x1x1x2x4x8xbf16, #context>, tensor<1x1x1x2x4xf32, #sums>
      return
    })");
  EXPECT_EQ(checkAll(), 1u);
}

TEST_F(InferTypesTest, Messages) {
  parse(R"(
    #sent = #dagrt.dist<@a, [_, "tp"], of [4, 7]>
    #whole = #dagrt.dist<@b, [_, _], of [4, 7]>
    dagrt.mesh @a <"tp" = 2> devices [0, 1]
    dagrt.mesh @b <"sp" = 3> devices [2, 3, 4]
    func.func @f(%x: tensor<4x4xf32, #sent>) {
      %m = dagrt.send %x : tensor<4x4xf32, #sent> -> !dagrt.message<tensor<4x7xf32, #whole>>
      %y = dagrt.recv %m : !dagrt.message<tensor<4x7xf32, #whole>>
      %n = dagrt.send %x : tensor<4x4xf32, #sent> -> !dagrt.message<tensor<4x7xf32, #whole>>
      %first = dagrt.recv %n dim 1 piece 0 of 2 : !dagrt.message<tensor<4x7xf32, #whole>>
        -> tensor<4x4xf32, #dagrt.dist<@b, [_, _], of [4, 4]>>
      %last = dagrt.recv %n dim 1 piece 1 of 2 : !dagrt.message<tensor<4x7xf32, #whole>>
        -> tensor<4x3xf32, #dagrt.dist<@b, [_, _], of [4, 3]>>
      return
    })");
  EXPECT_EQ(checkAll(), 3u);
}

/// The element type of a matmul's result is its own choice: that of the left operand is inferred,
/// and another one verifies.
TEST_F(InferTypesTest, ElementTypesOfMatmuls) {
  parse(R"(func.func @f(%x: tensor<4x64xbf16>, %w: tensor<64x8xf8E4M3FN>) {
    %y = dagrt.matmul %x, %w : tensor<4x64xbf16>, tensor<64x8xf8E4M3FN> -> tensor<4x8xf32>
    return
  })");
  EXPECT_EQ(infer(getOp<MatmulOp>()).front(),
            RankedTensorType::get({4, 8}, BFloat16Type::get(&context)));
}

/// What is not verified yet may be anything: nothing follows, and nothing crashes.
TEST_F(InferTypesTest, NothingFollows) {
  parse(R"(func.func @f(%x: tensor<4x64xf32>, %w: tensor<64x8xf32>) {
    %y = dagrt.matmul %x, %w : tensor<4x64xf32>, tensor<64x8xf32> -> tensor<4x8xf32>
    %z = dagrt.concat %x, %x dim 1
      : tensor<4x64xf32>, tensor<4x64xf32> -> tensor<4x128xf32>
    return
  })");
  SmallVector<Type> types;
  auto fails = [&](InferTypeOpInterface op) {
    return failed(op.inferReturnTypes(&context, std::nullopt, op->getOperands(),
                                      op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
                                      op->getRegions(), types));
  };
  auto matmul = getOp<MatmulOp>();
  for (int64_t contract : {int64_t(3), int64_t(-1), int64_t(1) << 62}) {
    matmul.setContract(contract);
    EXPECT_TRUE(fails(matmul)) << contract;
  }
  auto concat = getOp<ConcatOp>();
  concat.setDim(2);
  EXPECT_TRUE(fails(concat));
  concat->setOperands({});
  EXPECT_TRUE(fails(concat));
}

TEST_F(InferTypesTest, Builders) {
  parse(R"(
    dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<1x16x64xf32>, %w: tensor<64x2x4x8xf32>, %b: tensor<64xf32>,
        %k: tensor<1x16x2x8xf32>) {
      return
    })");
  auto func = *module->getOps<func::FuncOp>().begin();
  OpBuilder builder(&func.getBody().front().back());
  Location loc = func.getLoc();
  Value x = func.getArgument(0), k = func.getArgument(3);
  auto sum = AddOp::create(builder, loc, x, func.getArgument(2));
  auto query = MatmulOp::create(builder, loc, sum, func.getArgument(1), 1, ArrayRef<int64_t>());
  auto attention = AttentionOp::create(
      builder, loc, query, k, k, /*query_positions=*/Value(), /*key_positions=*/Value(),
      /*slopes=*/Value(), /*mask=*/Value(), /*sink=*/Value(), /*shard=*/Value(),
      /*value_dims=*/IntegerAttr(), /*causal=*/UnitAttr(), /*window=*/IntegerAttr(),
      /*soft_cap=*/FloatAttr(), /*visible=*/SizeAttr(), builder.getF64FloatAttr(1));
  auto index = AxisIndexOp::create(builder, loc, getMesh("m"), axes("[\"tp\"]"));
  EXPECT_EQ(sum.getType(), x.getType());
  EXPECT_EQ(attention.getResult().getType(), query.getType());
  EXPECT_FALSE(attention.getLogSums());
  EXPECT_EQ(getDist(index.getType()), dist("@m, [\"tp\"], of [4]"));
  EXPECT_TRUE(succeeded(verify(*module)));
}

} // namespace
