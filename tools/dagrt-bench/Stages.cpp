//===- Stages.cpp - Time of each step by the number of meshes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pipeline has a mesh for each stage. The ops of a model of as many layers as stages are the same
// on one mesh and on many, but for a message between stages: a step that takes many times longer on
// many meshes is not linear in them. The cluster has a node of 8 devices for each stage.
//
//===----------------------------------------------------------------------===//

#include "Stages.h"
#include "Config.h"
#include "dagrt/Import/ImportHFConfig.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

#include <chrono>

using namespace mlir;
using namespace dagrt;

namespace {
/// A file that is gone when this is.
class TemporaryFile {
public:
  /// Empty `path` if it could not be written.
  explicit TemporaryFile(StringRef text) {
    std::error_code error = llvm::sys::fs::createTemporaryFile("dagrt-bench", "yaml", path);
    if (!error)
      llvm::raw_fd_ostream(path, error) << text;
    if (error)
      path.clear();
  }
  ~TemporaryFile() { llvm::sys::fs::remove(path); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  SmallString<128> path;
};

/// One step, as a textual pipeline, and what it took in each run.
struct Step {
  StringRef name;
  std::string pipeline;
  std::vector<double> seconds = {};

  double getMedian() const {
    std::vector<double> sorted = seconds;
    llvm::sort(sorted);
    return sorted[sorted.size() / 2];
  }
};

/// The steps of a program with a number of stages.
struct StageRun {
  std::vector<Step> steps;
  int64_t ops = 0;
};
} // namespace

static std::vector<Step> makeSteps(int64_t stages, StringRef cluster, StringRef plans,
                                   StringRef report) {
  auto format = [&](const char *pipeline) {
    return llvm::formatv(pipeline, stages, cluster, plans, report).str();
  };
  // What compares plans starts from the model, as partitioning does.
  return {{"compare-plans", format("dagrt-compare-plans{{plans={2} cluster={1} report={3}}")},
          {"partition-tp-pp", format("partition-tp-pp{{tp=8 pp={0}}")},
          {"verify-placement", "dagrt-verify-placement"},
          {"annotate-cost", format("annotate-cost{{cluster={1}}")},
          {"critical-path", format("critical-path{{report={3}}")}};
}

static LogicalResult measureSteps(const DialectRegistry &registry, StringRef config, int64_t seqLen,
                                  StageRun &run) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ImportOptions options;
  options.seqLen = seqLen;
  auto module = importHFConfig(llvm::MemoryBufferRef(config, "config"), options, &context);
  if (failed(module))
    return failure();
  for (Step &step : run.steps) {
    PassManager passes(&context, ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
    if (failed(parsePassPipeline(step.pipeline, passes)))
      return failure();
    auto start = std::chrono::steady_clock::now();
    if (failed(passes.run(**module)))
      return failure();
    step.seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  run.ops = 0;
  (*module)->walk([&](Operation *) { ++run.ops; });
  return success();
}

LogicalResult dagrt::printStageTimes(const DialectRegistry &registry, StringRef config,
                                     int64_t seqLen, int64_t stages, int64_t runs,
                                     std::string &error) {
  llvm::Expected<std::string> text = changeLayers(config, [&](int64_t) { return stages; });
  if (!text) {
    error = llvm::toString(text.takeError());
    return failure();
  }
  TemporaryFile cluster(llvm::formatv("name: bench\ndevice: h100-sxm\nnodes: {0}\n"
                                      "devices_per_node: 8\n"
                                      "intra: {{kind: nvlink, bandwidth_gbs: 450}\n"
                                      "inter: {{kind: network, bandwidth_gbs: 50}\n",
                                      stages)
                            .str());
  TemporaryFile report("");
  StageRun both[2];
  for (auto [run, meshes] : {std::pair(&both[0], int64_t(1)), std::pair(&both[1], stages)}) {
    TemporaryFile plans(llvm::formatv("- {{name: a, pipeline: \"partition-tp-pp{{tp=8 pp={0}}\"}\n"
                                      "- {{name: b, pipeline: \"partition-tp-pp{{tp=4 pp={0}}\"}\n",
                                      meshes)
                            .str());
    run->steps = makeSteps(meshes, cluster.path, plans.path, report.path);
    for (int64_t i = 0; i < runs; ++i)
      if (failed(measureSteps(registry, *text, seqLen, *run)))
        return failure();
  }
  llvm::outs() << llvm::formatv("{0} layers, {1} ops on 1 mesh and {2} on {0}\n", stages,
                                both[0].ops, both[1].ops)
               << llvm::formatv("{0,-20}{1,12}{2,16}{3,10}\n", "step", "1 mesh s",
                                llvm::formatv("{0} meshes s", stages).str(), "times");
  for (auto [one, many] : llvm::zip_equal(both[0].steps, both[1].steps))
    llvm::outs() << llvm::formatv("{0,-20}{1,12:f2}{2,16:f2}{3,10:f2}\n", one.name, one.getMedian(),
                                  many.getMedian(), many.getMedian() / one.getMedian());
  return success();
}
