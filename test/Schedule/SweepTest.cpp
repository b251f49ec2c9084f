//===- SweepTest.cpp - Timelines at many sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A symbolic program evaluated at a binding must have the times that it has when its sizes are
// replaced by numbers first, and what formulas are written with must be what its ops do.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Sweep.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace dagrt;

namespace {

/// Attention in a pool of three, the output projection on a base of four; numbers of tokens that do
/// not divide.
constexpr StringLiteral kProgram = R"(
!q = tensor<?x?x4x1x64xbf16,
  #dagrt.dist<@pool, [_, "sp", _, _, _], of [batch, seq_len, 4, 1, 64]>>
!block = tensor<?x?x256xbf16, #dagrt.dist<@pool, [_, "sp", _], of [batch, seq_len, 256]>>
!kvblock = tensor<?x?x4x64xbf16, #dagrt.dist<@pool, [_, "sp", _, _], of [batch, seq_len, 4, 64]>>
!kv = tensor<?x?x4x64xbf16, #dagrt.dist<@pool, [_, _, _, _], of [batch, seq_len, 4, 64]>>
!scores = tensor<?x4x1x?x?xbf16,
  #dagrt.dist<@pool, [_, _, _, "sp", _], of [batch, 4, 1, seq_len, seq_len]>>
!flat = tensor<?x?x1x1x64xbf16,
  #dagrt.dist<@base, [_, _, "tp", _, _], of [batch, seq_len, 4, 1, 64]>>
!part = tensor<?x?x256xbf16,
  #dagrt.dist<@base, [_, _, _], of [batch, seq_len, 256], partial ["tp"]>>
!x = tensor<?x?x256xbf16, #dagrt.dist<@base, [_, _, _], of [batch, seq_len, 256]>>
!w = tensor<1x1x64x256xbf16, #dagrt.dist<@base, ["tp", _, _, _], of [4, 1, 64, 256]>>
!qw = tensor<256x4x1x64xbf16, #dagrt.dist<@pool, [_, _, _, _], of [256, 4, 1, 64]>>
!kvw = tensor<256x4x64xbf16, #dagrt.dist<@pool, [_, _, _], of [256, 4, 64]>>
module attributes {dagrt.sizes = {batch = 2 : i64, seq_len = 1024 : i64}} {
  dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
  dagrt.mesh @pool <"sp" = 3> devices [3, 9, 10]
  func.func @f(%x: !block) -> !x {
    %qw = dagrt.parameter "q" : !qw
    %kw = dagrt.parameter "k" : !kvw
    %q = dagrt.matmul %x, %qw : !block, !qw -> !q
    %kb = dagrt.matmul %x, %kw : !block, !kvw -> !kvblock
    %k = dagrt.all_gather %kb dim 1 axes ["sp"] : !kvblock -> !kv
    %s = dagrt.attention_scores %q, %k scale 1.250000e-01 : !q, !kv -> !scores
    %c = dagrt.attention_context %s, %k : !scores, !kv -> !q
    %m = dagrt.send %c : !q -> !dagrt.message<!flat>
    %r = dagrt.recv %m : !dagrt.message<!flat>
    %w = dagrt.parameter "w" : !w
    %p = dagrt.matmul %r, %w contract 3 : !flat, !w -> !part
    %a = dagrt.all_reduce %p axes ["tp"] : !part -> !x
    %y = dagrt.silu %a : !x
    return %y : !x
  }
})";

class SweepTest : public ::testing::Test {
protected:
  SweepTest() {
    context.loadDialect<DagrtDialect, func::FuncDialect>();
    context.getDiagEngine().registerHandler(
        [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
    module = parseSourceString<ModuleOp>(kProgram, &context);
  }

  static func::FuncOp getFunction(ModuleOp module) {
    return *module.getOps<func::FuncOp>().begin();
  }

  /// The sweep that `text` says; else what is wrong with it is in `error`.
  FailureOr<SizeSweep> parse(StringRef text) {
    Location loc = UnknownLoc::get(&context);
    return parseSweep(text, [&]() { return emitError(loc); });
  }

  /// The numbers of a sweep of one name.
  std::vector<int64_t> getValues(StringRef text) {
    FailureOr<SizeSweep> sweep = parse(text);
    return succeeded(sweep) ? sweep->axes.front().values : std::vector<int64_t>();
  }

  static SizeBinding bind(int64_t batch, int64_t seqLen) {
    SizeBinding binding;
    binding.set("batch", batch);
    binding.set("seq_len", seqLen);
    return binding;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string error;
};

TEST_F(SweepTest, ReadsListsAndRanges) {
  using Values = std::vector<int64_t>;
  EXPECT_EQ(getValues("s=7"), Values({7}));
  EXPECT_EQ(getValues("s=1,2, 4"), Values({1, 2, 4}));
  EXPECT_EQ(getValues("s=1023:1025"), Values({1023, 1024, 1025}));
  EXPECT_EQ(getValues("s=1024:4096:1024"), Values({1024, 2048, 3072, 4096}));
  EXPECT_EQ(getValues("s=1024:9000:x2"), Values({1024, 2048, 4096, 8192}));
  EXPECT_EQ(getValues("s=1,2^3:2^5:x2"), Values({1, 8, 16, 32}));
  EXPECT_EQ(getValues("s=5:5"), Values({5}));
  // What would come after 2^63 - 1 is not there.
  EXPECT_EQ(getValues("s=2^62:9223372036854775807:x2"), Values({int64_t(1) << 62}));
}

TEST_F(SweepTest, CombinesNames) {
  FailureOr<SizeSweep> sweep = parse("a=1,2;b=5:7");
  ASSERT_TRUE(succeeded(sweep));
  ASSERT_EQ(sweep->getNumPoints(), 6u);
  EXPECT_EQ(sweep->getPoint(0).str(), "a=1,b=5");
  EXPECT_EQ(sweep->getPoint(2).str(), "a=1,b=7");
  EXPECT_EQ(sweep->getPoint(3).str(), "a=2,b=5");
}

TEST_F(SweepTest, RefusesWhatIsNoSweep) {
  for (auto [text, expected] : {
           std::pair("", "expects a sweep such as"),
           std::pair("seq_len", "expects a sweep such as"),
           std::pair("=4", "expects a sweep such as"),
           std::pair("s=", "expects a size of a sweep to be a number"),
           std::pair("s=0", "expects a size of a sweep to be a number"),
           std::pair("s=-5", "expects a size of a sweep to be a number"),
           std::pair("s=1.5", "expects a size of a sweep to be a number"),
           std::pair("s=2^63", "expects a size of a sweep to be a number"),
           std::pair("s=9223372036854775808", "expects a size of a sweep to be a number"),
           std::pair("s=1:2:3:4", "expects a number or a range"),
           std::pair("s=8:4", "expects a range to ascend"),
           std::pair("s=4:8:0", "expects the step of a sweep"),
           std::pair("s=4:8:x1", "expects the factor of a range to be at least 2"),
           std::pair("s=4:8:x", "expects the factor of a sweep"),
           std::pair("s=4,4", "expects ascending numbers for 's', got 4 after 4"),
           std::pair("s=4;s=5", "expects each name once in a sweep, got 's' twice"),
           std::pair("s=1:100001", "expects a sweep of at most 100000 points"),
           std::pair("s=1:9223372036854775807", "expects a sweep of at most 100000 points"),
           std::pair("a=1:1000;b=1:101", "expects a sweep of at most 100000 points"),
       }) {
    error.clear();
    EXPECT_TRUE(failed(parse(text))) << text;
    EXPECT_EQ(error.find(expected), 0u) << text << ": " << error;
  }
}

TEST_F(SweepTest, IsAsIfSizesWereNumbers) {
  ASSERT_TRUE(module);
  for (bool overlap : {true, false}) {
    ScheduleOptions options{overlap, true};
    auto timeline = SymbolicTimeline::create(getFunction(*module), CostOptions(), options);
    ASSERT_TRUE(succeeded(timeline)) << error;
    for (auto [batch, seqLen] : {std::pair(1, 1), std::pair(2, 1023), std::pair(2, 1024),
                                 std::pair(3, 1025), std::pair(1, 1 << 20)}) {
      ASSERT_TRUE(succeeded((*timeline)->evaluate(bind(batch, seqLen)))) << error;
      OwningOpRef<ModuleOp> bound = module->clone();
      ASSERT_TRUE(succeeded(bindSizes(*bound, bind(batch, seqLen)))) << error;
      ASSERT_TRUE(succeeded(annotateCosts(getFunction(*bound), CostOptions()))) << error;
      FailureOr<Timeline> expected = computeTimeline(getFunction(*bound), options);
      ASSERT_TRUE(succeeded(expected));
      const Timeline &actual = (*timeline)->getTimeline();
      EXPECT_EQ(actual.makespan, expected->makespan);
      EXPECT_EQ(actual.criticalPath, expected->criticalPath);
      for (auto [a, b] : llvm::zip_equal(actual.ops, expected->ops)) {
        EXPECT_EQ(a.start, b.start);
        EXPECT_EQ(a.end, b.end);
        EXPECT_EQ(a.slack, b.slack);
        EXPECT_EQ(a.cost, b.cost);
      }
    }
  }
  // Nothing was written on the program.
  module->walk([](Operation *op) { EXPECT_FALSE(op->hasAttr(DagrtDialect::kCostAttrName)); });
}

TEST_F(SweepTest, NamesWithoutANumberHaveTheDefault) {
  auto timeline = SymbolicTimeline::create(getFunction(*module), CostOptions());
  ASSERT_TRUE(succeeded(timeline));
  SizeBinding binding;
  binding.set("seq_len", 77);
  ASSERT_TRUE(succeeded((*timeline)->evaluate(binding)));
  EXPECT_EQ((*timeline)->getBinding().str(), "batch=2,seq_len=77");
}

TEST_F(SweepTest, ReportsSizesThatOverflow) {
  auto timeline = SymbolicTimeline::create(getFunction(*module), CostOptions());
  ASSERT_TRUE(succeeded(timeline));
  EXPECT_TRUE(failed((*timeline)->evaluate(bind(int64_t(1) << 40, int64_t(1) << 40))));
  EXPECT_NE(error.find("106 days"), std::string::npos) << error;
  // The next binding is as good as before.
  EXPECT_TRUE(succeeded((*timeline)->evaluate(bind(2, 8))));
}

TEST_F(SweepTest, FormulasSayWhatOpsDo) {
  SmallVector<Operation *> ops;
  for (Operation &op : getFunction(*module).getBody().front())
    if (auto work = dyn_cast<WorkOpInterface>(op); work && work.getWork().gemm)
      ops.push_back(&op);
  EXPECT_EQ(ops.size(), 5u);
  BoundOps bound(ops);
  for (SizeBinding binding : {bind(1, 1), bind(2, 1024), bind(3, 1025)}) {
    ASSERT_TRUE(succeeded(bound.bind(binding)));
    for (auto [index, op] : llvm::enumerate(ops)) {
      double product = 1;
      SmallVector<SizeProduct, 3> sizes = cast<WorkOpInterface>(op).getWorkSizes();
      ASSERT_EQ(sizes.size(), 3u);
      for (const SizeProduct &factors : sizes)
        for (SizeAttr factor : factors) {
          FailureOr<int64_t> number =
              factor.evaluate(binding, [op = op]() { return op->emitError(); });
          ASSERT_TRUE(succeeded(number));
          product *= *number;
        }
      EXPECT_EQ(2 * product, cast<WorkOpInterface>(bound[index]).getWork().flops);
    }
  }
}

} // namespace
