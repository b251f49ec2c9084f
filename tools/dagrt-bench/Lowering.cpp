//===- Lowering.cpp - How long programs take to compile -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The model with 2 and with 32 layers, partitioned over 13 and over 100 devices, is lowered to the
// LLVM dialect and compiled; nothing is run, so its sizes do not matter. Lowering should grow with
// the layers, and the machine code to be made hardly: layers share their functions. Neither should
// grow with the devices, which are a dim of the arrays.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "Config.h"
#include "dagrt/Import/ImportHFConfig.h"
#include "dagrt/Lower/Jit.h"
#include "dagrt/Lower/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

#include <chrono>

using namespace mlir;
using namespace dagrt;

namespace {
/// One size of a model on one number of devices.
struct Case {
  int64_t layers, devices;
  StringRef partition;
};

/// Seconds of each step, of the run in which both took least.
struct Times {
  int64_t ops = 0;
  double lower = 0, compile = 0;
};
} // namespace

static double measure(llvm::function_ref<void()> action) {
  auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Runs a textual pipeline.
static LogicalResult runPasses(ModuleOp module, StringRef pipeline) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName(),
                     OpPassManager::Nesting::Implicit);
  return success(succeeded(parsePassPipeline(pipeline, passes)) && succeeded(passes.run(module)));
}

static LogicalResult measureCase(const DialectRegistry &registry, StringRef config,
                                 const Case &program, int64_t seqLen, Times &times) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ImportOptions options;
  options.seqLen = seqLen;
  auto module = importHFConfig(llvm::MemoryBufferRef(config, "config"), options, &context);
  if (failed(module) || failed(runPasses(**module, program.partition)))
    return failure();
  times.ops = 0;
  (*module)->walk([&](Operation *) { ++times.ops; });
  auto lowering = PassManager::on<ModuleOp>(&context);
  buildDagrtToLLVMPipeline(lowering, DagrtToLLVMOptions());
  bool ok = true;
  times.lower = measure([&] { ok = succeeded(lowering.run(**module)); });
  if (!ok)
    return failure();
  times.compile = measure([&] { ok = succeeded(CompiledModule::compile(**module)); });
  return success(ok);
}

LogicalResult dagrt::printLoweringTimes(const DialectRegistry &registry, StringRef config,
                                        int64_t seqLen, int64_t runs, std::string &error) {
  DialectRegistry all;
  registry.appendTo(all);
  registerLoweringDialects(all);
  constexpr StringLiteral few = "partition-fa-pool{tp=8 pool=5}";
  constexpr StringLiteral many = "partition-fa-pool{tp=32 pool=68}";
  llvm::outs() << llvm::formatv("{0,8}{1,9}{2,9}{3,12}{4,12}{5,12}\n", "layers", "devices", "ops",
                                "lower s", "compile s", "both s");
  for (const Case &program :
       {Case{2, 13, few}, Case{32, 13, few}, Case{2, 100, many}, Case{32, 100, many}}) {
    llvm::Expected<std::string> text =
        changeLayers(config, [&](int64_t) { return program.layers; });
    if (!text) {
      error = llvm::toString(text.takeError());
      return failure();
    }
    Times best;
    for (int64_t run = 0; run < runs; ++run) {
      Times times;
      if (failed(measureCase(all, *text, program, seqLen, times)))
        return failure();
      if (run == 0 || times.lower + times.compile < best.lower + best.compile)
        best = times;
    }
    llvm::outs() << llvm::formatv("{0,8}{1,9}{2,9}{3,12:f2}{4,12:f2}{5,12:f2}\n", program.layers,
                                  program.devices, best.ops, best.lower, best.compile,
                                  best.lower + best.compile);
  }
  return success();
}
