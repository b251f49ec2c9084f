//===- RetimeTest.cpp - A structure timed again -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The structure of a timeline, timed with other durations, must say what a timeline says that is
// computed for these durations from the program.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Timeline.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace dagrt;

namespace {

constexpr StringLiteral kMeshes = R"(
  dagrt.mesh @a <"tp" = 4> devices [0, 1, 2, 3]
  dagrt.mesh @b <"tp" = 4> devices [2, 3, 4, 5]
  func.func @f(%v0: tensor<8xf32, #dagrt.dist<@a, [_], of [8]>>,
               %v1: tensor<8xf32, #dagrt.dist<@b, [_], of [8]>>) {
)";

std::string getType(bool onB) {
  return std::string("tensor<8xf32, #dagrt.dist<@") + (onB ? "b" : "a") + ", [_], of [8]>>";
}

/// A random program of ops and messages on two meshes that share devices.
std::string makeProgram(std::mt19937 &random, unsigned ops) {
  std::string text = kMeshes.str();
  std::vector<bool> onB = {false, true};
  auto pick = [&](bool mesh) {
    unsigned value;
    do
      value = random() % onB.size();
    while (onB[value] != mesh);
    return "%v" + std::to_string(value);
  };
  for (unsigned i = 0; i < ops; ++i) {
    std::string name = std::to_string(onB.size());
    bool mesh = random() % 2;
    switch (random() % 4) {
    case 0:
      text += "%m" + name + " = dagrt.send " + pick(mesh) + " : " + getType(mesh) +
              " -> !dagrt.message<" + getType(!mesh) + ">\n%v" + name + " = dagrt.recv %m" + name +
              " : !dagrt.message<" + getType(!mesh) + ">\n";
      onB.push_back(!mesh);
      break;
    case 1:
      text += "%v" + name + " = dagrt.silu " + pick(mesh) + " : " + getType(mesh) + "\n";
      onB.push_back(mesh);
      break;
    default:
      text += "%v" + name + " = dagrt.add " + pick(mesh) + ", " + pick(mesh) + " : " +
              getType(mesh) + ", " + getType(mesh) + " -> " + getType(mesh) + "\n";
      onB.push_back(mesh);
    }
  }
  return text + "return\n}";
}

/// Puts a random cost on every op that takes time; a few take none.
void setCosts(func::FuncOp function, std::mt19937 &random) {
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isa<RecvOp>(op))
      continue;
    int64_t picoseconds = random() % 5 == 0 ? 0 : random() % 10;
    op.setDiscardableAttr(DagrtDialect::kCostAttrName,
                          CostAttr::get(op.getContext(), picoseconds, Bound::none,
                                        Provenance::given, "", Real(-1.0)));
  }
}

void expectEqual(const Timeline &retimed, const Timeline &computed) {
  ASSERT_EQ(retimed.ops.size(), computed.ops.size());
  EXPECT_EQ(retimed.makespan, computed.makespan);
  EXPECT_EQ(retimed.criticalPath, computed.criticalPath);
  EXPECT_EQ(retimed.dependencies, computed.dependencies);
  for (auto [a, b] : llvm::zip(retimed.ops, computed.ops)) {
    EXPECT_EQ(a.start, b.start);
    EXPECT_EQ(a.end, b.end);
    EXPECT_EQ(a.ready, b.ready);
    EXPECT_EQ(a.slack, b.slack);
    EXPECT_EQ(a.blocker, b.blocker);
    EXPECT_EQ(a.cause, b.cause);
    EXPECT_EQ(a.critical, b.critical);
    if (b.cause == StartCause::Resource) {
      EXPECT_EQ(a.resource, b.resource);
      EXPECT_EQ(a.deviceClass, b.deviceClass);
    }
  }
}

class RetimeTest : public ::testing::Test {
protected:
  RetimeTest() { context.loadDialect<DagrtDialect, func::FuncDialect>(); }

  func::FuncOp parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    return module ? *module->getOps<func::FuncOp>().begin() : func::FuncOp();
  }

  static std::vector<int64_t> getDurations(func::FuncOp function) {
    std::vector<int64_t> durations;
    for (Operation &op : function.getBody().front().without_terminator())
      durations.push_back(getCost(&op) ? getCost(&op).getPicoseconds() : 0);
    return durations;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(RetimeTest, IsAsIfComputedAnew) {
  std::mt19937 random(1);
  for (unsigned program = 0; program < 40; ++program) {
    func::FuncOp function = parse(makeProgram(random, 1 + program));
    ASSERT_TRUE(function);
    ScheduleOptions options;
    options.overlap = program % 2;
    options.limitedResources = program % 3 != 0;
    FailureOr<Timeline> structure =
        buildTimelineStructure(function, options, [](Operation *op) { return !isa<RecvOp>(op); });
    ASSERT_TRUE(succeeded(structure));
    for (unsigned times = 0; times < 5; ++times) {
      setCosts(function, random);
      FailureOr<Timeline> computed = computeTimeline(function, options);
      ASSERT_TRUE(succeeded(computed));
      ASSERT_TRUE(succeeded(retime(*structure, getDurations(function))));
      expectEqual(*structure, *computed);
    }
  }
}

TEST_F(RetimeTest, RefusesAProgramThatTakesTooLong) {
  std::mt19937 random(2);
  func::FuncOp function = parse(makeProgram(random, 8));
  ASSERT_TRUE(function);
  FailureOr<Timeline> structure = buildTimelineStructure(
      function, ScheduleOptions(), [](Operation *op) { return !isa<RecvOp>(op); });
  ASSERT_TRUE(succeeded(structure));
  std::string error;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    error = diagnostic.str();
    return success();
  });
  std::vector<int64_t> durations(structure->ops.size(), INT64_MAX);
  EXPECT_TRUE(failed(retime(*structure, durations)));
  EXPECT_NE(error.find("expects the program to end before 2^63 ps (106 days)"), std::string::npos);
  // The structure can be timed again.
  std::fill(durations.begin(), durations.end(), 0);
  EXPECT_TRUE(succeeded(retime(*structure, durations)));
  EXPECT_EQ(structure->makespan, 0);
  EXPECT_TRUE(structure->criticalPath.empty());
}

} // namespace
