//===- WorkTest.cpp - What ops compute and communicate -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include "mlir/IR/Verifier.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

namespace {

/// Numbers of a causal attention over a pool of devices.
struct Attention {
  int64_t tokens = 0, pool = 1, window = 0, past = 0;
  bool zigzag = false;

  /// Pairs of each block, counted one by one.
  std::vector<double> countBlocks() const;
};

class WorkTest : public IRTest {
protected:
  Work getWork(const std::string &op) {
    Work work;
    module->walk([&](WorkOpInterface found) {
      if (found->getName().getStringRef() == op)
        work = found.getWork();
    });
    return work;
  }

  std::vector<Communication> getCommunications() {
    std::vector<Communication> found;
    module->walk([&](CommunicationOpInterface op) { found.push_back(op.getCommunication()); });
    return found;
  }

  void parseAttention(const Attention &a);
};

std::vector<double> Attention::countBlocks() const {
  std::vector<int64_t> order;
  // As numpy.array_split cuts: the first chunks are the longer ones.
  int64_t chunks = zigzag ? 2 * pool : 1, at = 0;
  std::vector<std::vector<int64_t>> parts(chunks);
  for (int64_t i = 0; i < chunks; ++i)
    for (int64_t n = tokens / chunks + (i < tokens % chunks); n > 0; --n)
      parts[i].push_back(at++);
  for (int64_t i = 0; i < chunks; ++i) {
    auto &part = parts[i % 2 == 0 ? i / 2 : chunks - 1 - i / 2];
    order.insert(order.end(), part.begin(), part.end());
  }
  std::vector<double> blocks(pool, 0);
  int64_t size = (tokens + pool - 1) / pool;
  for (int64_t i = 0; i < tokens; ++i)
    for (int64_t key = 0; key < tokens + past; ++key) {
      int64_t query = order[i] + past;
      blocks[i / size] += key <= query && (window == 0 || key > query - window);
    }
  return blocks;
}

void WorkTest::parseAttention(const Attention &a) {
  std::string devices = "0", s = std::to_string(a.tokens), t = std::to_string(a.tokens + a.past);
  for (int64_t i = 1; i < a.pool; ++i)
    devices += ", " + std::to_string(i);
  std::string local = std::to_string((a.tokens + a.pool - 1) / a.pool);
  std::string q = "tensor<2x" + local +
                  "x2x3x4xf32, #dagrt.dist<@p, [_, \"sp\", _, _, _], of [2, " + s + ", 2, 3, 4]>>";
  std::string k =
      "tensor<2x" + t + "x2x4xf32, #dagrt.dist<@p, [_, _, _, _], of [2, " + t + ", 2, 4]>>";
  std::string qp = "tensor<" + local + "xi32, #dagrt.dist<@p, [\"sp\"], of [" + s + "]>>";
  std::string kp = "tensor<" + t + "xi32, #dagrt.dist<@p, [_], of [" + t + "]>>";
  parse("dagrt.mesh @p <\"sp\" = " + std::to_string(a.pool) + "> devices [" + devices + "]\n" +
        "func.func @f(%q: " + q + ", %k: " + k + ") {\n" + "  %qp = dagrt.positions first " +
        std::to_string(a.past) +
        (a.zigzag ? " order zigzag<" + std::to_string(a.pool) + ">" : std::string()) + " : " + qp +
        "\n  %kp = dagrt.positions : " + kp +
        "\n  %y = dagrt.attention %q, %k, %k positions %qp, %kp causal" +
        (a.window ? " window " + std::to_string(a.window) : std::string()) + " scale 1.0 : " + q +
        ", " + k + ", " + k + ", " + qp + ", " + kp + " -> " + q + "\n  return\n}");
}

TEST_F(WorkTest, PairsOfCausalAttentionAreCountedExactly) {
  for (int64_t tokens : {1, 5, 16, 37, 64})
    for (int64_t pool : {1, 2, 5})
      for (int64_t window : {0, 1, 7, 100})
        for (int64_t past : {0, 9})
          for (bool zigzag : {false, true}) {
            Attention a{tokens, pool, window, past, zigzag};
            parseAttention(a);
            Work work = getWork("dagrt.attention");
            std::vector<double> blocks = a.countBlocks();
            double all = 0;
            for (double block : blocks)
              all += block;
            std::string text = std::to_string(tokens) + " tokens, pool " + std::to_string(pool) +
                               ", window " + std::to_string(window) + ", past " +
                               std::to_string(past) + (zigzag ? ", zigzag" : "");
            EXPECT_EQ(work.attention->pairs, *llvm::max_element(blocks)) << text;
            // 2 x 6 heads; a pair is 2 x 4 FLOPs for the score and as many for the value.
            EXPECT_EQ(work.flops, 12 * 16 * work.attention->pairs) << text;
            EXPECT_EQ(work.totalFlops, 12 * 16 * all) << text;
            EXPECT_EQ(work.logicalFlops, work.totalFlops) << text;
          }
}

/// Slots are dealt to devices in stripes; the busiest has most of the visible tokens, and slots
/// without a token are not read.
TEST_F(WorkTest, VisibleTokensOfStripedCachesAreCountedExactly) {
  for (int64_t visible : {1, 2, 7, 12, 23, 30})
    for (auto [shards, stripe] : {std::pair(2, 1), std::pair(5, 1), std::pair(5, 3)}) {
      int64_t slots = 30, local = slots / shards;
      std::vector<double> tokens(shards);
      for (int64_t position = 0; position < visible; ++position)
        ++tokens[position / stripe % shards];
      std::string text = llvm::formatv(
          R"(dagrt.mesh @m <"kvp" = {0}> devices [{1}]
          func.func @f(%q: tensor<2x1x1x3x4xbf16, #dagrt.dist<@m, [_, _, _, _, _], of [2, 1, 1, 3, 4]>>,
                       %k: tensor<2x{2}x1x4xbf16, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 30, 1, 4]>>,
                       %p: tensor<1xi32, #dagrt.dist<@m, [_], of [1]>>) {{
            %s = dagrt.positions order striped<{0}, {3}> : tensor<{2}xi32, #dagrt.dist<@m, ["kvp"], of [30]>>
            %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [{0}]>>
            %y, %l = dagrt.attention %q, %k, %k positions %p, %s causal visible {4} scale 1.0 shard %i
              : tensor<2x1x1x3x4xbf16, #dagrt.dist<@m, [_, _, _, _, _], of [2, 1, 1, 3, 4]>>,
                tensor<2x{2}x1x4xbf16, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 30, 1, 4]>>,
                tensor<2x{2}x1x4xbf16, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 30, 1, 4]>>,
                tensor<1xi32, #dagrt.dist<@m, [_], of [1]>>, tensor<{2}xi32, #dagrt.dist<@m, ["kvp"], of [30]>>,
                tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [{0}]>>
              -> tensor<1x2x1x1x3x4xbf16, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [{0}, 2, 1, 1, 3, 4]>>,
                 tensor<1x2x1x1x3xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [{0}, 2, 1, 1, 3]>>
            return
          })",
          shards, shards == 2 ? "0, 1" : "0, 1, 2, 3, 4", local, stripe, visible);
      parse(text);
      Work work = getWork("dagrt.attention");
      double busiest = *llvm::max_element(tokens);
      EXPECT_EQ(work.attention->pairs, busiest) << text;
      EXPECT_EQ(work.attention->keys, busiest) << text;
      // 2 requests of 3 heads; 4 elements of a key and of its value, 2 bytes each.
      EXPECT_EQ(work.flops, 6 * 16 * busiest) << text;
      EXPECT_EQ(work.logicalFlops, 6 * 16 * double(visible)) << text;
      // Beside 24 elements of queries, a position of the query, one of each slot and the shard's
      // number.
      EXPECT_EQ(work.bytesRead, 2 * 24 + 4 + 4 * local + 4 + 2 * 2 * 2 * 4 * busiest) << text;
    }
}

TEST_F(WorkTest, ZigzagBalancesFiveBlocks) {
  auto getImbalance = [&](int64_t tokens, bool zigzag) {
    parseAttention({tokens, 5, 0, 0, zigzag});
    Work work = getWork("dagrt.attention");
    return work.flops * 5 / work.totalFlops;
  };
  EXPECT_NEAR(getImbalance(8192, false), 1.80, 0.005);
  EXPECT_NEAR(getImbalance(8192, true), 1.001, 0.0005);
  EXPECT_NEAR(getImbalance(1024, true), 1.003, 0.0005);
  EXPECT_NEAR(getImbalance(37, true), 1.25, 0.005);
}

TEST_F(WorkTest, PositionsOfQueriesCountFromThoseOfKeys) {
  parse(R"(func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
    %p = dagrt.positions first 100 : tensor<4xi32>
    %y = dagrt.attention %q, %k, %k positions %p, %p causal scale 1.0
      : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>,
        tensor<4xi32> -> tensor<1x4x1x1x8xf32>
    return
  })");
  EXPECT_EQ(getWork("dagrt.attention").attention->pairs, 10);
}

TEST_F(WorkTest, ZigzagRunsAreChunksFromBothEnds) {
  auto getRuns = [&](int64_t blocks, int64_t tokens) {
    return TokenOrderAttr::getZigzag(&context, blocks).getRuns(tokens);
  };
  using Runs = SmallVector<std::pair<int64_t, int64_t>>;
  // Chunks of 3, 3, 2, 2.
  EXPECT_EQ(getRuns(2, 10), (Runs{{0, 3}, {8, 2}, {3, 3}, {6, 2}}));
  EXPECT_EQ(getRuns(1, 5), (Runs{{0, 3}, {3, 2}}));
  // Fewer tokens than chunks: the first chunks have one each.
  EXPECT_EQ(getRuns(4, 3), (Runs{{0, 1}, {1, 1}, {2, 1}}));
  EXPECT_EQ(getRuns(4, 0), Runs());
  // Where a token stands is where its run and its place in it say.
  auto order = TokenOrderAttr::getZigzag(&context, 5);
  int64_t at = 0;
  for (auto [first, count] : order.getRuns(37))
    for (int64_t i = 0; i < count; ++i)
      EXPECT_EQ(order.getPositionOf(first + i, 37), at++);
  EXPECT_EQ(at, 37);
}

TEST_F(WorkTest, MatmulsAreGemmsOfTheBusiestDevice) {
  parse(R"(
    dagrt.mesh @m <"dp" = 2, "tp" = 4> devices [0, 1, 2, 3, 4, 5, 6, 7]
    func.func @f(%x: tensor<1x16x64xbf16, #dagrt.dist<@m, [_, _, _], of [1, 16, 64]>>,
                 %w: tensor<64x2x3x8xbf16, #dagrt.dist<@m, [_, "tp", _, _], of [64, 7, 3, 8]>>) {
      %q = dagrt.matmul %x, %w
        : tensor<1x16x64xbf16, #dagrt.dist<@m, [_, _, _], of [1, 16, 64]>>,
          tensor<64x2x3x8xbf16, #dagrt.dist<@m, [_, "tp", _, _], of [64, 7, 3, 8]>>
        -> tensor<1x16x2x3x8xbf16, #dagrt.dist<@m, [_, _, "tp", _, _], of [1, 16, 7, 3, 8]>>
      return
    }
  )");
  Work work = getWork("dagrt.matmul");
  EXPECT_EQ(work.kind, WorkKind::Gemm);
  EXPECT_EQ(*work.gemm, (GemmShape{1, 16, 64, 48}));
  EXPECT_EQ(work.flops, 2.0 * 16 * 64 * 48);
  // Seven groups over four shards; the other axis holds two replicas.
  EXPECT_EQ(work.logicalFlops, 2.0 * 16 * 64 * 7 * 24);
  EXPECT_EQ(work.totalFlops, 2 * work.logicalFlops);
  EXPECT_EQ(work.bytesRead, 2.0 * (16 * 64 + 64 * 48));
  EXPECT_EQ(work.bytesWritten, 2.0 * 16 * 48);
}

TEST_F(WorkTest, ContractedCutsAreNotReplicas) {
  parse(R"(
    dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<16x8xf32, #dagrt.dist<@m, [_, "tp"], of [16, 32]>>,
                 %w: tensor<8x4xf32, #dagrt.dist<@m, ["tp", _], of [32, 4]>>,
                 %v: tensor<4x4xf32, #dagrt.dist<@m, [_, _], of [4, 4]>>) {
      %y = dagrt.matmul %x, %w : tensor<16x8xf32, #dagrt.dist<@m, [_, "tp"], of [16, 32]>>,
        tensor<8x4xf32, #dagrt.dist<@m, ["tp", _], of [32, 4]>>
        -> tensor<16x4xf32, #dagrt.dist<@m, [_, _], of [16, 4], partial ["tp"]>>
      return
    }
  )");
  Work work = getWork("dagrt.matmul");
  EXPECT_EQ(work.totalFlops, work.logicalFlops);
  EXPECT_EQ(*work.gemm, (GemmShape{1, 16, 8, 4}));
}

TEST_F(WorkTest, WorkOnAPendingSumIsDoneByEachOfItsDevices) {
  parse(R"(
    dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<16x8xf32, #dagrt.dist<@m, [_, _], of [16, 8], partial ["tp"]>>,
                 %w: tensor<8x4xf32, #dagrt.dist<@m, [_, _], of [8, 4]>>) {
      %y = dagrt.matmul %x, %w
        : tensor<16x8xf32, #dagrt.dist<@m, [_, _], of [16, 8], partial ["tp"]>>,
        tensor<8x4xf32, #dagrt.dist<@m, [_, _], of [8, 4]>>
        -> tensor<16x4xf32, #dagrt.dist<@m, [_, _], of [16, 4], partial ["tp"]>>
      return
    }
  )");
  Work work = getWork("dagrt.matmul");
  EXPECT_EQ(work.totalFlops, 4 * work.logicalFlops);
}

TEST_F(WorkTest, DecomposedAttentionIsGemmsForEachHead) {
  parse(R"(func.func @f(%q: tensor<2x16x2x3x8xf32>, %k: tensor<2x16x2x8xf32>) {
    %s = dagrt.attention_scores %q, %k scale 1.0
      : tensor<2x16x2x3x8xf32>, tensor<2x16x2x8xf32> -> tensor<2x2x3x16x16xf32>
    %p = dagrt.softmax %s : tensor<2x2x3x16x16xf32>
    %y = dagrt.attention_context %p, %k
      : tensor<2x2x3x16x16xf32>, tensor<2x16x2x8xf32> -> tensor<2x16x2x3x8xf32>
    return
  })");
  EXPECT_EQ(*getWork("dagrt.attention_scores").gemm, (GemmShape{12, 16, 8, 16}));
  EXPECT_EQ(*getWork("dagrt.attention_context").gemm, (GemmShape{12, 16, 16, 8}));
  Work softmax = getWork("dagrt.softmax");
  EXPECT_EQ(softmax.kind, WorkKind::Softmax);
  EXPECT_EQ(softmax.rows, 12 * 16);
  EXPECT_EQ(softmax.columns, 16);
}

TEST_F(WorkTest, CapsAndBiasesAreWorkOfSoftmaxAlone) {
  parse(R"(func.func @f(%q: tensor<2x16x2x3x8xf32>, %k: tensor<2x16x2x8xf32>,
                         %s: tensor<2x2x3x16x16xf32>, %p: tensor<16xi32>) {
    %m = dagrt.alibi_slopes : tensor<2x3xf32>
    %w = dagrt.softmax %s positions %p, %p alibi %m soft_cap 2.0
      : tensor<2x2x3x16x16xf32>, tensor<16xi32>, tensor<16xi32>, tensor<2x3xf32>
    %y = dagrt.attention %q, %k, %k positions %p, %p alibi %m soft_cap 2.0 scale 1.0
      : tensor<2x16x2x3x8xf32>, tensor<2x16x2x8xf32>, tensor<2x16x2x8xf32>, tensor<16xi32>,
        tensor<16xi32>, tensor<2x3xf32> -> tensor<2x16x2x3x8xf32>
    return
  })");
  EXPECT_EQ(getWork("dagrt.softmax").flops, (4 + 3 + 3) * 12 * 16 * 16);
  EXPECT_EQ(getWork("dagrt.attention").flops, 2 * (8 + 8) * 12 * 16 * 16);
  EXPECT_TRUE(getWork("dagrt.attention").attention->hasOtherScores);
  EXPECT_EQ(getWork("dagrt.alibi_slopes").bytes(), 0);
}

TEST_F(WorkTest, SymbolicSizesCountAsNothing) {
  parse(R"(func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %v: tensor<8x?xf32>) {
    %y = dagrt.matmul %x, %w : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x4xf32>
    %z = dagrt.silu %v : tensor<8x?xf32>
    return
  })");
  EXPECT_EQ(getWork("dagrt.matmul").flops, 0);
  EXPECT_EQ(getWork("dagrt.silu").columns, 0);
  EXPECT_EQ(getWork("dagrt.silu").rows, 0);
}

TEST_F(WorkTest, CollectivesCountWhatAGroupHasInCommon) {
  parse(R"(
    dagrt.mesh @m <"dp" = 2, "tp" = 3> devices [0, 1, 2, 3, 4, 5]
    func.func @f(%x: tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"], of [11, 8]>>,
                 %p: tensor<6x8xf32, #dagrt.dist<@m, ["dp", _], of [11, 8], partial ["tp"]>>) {
      %0 = dagrt.all_gather %x dim 1 axes ["tp"]
        : tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"], of [11, 8]>>
        -> tensor<6x8xf32, #dagrt.dist<@m, ["dp", _], of [11, 8]>>
      %1 = dagrt.all_reduce %p axes ["tp"]
        : tensor<6x8xf32, #dagrt.dist<@m, ["dp", _], of [11, 8], partial ["tp"]>>
        -> tensor<6x8xf32, #dagrt.dist<@m, ["dp", _], of [11, 8]>>
      %2 = dagrt.reduce_scatter %p dim 1 axes ["tp"]
        : tensor<6x8xf32, #dagrt.dist<@m, ["dp", _], of [11, 8], partial ["tp"]>>
        -> tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"], of [11, 8]>>
      %3 = dagrt.all_to_all %2 gather 1 scatter 0 axes ["tp"]
        : tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"], of [11, 8]>>
        -> tensor<2x8xf32, #dagrt.dist<@m, [{"dp", "tp"}, _], of [11, 8]>>
      %4 = dagrt.shift %2 dim 1 by 1
        : tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"], of [11, 8]>>
        -> tensor<6x3xf32, #dagrt.dist<@m, ["dp", "tp"+1], of [11, 8]>>
      return
    }
  )");
  std::vector<Communication> found = getCommunications();
  ASSERT_EQ(found.size(), 5u);
  // The busiest group has six of the eleven rows; the columns are whole and without padding.
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(found[i].bytes, 4 * 6 * 8) << stringifyCommunicationKind(found[i].kind).str();
  EXPECT_EQ(found[4].bytes, 4 * 6 * 3);
}

TEST_F(WorkTest, EmbeddingOverACutVocabularyDecomposes) {
  parse(R"(
    dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%ids: tensor<1x8xi32, #dagrt.dist<@m, [_, _], of [1, 8]>>,
                 %t: tensor<3x6xf32, #dagrt.dist<@m, ["tp", _], of [10, 6]>>) {
      return
    }
    func.func @logical(%ids: tensor<1x8xi32>, %t: tensor<10x6xf32>) {
      %x = dagrt.embedding %ids, %t {dagrt.role = #dagrt.role<embedding>}
        : tensor<1x8xi32>, tensor<10x6xf32> -> tensor<1x8x6xf32>
      return
    }
  )");
  auto op = getOp<EmbeddingOp>();
  ShardingRule rule = op.getShardingRule();
  SmallVector<AxesAttr> factorAxes;
  for (auto [i, factor] : llvm::enumerate(rule.factors)) {
    bool isRows = factor.kind == FactorKind::Decomposable;
    EXPECT_EQ(op.canDecompose(i), isRows);
    factorAxes.push_back(axes(isRows ? R"(["tp"])" : "[]"));
  }
  auto placed = module->lookupSymbol<func::FuncOp>("f");
  OpBuilder builder = OpBuilder::atBlockBegin(&placed.getBody().front());
  FailureOr<SmallVector<Value>> results =
      op.decompose(builder, placed.getBody().getArguments(), factorAxes, {});
  ASSERT_TRUE(succeeded(results));
  EXPECT_TRUE(succeeded(verify(*module)));
  auto lookup = results->front().getDefiningOp<EmbeddingOp>();
  EXPECT_EQ(getDist(lookup.getType()), dist(R"(@m, [_, _, _], of [1, 8, 6], partial ["tp"])"));
  EXPECT_TRUE(lookup.getShard().getDefiningOp<AxisIndexOp>());
  EXPECT_EQ(getRole(lookup), getRole(op));
}

} // namespace
