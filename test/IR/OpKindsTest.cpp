//===- OpKindsTest.cpp - Ops that do the same, on equal kinds of meshes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Meshes `a` and `b` are alike on nodes of four devices, `c` lies across two nodes, and `d` has two
// axes.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/OpKinds.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/FormatVariadic.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace dagrt;

namespace {

class OpKindsTest : public testing::Test {
protected:
  OpKindsTest() { context.loadDialect<DagrtDialect, func::FuncDialect>(); }

  /// Parses ops inside a function beside the meshes.
  void parse(const std::string &body) {
    module = parseSourceString<ModuleOp>(llvm::formatv(R"(
      dagrt.mesh @a <"tp" = 4> devices [0, 1, 2, 3]
      dagrt.mesh @b <"tp" = 4> devices [8, 9, 10, 11]
      dagrt.mesh @c <"tp" = 4> devices [14, 15, 16, 17]
      dagrt.mesh @d <"tp" = 4, "dp" = 2> devices [20, 21, 22, 23, 24, 25, 26, 27]
      func.func @f() {{
        {0}
        return
      }
    )",
                                                       body)
                                             .str(),
                                         &context);
    ASSERT_TRUE(module);
  }

  /// The kinds of the ops named `name`, in order.
  std::vector<unsigned> getKinds(StringRef name, int64_t devicesPerNode = 4) {
    OpKinds kinds(devicesPerNode);
    std::vector<unsigned> found;
    module->walk([&](Operation *op) {
      if (op->getName().getStringRef() == name)
        found.push_back(kinds.getKind(op));
    });
    return found;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

/// A weight on each mesh, sharded over "tp", and its silu.
std::string makeSilu(StringRef mesh, StringRef rows = "16") {
  int64_t size = 0;
  EXPECT_FALSE(rows.getAsInteger(10, size));
  return llvm::formatv("%{0}{1} = dagrt.parameter \"w\" : tensor<{2}x8xf32, #dagrt.dist<@{0}, "
                       "[\"tp\", _], of [{1}, 8]>>\n"
                       "%s{0}{1} = dagrt.silu %{0}{1} : tensor<{2}x8xf32, #dagrt.dist<@{0}, "
                       "[\"tp\", _], of [{1}, 8]>>\n",
                       mesh, rows, size / 4)
      .str();
}

TEST_F(OpKindsTest, MeshesThatLieAlike) {
  parse(makeSilu("a") + makeSilu("b") + makeSilu("c") + makeSilu("d") + makeSilu("b", "32"));
  EXPECT_EQ(getKinds("dagrt.silu"), (std::vector<unsigned>{0, 0, 1, 2, 3}));
  // Without nodes, only the order of devices counts.
  EXPECT_EQ(getKinds("dagrt.silu", 0), (std::vector<unsigned>{0, 0, 0, 1, 2}));
}

TEST_F(OpKindsTest, MeshesCorrespond) {
  parse(makeSilu("a") + makeSilu("b"));
  OpKinds kinds(4);
  std::vector<std::string> names;
  module->walk([&](SiluOp op) {
    for (MeshOp mesh : kinds.getMeshes(op))
      names.push_back(mesh.getSymName().str());
  });
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
}

TEST_F(OpKindsTest, BothMeshesOfAMessageCount) {
  auto send = [](StringRef value, StringRef from, StringRef to) {
    return llvm::formatv(
               "%{0} = dagrt.parameter \"w\" : tensor<8xf32, #dagrt.dist<@{1}, [_], of "
               "[8]>>\n%m{0} = dagrt.send %{0} : tensor<8xf32, #dagrt.dist<@{1}, [_], of "
               "[8]>> -> !dagrt.message<tensor<8xf32, #dagrt.dist<@{2}, [_], of [8]>>>\n"
               "%r{0} = dagrt.recv %m{0} : !dagrt.message<tensor<8xf32, #dagrt.dist<@{2}, "
               "[_], of [8]>>>\n",
               value, from, to)
        .str();
  };
  // Forward, back, and twice from one node to two others.
  parse(send("x", "a", "b") + send("y", "b", "a") + send("z", "a", "c") + send("w", "b", "c"));
  EXPECT_EQ(getKinds("dagrt.send"), (std::vector<unsigned>{0, 1, 2, 2}));
}

TEST_F(OpKindsTest, PositionsCount) {
  auto rope = [](StringRef mesh, int64_t first) {
    return llvm::formatv(
               "%p{0}{1} = dagrt.positions first {1} : tensor<8xi32, #dagrt.dist<@{0}, [_], of "
               "[8]>>\n%x{0}{1} = dagrt.parameter \"x\" : tensor<1x8x2x4xf32, #dagrt.dist<@{0}, "
               "[_, "
               "_, _, _], of [1, 8, 2, 4]>>\n%y{0}{1} = dagrt.rope %x{0}{1}, %p{0}{1} <theta "
               "10000.0, "
               "dims 4> : tensor<1x8x2x4xf32, #dagrt.dist<@{0}, [_, _, _, _], of [1, 8, 2, 4]>>, "
               "tensor<8xi32, #dagrt.dist<@{0}, [_], of [8]>>\n",
               mesh, first)
        .str();
  };
  parse(rope("a", 0) + rope("b", 0) + rope("b", 8));
  std::vector<unsigned> kinds = getKinds("dagrt.rope");
  ASSERT_EQ(kinds.size(), 3u);
  EXPECT_EQ(kinds[0], kinds[1]);
  EXPECT_NE(kinds[1], kinds[2]);
}

} // namespace
