//===- ProgramAnalysisTest.cpp - What a program takes, and why -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An analysis must find what is found when costs are written on the ops first, leave the program as
// it is, and be kept for as long as the program stays so.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/ProgramAnalysis.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace dagrt;

namespace {

/// Two functions, one of which calls the other.
constexpr StringLiteral kProgram = R"(
func.func @ffn(%x: tensor<64x4096xbf16>) -> tensor<64x4096xbf16> {
  %up = dagrt.parameter "up" : tensor<4096x8192xbf16>
  %down = dagrt.parameter "down" : tensor<8192x4096xbf16>
  %h = dagrt.matmul %x, %up : tensor<64x4096xbf16>, tensor<4096x8192xbf16> -> tensor<64x8192xbf16>
  %a = dagrt.silu %h : tensor<64x8192xbf16>
  %y = dagrt.matmul %a, %down : tensor<64x8192xbf16>, tensor<8192x4096xbf16> -> tensor<64x4096xbf16>
  return %y : tensor<64x4096xbf16>
}
func.func @twice(%x: tensor<64x4096xbf16>) -> tensor<64x4096xbf16> {
  %y = call @ffn(%x) : (tensor<64x4096xbf16>) -> tensor<64x4096xbf16>
  %z = call @ffn(%y) : (tensor<64x4096xbf16>) -> tensor<64x4096xbf16>
  return %z : tensor<64x4096xbf16>
}
)";

using AnalysisPtr = std::shared_ptr<const ProgramAnalysis>;

class ProgramAnalysisTest : public testing::Test {
protected:
  ProgramAnalysisTest() {
    context.loadDialect<DagrtDialect, func::FuncDialect>();
    module = parseSourceString<ModuleOp>(kProgram, &context);
  }

  std::string print() {
    std::string text;
    llvm::raw_string_ostream(text) << *module;
    return text;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(ProgramAnalysisTest, FindsWhatIsWrittenOnOps) {
  std::string before = print();
  FailureOr<AnalysisPtr> analysis = analyzeProgram(*module);
  ASSERT_TRUE(succeeded(analysis));
  EXPECT_EQ(print(), before);
  ASSERT_EQ((*analysis)->functions.size(), 2u);
  int64_t made[2];
  for (auto [function, makespan] : llvm::zip_equal((*analysis)->functions, made)) {
    EXPECT_TRUE(function.isModelled);
    EXPECT_FALSE(function.costs.isTakenOver);
    EXPECT_EQ(function.facts.size(), function.getTimeline().ops.size());
    makespan = function.getTimeline().makespan;
    func::FuncOp op = function.getTimeline().function;
    ASSERT_TRUE(succeeded(annotateCosts(op, CostOptions())));
    FailureOr<Timeline> timeline = computeTimeline(op);
    ASSERT_TRUE(succeeded(timeline));
    EXPECT_EQ(timeline->makespan, makespan);
    EXPECT_EQ(timeline->criticalPath, function.getTimeline().criticalPath);
  }
  EXPECT_GT(made[0], 0);
  EXPECT_EQ(made[1], 2 * made[0]);
}

TEST_F(ProgramAnalysisTest, WritesCostsOnce) {
  FailureOr<AnalysisPtr> analysis = analyzeProgram(*module);
  ASSERT_TRUE(succeeded(analysis));
  EXPECT_TRUE(writeCosts(**analysis));
  std::string written = print();
  EXPECT_FALSE(writeCosts(**analysis));
  EXPECT_EQ(print(), written);
  // What was written is what the next analysis takes over.
  FailureOr<AnalysisPtr> again = analyzeProgram(*module);
  ASSERT_TRUE(succeeded(again));
  EXPECT_TRUE((*again)->functions.front().costs.isTakenOver);
  EXPECT_FALSE(writeCosts(**again));
}

TEST_F(ProgramAnalysisTest, LeavesOutFunctionsThatAreCalled) {
  AnalysisOptions options;
  options.dropCallees = true;
  FailureOr<TimedProgram> program = TimedProgram::create(*module, options);
  ASSERT_TRUE(succeeded(program));
  ASSERT_EQ(program->functions.size(), 1u);
  func::FuncOp function = program->functions.front().getTimeline().function;
  EXPECT_EQ(function.getSymName(), "twice");
}

TEST_F(ProgramAnalysisTest, KeepsOneForEachSetOfOptions) {
  ProgramAnalyses analyses(module->getOperation());
  AnalysisOptions options, others;
  others.schedule.overlap = false;
  FailureOr<AnalysisPtr> first = analyses.get(options), second = analyses.get(others);
  ASSERT_TRUE(succeeded(first) && succeeded(second));
  EXPECT_NE(*first, *second);
  EXPECT_EQ(*analyses.get(options), *first);
  EXPECT_EQ(*analyses.get(others), *second);
  others.memory.keepKeyValues = false;
  EXPECT_NE(*analyses.get(others), *second);
}

/// What a pass does after it has asked for the analysis.
struct AskPass : PassWrapper<AskPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AskPass)
  AskPass(std::vector<AnalysisPtr> &seen, bool preserves) : seen(seen), preserves(preserves) {}

  void runOnOperation() override {
    FailureOr<AnalysisPtr> analysis = getAnalysis<ProgramAnalyses>().get(AnalysisOptions());
    if (failed(analysis))
      return signalPassFailure();
    seen.push_back(*analysis);
    if (preserves)
      markAnalysesPreserved<ProgramAnalyses>();
  }

  std::vector<AnalysisPtr> &seen;
  bool preserves;
};

TEST_F(ProgramAnalysisTest, IsDroppedWithWhatAPassChanges) {
  std::vector<AnalysisPtr> seen;
  auto passes = PassManager::on<ModuleOp>(&context);
  for (bool preserves : {true, false, true})
    passes.addPass(std::make_unique<AskPass>(seen, preserves));
  ASSERT_TRUE(succeeded(passes.run(*module)));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_NE(seen[1], seen[2]);
}

TEST_F(ProgramAnalysisTest, SaysThatThereIsNothing) {
  std::string error;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    error = diagnostic.str();
    return success();
  });
  auto empty = parseSourceString<ModuleOp>("module {}", &context);
  EXPECT_TRUE(failed(analyzeProgram(*empty)));
  EXPECT_EQ(error, "expects a function with a body to analyze, got none");
}

} // namespace
