//===- ExternalModelsTest.cpp - Work of upstream ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

using namespace mlir;
using namespace dagrt;

namespace {

class ExternalModelsTest : public IRTest {
protected:
  /// Work of the ops of one name, in order.
  std::vector<Work> getWorks(const std::string &name) {
    std::vector<Work> works;
    module->walk([&](WorkOpInterface op) {
      if (op->getName().getStringRef() == name)
        works.push_back(op.getWork());
    });
    return works;
  }
};

TEST_F(ExternalModelsTest, NamedProductsAreGemms) {
  parse(R"(func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x6xf32>, %c: tensor<4x6xf32>,
                        %d: tensor<3x4x8xf32>, %e: tensor<3x8x6xf32>, %g: tensor<3x4x6xf32>) {
    %0 = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x6xf32>)
      outs(%c : tensor<4x6xf32>) -> tensor<4x6xf32>
    %1 = linalg.batch_matmul ins(%d, %e : tensor<3x4x8xf32>, tensor<3x8x6xf32>)
      outs(%g : tensor<3x4x6xf32>) -> tensor<3x4x6xf32>
    return
  })");
  Work product = getWorks("linalg.matmul").at(0);
  EXPECT_EQ(product.kind, WorkKind::Gemm);
  EXPECT_EQ(*product.gemm, (GemmShape{1, 4, 8, 6}));
  EXPECT_EQ(product.flops, 2.0 * 4 * 8 * 6);
  // The output is read as well: the result is added to it.
  EXPECT_EQ(product.bytesRead, 4.0 * (4 * 8 + 8 * 6 + 4 * 6));
  EXPECT_EQ(product.bytesWritten, 4.0 * 4 * 6);
  EXPECT_EQ(*getWorks("linalg.batch_matmul").at(0).gemm, (GemmShape{3, 4, 8, 6}));
}

TEST_F(ExternalModelsTest, GenericContractionsAreGemms) {
  parse(R"(
    #x = affine_map<(b, i, h, k, j) -> (b, i, h, k)>
    #w = affine_map<(b, i, h, k, j) -> (h, k, j)>
    #y = affine_map<(b, i, h, k, j) -> (b, i, j)>
    func.func @f(%x: tensor<2x16x4x8xf32>, %w: tensor<4x8x6xf32>, %y: tensor<2x16x6xf32>) {
      %0 = linalg.generic {indexing_maps = [#x, #w, #y],
          iterator_types = ["parallel", "parallel", "reduction", "reduction", "parallel"]}
          ins(%x, %w : tensor<2x16x4x8xf32>, tensor<4x8x6xf32>) outs(%y : tensor<2x16x6xf32>) {
      ^bb0(%a: f32, %b: f32, %c: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %c, %p : f32
        linalg.yield %s : f32
      } -> tensor<2x16x6xf32>
      %1 = linalg.contract indexing_maps = [#x, #w, #y]
        ins(%x, %w : tensor<2x16x4x8xf32>, tensor<4x8x6xf32>)
        outs(%y : tensor<2x16x6xf32>) -> tensor<2x16x6xf32>
      return
    })");
  for (const char *name : {"linalg.generic", "linalg.contract"}) {
    Work work = getWorks(name).at(0);
    ASSERT_TRUE(work.gemm) << name;
    EXPECT_EQ(*work.gemm, (GemmShape{1, 32, 32, 6})) << name;
  }
  // Ops in bodies take no time of their own.
  EXPECT_EQ(getWorks("arith.mulf").at(0).kind, WorkKind::None);
}

TEST_F(ExternalModelsTest, OtherGenericOpsStream) {
  parse(R"(
    #id = affine_map<(i, j) -> (i, j)>
    #row = affine_map<(i, j) -> (i)>
    func.func @f(%x: tensor<4x8xf16>, %y: tensor<4xf16>) {
      %0 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<4x8xf16>) outs(%y : tensor<4xf16>) {
      ^bb0(%a: f16, %c: f16):
        %p = math.exp %a : f16
        %s = arith.addf %c, %p : f16
        linalg.yield %s : f16
      } -> tensor<4xf16>
      %z = arith.constant 0.0 : f16
      %1 = linalg.fill ins(%z : f16) outs(%x : tensor<4x8xf16>) -> tensor<4x8xf16>
      %2 = linalg.softmax dimension(1) ins(%x : tensor<4x8xf16>) outs(%x : tensor<4x8xf16>)
        -> tensor<4x8xf16>
      return
    })");
  Work sum = getWorks("linalg.generic").at(0);
  EXPECT_EQ(sum.kind, WorkKind::Elementwise);
  EXPECT_FALSE(sum.gemm);
  EXPECT_EQ(sum.flops, 2 * 32);
  EXPECT_EQ(sum.bytesRead, 2 * (32 + 4));
  Work fill = getWorks("linalg.fill").at(0);
  EXPECT_EQ(fill.bytesRead, 0);
  EXPECT_EQ(fill.bytesWritten, 2 * 32);
  EXPECT_EQ(getWorks("linalg.softmax").at(0).kind, WorkKind::Softmax);
}

TEST_F(ExternalModelsTest, ConvolutionsAreGemmsAndPoolingsAreNot) {
  parse(R"(func.func @f(%x: tensor<1x10x10x3xf32>, %w: tensor<3x3x3x16xf32>,
                        %y: tensor<1x8x8x16xf32>, %window: tensor<3x3xf32>,
                        %z: tensor<1x8x8x3xf32>) {
    %0 = linalg.conv_2d_nhwc_hwcf
      ins(%x, %w : tensor<1x10x10x3xf32>, tensor<3x3x3x16xf32>)
      outs(%y : tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
    %1 = linalg.pooling_nhwc_sum ins(%x, %window : tensor<1x10x10x3xf32>, tensor<3x3xf32>)
      outs(%z : tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32>
    return
  })");
  EXPECT_EQ(*getWorks("linalg.conv_2d_nhwc_hwcf").at(0).gemm, (GemmShape{1, 64, 27, 16}));
  EXPECT_FALSE(getWorks("linalg.pooling_nhwc_sum").at(0).gemm);
}

TEST_F(ExternalModelsTest, ProductsOnBuffersHaveNoResults) {
  parse(R"(func.func @f(%a: memref<4x8xf32>, %b: memref<8x?xf32>, %c: memref<4x?xf32>) {
    linalg.matmul ins(%a, %b : memref<4x8xf32>, memref<8x?xf32>) outs(%c : memref<4x?xf32>)
    return
  })");
  Work work = getWorks("linalg.matmul").at(0);
  EXPECT_EQ(*work.gemm, (GemmShape{1, 4, 8, 0}));
  EXPECT_EQ(work.flops, 0);
}

TEST_F(ExternalModelsTest, ElementwiseOpsOnTensorsStream) {
  parse(R"(func.func @f(%x: tensor<4x8xbf16>, %i: index, %u: tensor<*xf32>) {
    %0 = arith.addf %x, %x : tensor<4x8xbf16>
    %1 = math.tanh %x : tensor<4x8xbf16>
    %2 = arith.addi %i, %i : index
    %3 = arith.constant dense<1.0> : tensor<4x8xbf16>
    %4 = arith.mulf %u, %u : tensor<*xf32>
    return
  })");
  Work sum = getWorks("arith.addf").at(0);
  EXPECT_EQ(sum.kind, WorkKind::Elementwise);
  EXPECT_EQ(sum.flops, 32);
  EXPECT_EQ(sum.bytes(), 2 * 3 * 32);
  EXPECT_EQ(sum.rows, 4);
  EXPECT_EQ(sum.columns, 8);
  EXPECT_EQ(getWorks("math.tanh").at(0).flops, 32);
  for (const char *name : {"arith.addi", "arith.constant"})
    EXPECT_EQ(getWorks(name).at(0).kind, WorkKind::None) << name;
  // How much there is of what has no rank, nobody knows.
  EXPECT_EQ(getWorks("arith.mulf").at(0).kind, WorkKind::Unknown);
}

TEST_F(ExternalModelsTest, ViewsAreFreeAndCopiesAreNot) {
  parse(R"(func.func @f(%x: tensor<4x8xf32>, %z: f32) {
    %0 = tensor.extract_slice %x[0, 0] [2, 8] [1, 1] : tensor<4x8xf32> to tensor<2x8xf32>
    %1 = tensor.collapse_shape %x [[0, 1]] : tensor<4x8xf32> into tensor<32xf32>
    %2 = tensor.concat dim(0) %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
    %3 = tensor.pad %x low[0, 0] high[1, 0] {
    ^bb0(%i: index, %j: index):
      tensor.yield %z : f32
    } : tensor<4x8xf32> to tensor<5x8xf32>
    return
  })");
  EXPECT_EQ(getWorks("tensor.extract_slice").at(0).bytes(), 0);
  EXPECT_EQ(getWorks("tensor.collapse_shape").at(0).bytes(), 0);
  EXPECT_EQ(getWorks("tensor.concat").at(0).bytes(), 4 * 2 * 64);
  EXPECT_EQ(getWorks("tensor.pad").at(0).bytes(), 4 * 2 * 40);
}

TEST_F(ExternalModelsTest, TosaContractionsAreGemms) {
  parse(R"(func.func @f(%a: tensor<2x4x8xf32>, %b: tensor<2x8x6xf32>, %z: tensor<1xf32>,
                        %x: tensor<1x10x10x3xf32>, %w: tensor<16x3x3x3xf32>, %c: tensor<16xf32>,
                        %dw: tensor<3x3x3x2xf32>, %dc: tensor<6xf32>) {
    %0 = tosa.matmul %a, %b, %z, %z
      : (tensor<2x4x8xf32>, tensor<2x8x6xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<2x4x6xf32>
    %1 = tosa.conv2d %x, %w, %c, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>,
        pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x10x10x3xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x8x8x16xf32>
    %2 = tosa.depthwise_conv2d %x, %dw, %dc, %z, %z {acc_type = f32,
        dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<1x10x10x3xf32>, tensor<3x3x3x2xf32>, tensor<6xf32>, tensor<1xf32>,
         tensor<1xf32>) -> tensor<1x8x8x6xf32>
    return
  })");
  EXPECT_EQ(*getWorks("tosa.matmul").at(0).gemm, (GemmShape{2, 4, 8, 6}));
  EXPECT_EQ(*getWorks("tosa.conv2d").at(0).gemm, (GemmShape{1, 64, 27, 16}));
  EXPECT_EQ(*getWorks("tosa.depthwise_conv2d").at(0).gemm, (GemmShape{3, 64, 9, 2}));
}

TEST_F(ExternalModelsTest, FusedContractionsAreGemms) {
  parse(R"(
    #a = affine_map<(i, j, k) -> (i, k)>
    #b = affine_map<(i, j, k) -> (k, j)>
    #s = affine_map<(i, j, k) -> (k)>
    #c = affine_map<(i, j, k) -> (i, j)>
    func.func @f(%g: tensor<4x8xf32>, %w: tensor<8x6xf32>, %s: tensor<8xf32>,
                 %o: tensor<4x6xf32>, %r: tensor<4xf32>) {
      // out + (exp(g) * g) * (w * s), in the order that fusion leaves.
      %0 = linalg.generic {indexing_maps = [#a, #b, #s, #c],
          iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%g, %w, %s : tensor<4x8xf32>, tensor<8x6xf32>, tensor<8xf32>)
          outs(%o : tensor<4x6xf32>) {
      ^bb0(%x: f32, %y: f32, %z: f32, %acc: f32):
        %1 = math.exp %x : f32
        %2 = arith.mulf %y, %z : f32
        %3 = arith.mulf %x, %2 : f32
        %4 = arith.mulf %1, %3 : f32
        %5 = arith.addf %4, %acc : f32
        linalg.yield %5 : f32
      } -> tensor<4x6xf32>
      // A sum of squares is no matmul.
      %6 = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%g : tensor<4x8xf32>) outs(%r : tensor<4xf32>) {
      ^bb0(%x: f32, %acc: f32):
        %7 = arith.mulf %x, %x : f32
        %8 = arith.addf %7, %acc : f32
        linalg.yield %8 : f32
      } -> tensor<4xf32>
      return
    })");
  std::vector<Work> works = getWorks("linalg.generic");
  ASSERT_TRUE(works.at(0).gemm);
  EXPECT_EQ(*works[0].gemm, (GemmShape{1, 4, 8, 6}));
  EXPECT_EQ(works[0].flops, 2.0 * 4 * 8 * 6);
  EXPECT_EQ(works[0].bytesRead, 4.0 * (4 * 8 + 8 * 6 + 8 + 4 * 6));
  EXPECT_FALSE(works.at(1).gemm);
  EXPECT_EQ(works[1].kind, WorkKind::Elementwise);
}

TEST_F(ExternalModelsTest, TosaOpsStream) {
  parse(R"(func.func @f(%x: tensor<4x8xf32>, %i: tensor<1x8x8x2xf32>, %z: tensor<1xf32>) {
    %0 = tosa.exp %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
    %2 = tosa.avg_pool2d %i, %z, %z {acc_type = f32, kernel = array<i64: 2, 2>,
        pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>}
      : (tensor<1x8x8x2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x2xf32>
    %3 = tosa.transpose %x {perms = array<i32: 1, 0>} : (tensor<4x8xf32>) -> tensor<8x4xf32>
    %4 = tosa.identity %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return
  })");
  EXPECT_EQ(getWorks("tosa.exp").at(0).bytes(), 4 * 2 * 32);
  EXPECT_EQ(getWorks("tosa.exp").at(0).flops, 32);
  EXPECT_EQ(getWorks("tosa.reduce_sum").at(0).bytes(), 4 * (32 + 4));
  EXPECT_EQ(getWorks("tosa.reduce_sum").at(0).flops, 32);
  EXPECT_EQ(getWorks("tosa.avg_pool2d").at(0).flops, 4 * 32);
  EXPECT_EQ(getWorks("tosa.transpose").at(0).bytes(), 4 * 2 * 32);
  EXPECT_EQ(getWorks("tosa.identity").at(0).kind, WorkKind::None);
}

TEST_F(ExternalModelsTest, CopiesOfBuffersStream) {
  parse(R"(func.func @f(%a: memref<4x8xf32>, %b: memref<4x8xf32>, %u: memref<*xf32>,
                        %v: memref<*xf32>, %x: tensor<2x8xf32>, %y: tensor<4x8xf32>) {
    memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32>
    memref.copy %u, %v : memref<*xf32> to memref<*xf32>
    // What is inserted moves, not what it is inserted into.
    %0 = tensor.insert_slice %x into %y[0, 0] [2, 8] [1, 1]
      : tensor<2x8xf32> into tensor<4x8xf32>
    %1 = bufferization.alloc_tensor() copy(%x) : tensor<2x8xf32>
    %2 = bufferization.alloc_tensor() : tensor<2x8xf32>
    return
  })");
  EXPECT_EQ(getWorks("memref.copy").at(0).bytes(), 4 * 2 * 32);
  EXPECT_EQ(getWorks("memref.copy").at(1).kind, WorkKind::Unknown);
  EXPECT_EQ(getWorks("tensor.insert_slice").at(0).bytes(), 4 * 2 * 16);
  EXPECT_EQ(getWorks("bufferization.alloc_tensor").at(0).bytes(), 4 * 2 * 16);
  EXPECT_EQ(getWorks("bufferization.alloc_tensor").at(1).kind, WorkKind::None);
}

TEST_F(ExternalModelsTest, ElementwiseOpsSayHowTheyAreCut) {
  parse(R"(func.func @f(%x: tensor<4x8xf32>, %i: f32) {
    %0 = arith.addf %x, %x : tensor<4x8xf32>
    %1 = arith.mulf %x, %x : tensor<4x8xf32>
    %2 = math.exp %x : tensor<4x8xf32>
    %3 = arith.divf %i, %i : f32
    return
  })");
  std::vector<ShardingRule> rules;
  module->walk([&](ShardingRuleOpInterface op) { rules.push_back(op.getShardingRule()); });
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[0].partial, PartialRule::Additive);
  EXPECT_EQ(rules[1].partial, PartialRule::Bilinear);
  EXPECT_EQ(rules[2].partial, PartialRule::None);
  EXPECT_EQ(rules[0].factors.size(), 2u);
  EXPECT_EQ(rules[0].operands[1], rules[0].results[0]);
  // A scalar has no dims.
  EXPECT_TRUE(rules[3].factors.empty());
  EXPECT_EQ(rules[3].operands.size(), 2u);
}

TEST_F(ExternalModelsTest, PlacedUpstreamOpsCountAllDevices) {
  parse(R"(
    dagrt.mesh @m <"dp" = 2, "tp" = 4> devices [0, 1, 2, 3, 4, 5, 6, 7]
    func.func @f(%x: tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 8]>>) {
      %0 = arith.addf %x, %x : tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 8]>>
      return
    })");
  Work work = getWorks("arith.addf").at(0);
  EXPECT_EQ(work.flops, 8);
  EXPECT_EQ(work.totalFlops, 64);
  EXPECT_EQ(work.logicalFlops, 32);
}

} // namespace
