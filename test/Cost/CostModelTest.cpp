//===- CostModelTest.cpp - Get_Time and cost models of one's own -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/CostModel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {

/// Every op takes a microsecond.
struct ConstantModel final : CostModel {
  FailureOr<Cost> getComputeCost(const Work &, const Device &, EmitError) const override {
    Cost cost;
    cost.picoseconds = picoseconds;
    return cost;
  }
  double picoseconds = 1e6;
};

class CostModelTest : public ::testing::Test {
protected:
  CostModelTest() {
    context.loadDialect<DagrtDialect, func::FuncDialect>();
    context.getDiagEngine().registerHandler(
        [&](Diagnostic &diagnostic) { errors.push_back(diagnostic.str()); });
    module = parseSourceString<ModuleOp>(R"(
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = dagrt.silu %x : tensor<4xf32>
        return %y : tensor<4xf32>
      })",
                                         &context);
    function = *module->getOps<func::FuncOp>().begin();
  }

  /// Annotates with a model whose ops take `picoseconds`, under the name "calibrated".
  LogicalResult annotate(double picoseconds) {
    CostModelRegistry registry = CostModelRegistry::getBuiltin();
    registry.add("calibrated",
                 [&](const CostOptions &, EmitError) -> FailureOr<std::unique_ptr<CostModel>> {
                   auto model = std::make_unique<ConstantModel>();
                   model->picoseconds = picoseconds;
                   return std::unique_ptr<CostModel>(std::move(model));
                 });
    return annotateCosts(function, CostOptions(), registry);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  std::vector<std::string> errors;
};

TEST_F(CostModelTest, GetTimeIsTheRoofline) {
  Location loc = UnknownLoc::get(&context);
  FailureOr<Device> device = loadDevice("h100-sxm", loc);
  ASSERT_TRUE(succeeded(device));
  std::unique_ptr<CostModel> model = createRooflineModel();
  auto fail = [&]() { return emitError(loc); };
  Type bf16 = BFloat16Type::get(&context);
  FailureOr<Cost> large = getTime(*model, {1, 8192, 8192, 8192}, bf16, *device, fail);
  ASSERT_TRUE(succeeded(large));
  EXPECT_NEAR(large->picoseconds, 2 * 8192.0 * 8192 * 8192 / 989, 1);
  EXPECT_EQ(large->bound, Bound::compute);
  // One row reads the weight once.
  FailureOr<Cost> row = getTime(*model, {1, 1, 8192, 8192}, bf16, *device, fail);
  ASSERT_TRUE(succeeded(row));
  EXPECT_NEAR(row->picoseconds, 2 * (8192.0 * 8192 + 2 * 8192) / 3.35, 1);
  EXPECT_EQ(row->bound, Bound::memory);
  EXPECT_TRUE(failed(getTime(*model, {1, -1, 2, 2}, bf16, *device, fail)));
  EXPECT_NE(errors.back().find("expects sizes that are not negative"), std::string::npos);
}

TEST_F(CostModelTest, ModelOfOnesOwnReplacesABuiltinOne) {
  ASSERT_TRUE(succeeded(annotate(1e6)));
  EXPECT_EQ(getCost(&function.getBody().front().front()).getPicoseconds(), 1000000);
}

/// Adds `mine` to the models.
static CostModelRegistry addMine() {
  CostModelRegistry registry = CostModelRegistry::getBuiltin();
  registry.add("mine", [](const CostOptions &, EmitError) -> FailureOr<std::unique_ptr<CostModel>> {
    auto model = std::make_unique<ConstantModel>();
    model->picoseconds = 42;
    return std::unique_ptr<CostModel>(std::move(model));
  });
  return registry;
}

TEST_F(CostModelTest, CostsOfAModelOfOnesOwnHoldWhereNobodyKnowsIt) {
  Operation *op = &function.getBody().front().front();
  ASSERT_TRUE(succeeded(
      annotateCosts(function, {"dgx-h100", "mine", /*table=*/"", /*sizes=*/""}, addMine())));
  CostSummary summary;
  ASSERT_TRUE(succeeded(annotateCosts(function, CostOptions(), &summary)));
  EXPECT_EQ(getCost(op).getPicoseconds(), 42);
  EXPECT_EQ(summary.used.options.model, "mine");
  EXPECT_TRUE(summary.used.isTakenOver);
  // They are of no other work.
  auto type = RankedTensorType::get({8}, Float32Type::get(&context));
  function.getArgument(0).setType(type);
  op->getResult(0).setType(type);
  EXPECT_TRUE(failed(annotateCosts(function, CostOptions())));
  EXPECT_NE(
      errors.back().find("expects a cost by the model 'mine', which is not one of this tool's"),
      std::string::npos);
  // A tool with the model computes again, and no other model may be named.
  ASSERT_TRUE(succeeded(annotateCosts(function, CostOptions(), addMine())));
  EXPECT_TRUE(
      failed(annotateCosts(function, {"dgx-h100", "calibrated", /*table=*/"", /*sizes=*/""})));
}

TEST_F(CostModelTest, TimeThatOverflowsIsAnErrorAtTheOp) {
  EXPECT_TRUE(failed(annotate(1e19)));
  EXPECT_EQ(errors.back(),
            "'dagrt.silu' op expects a time of at most 2^63 - 1 ps (106 days), got 1.000e+19 ps");
}

TEST_F(CostModelTest, TimeThatIsNoNumberIsAnErrorAtTheOp) {
  EXPECT_TRUE(failed(annotate(std::nan(""))));
}

TEST_F(CostModelTest, EveryBuiltinDescriptionReads) {
  Location loc = UnknownLoc::get(&context);
  for (const std::string &name : getBuiltinDevices()) {
    FailureOr<Device> device = loadDevice(name, loc);
    ASSERT_TRUE(succeeded(device)) << name;
    EXPECT_EQ(device->name, name);
    EXPECT_FALSE(device->source.empty()) << name;
  }
  for (const std::string &name : getBuiltinClusters()) {
    FailureOr<Cluster> cluster = loadCluster(name, loc);
    ASSERT_TRUE(succeeded(cluster)) << name;
    EXPECT_EQ(cluster->name, name);
    EXPECT_FALSE(cluster->source.empty()) << name;
  }
}

} // namespace
