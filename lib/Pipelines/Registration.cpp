//===- Registration.cpp - Everything dagrt registers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/Registration.h"

#include "dagrt/Cost/Passes.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/ExternalModels.h"
#include "dagrt/IR/Passes.h"
#include "dagrt/Import/Passes.h"
#include "dagrt/Lower/LowerInterfaces.h"
#include "dagrt/Lower/Passes.h"
#include "dagrt/Lower/Pipelines.h"
#include "dagrt/Partition/Passes.h"
#include "dagrt/Pipelines/Passes.h"
#include "dagrt/Report/Passes.h"
#include "dagrt/Report/ReportFiles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

void dagrt::registerDialects(DialectRegistry &registry) {
  registry.insert<DagrtDialect, func::FuncDialect>();
  registerExternalModels(registry);
  registerLowerModels(registry);
  registerReportFiles(registry);
}

void dagrt::registerPasses() {
  registerDagrtIRPasses();
  registerDagrtImportPasses();
  registerDagrtCostPasses();
  registerDagrtPartitionPasses();
  registerDagrtReportPasses();
  registerDagrtLowerPasses();
  registerDagrtPipelinesPasses();
  PassPipelineRegistration<DagrtToLLVMOptions>(
      "dagrt-to-llvm", "Lower both forms to the LLVM dialect", buildDagrtToLLVMPipeline);
}
