//===- Program.cpp - Modules in memory -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Compare.h"
#include "dagrt/Lower/Jit.h"
#include "dagrt/Pipelines/Registration.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

std::unique_ptr<MLIRContext> dagrt::makeContext(bool compiles) {
  DialectRegistry registry;
  registry.insert<arith::ArithDialect>();
  registerDialects(registry);
  if (compiles)
    registerLoweringDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadDialect<DagrtDialect, func::FuncDialect, arith::ArithDialect>();
  context->printOpOnDiagnostic(false);
  return context;
}

OwningOpRef<ModuleOp> dagrt::buildModel(const Setup &setup, MLIRContext *context) {
  if (!setup.program.empty())
    return parseSourceString<ModuleOp>(setup.program, context);
  return buildDecoder(setup.spec, setup.options, UnknownLoc::get(context));
}

func::FuncOp dagrt::getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

std::string dagrt::print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  stream << '\n';
  return text;
}

LogicalResult dagrt::runPasses(ModuleOp module, StringRef pipeline) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName(),
                     OpPassManager::Nesting::Implicit);
  return failure(failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(module)));
}

Errors::Errors(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error && text.empty())
          text = diagnostic.str();
        return success();
      }) {}

FailureOr<std::vector<Array>> dagrt::run(ModuleOp module, uint64_t seed) {
  EvaluatorOptions options;
  options.seed = seed;
  func::FuncOp function = getFunction(module);
  if (failed(checkEvaluable(function, options)))
    return failure();
  return evaluate(function, makeInputs(function, options), options);
}

std::string dagrt::compareOutputs(ArrayRef<Array> outputs, ArrayRef<Array> reference,
                                  double tolerance) {
  if (outputs.size() != reference.size())
    return llvm::formatv("expects {0} outputs, got {1}", reference.size(), outputs.size()).str();
  for (auto [i, a, b] : llvm::enumerate(outputs, reference)) {
    if (a.shape != b.shape)
      return llvm::formatv("expects output #{0} of shape [{1:$[, ]}], got [{2:$[, ]}]", i,
                           llvm::make_range(b.shape.begin(), b.shape.end()),
                           llvm::make_range(a.shape.begin(), a.shape.end()))
          .str();
    Difference difference = compare(a, b);
    double error = difference.getError();
    if (!(error <= tolerance))
      return llvm::formatv("expects output #{0} within {1:e2}, got {2:e2} at [{3:$[, ]}]", i,
                           tolerance, error,
                           llvm::make_range(difference.index.begin(), difference.index.end()))
          .str();
  }
  return "";
}
