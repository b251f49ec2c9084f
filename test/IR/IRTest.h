//===- IRTest.h - Modules for unit tests -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TEST_IR_IRTEST_H
#define DAGRT_TEST_IR_IRTEST_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/ExternalModels.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

namespace dagrt {

/// A context, and attributes and modules read from text.
class IRTest : public ::testing::Test {
protected:
  IRTest() {
    mlir::DialectRegistry registry;
    mlir::registerAllDialects(registry);
    registry.insert<DagrtDialect>();
    registerExternalModels(registry);
    context.appendDialectRegistry(registry);
    context.loadDialect<DagrtDialect>();
  }

  /// Reads a module, which must verify.
  void parse(llvm::StringRef text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text.str();
  }

  MeshOp getMesh(llvm::StringRef name) { return module->lookupSymbol<MeshOp>(name); }

  /// The first op of a kind.
  template <typename OpT>
  OpT getOp() {
    OpT found;
    module->walk([&](OpT op) {
      if (!found)
        found = op;
    });
    return found;
  }

  /// `#dagrt.dist<TEXT>`
  DistAttr dist(const std::string &text) {
    return mlir::cast<DistAttr>(mlir::parseAttribute("#dagrt.dist<" + text + ">", &context));
  }

  /// `#dagrt.axes<TEXT>`
  AxesAttr axes(const std::string &text) {
    return mlir::cast<AxesAttr>(mlir::parseAttribute("#dagrt.axes<" + text + ">", &context));
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace dagrt

#endif // DAGRT_TEST_IR_IRTEST_H
