//===- PrintModelSummary.cpp - Prints parameters and FLOPs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pass around computeModelSummary: one summary for each function with dagrt ops, in the order
// of the module.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Import/ModelSummary.h"
#include "dagrt/Import/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_PRINTMODELSUMMARYPASS
#include "dagrt/Import/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// True if the function holds an op of the dialect.
static bool hasDagrtOps(FunctionOpInterface function) {
  return function
      ->walk([](Operation *op) {
        return isa_and_present<DagrtDialect>(op->getDialect()) ? WalkResult::interrupt()
                                                               : WalkResult::advance();
      })
      .wasInterrupted();
}

static void reportSummary(FunctionOpInterface function, const ModelSummary &summary) {
  remark::analysis(function.getLoc(), remark::RemarkOpts::name("ModelSummary")
                                          .category("print-model-summary")
                                          .function(function.getName()))
      << remark::metric("Parameters", summary.parameters)
      << remark::metric("ParameterBytes", summary.parameterBytes)
      << remark::metric("FLOPs", summary.getLogicalFlops());
}

namespace {
struct PrintModelSummary final : public dagrt::impl::PrintModelSummaryPassBase<PrintModelSummary> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      if (!hasDagrtOps(function))
        continue;
      FailureOr<ModelSummary> summary = computeModelSummary(function);
      if (failed(summary))
        return signalPassFailure();
      printModelSummary(*summary, function.getName(), llvm::errs());
      reportSummary(function, *summary);
    }
  }
};
} // namespace
