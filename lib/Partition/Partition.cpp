//===- Partition.cpp - Partition by a strategy file -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads the strategy and hands it to the partitioner.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Partition/Partitioner.h"
#include "dagrt/Partition/Passes.h"
#include "dagrt/Partition/Strategy.h"
#include "dagrt/Support/InputFile.h"

namespace dagrt {
#define GEN_PASS_DEF_PARTITIONPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// Partitions `module` by the strategy in `yaml` with `options`. What is wrong with the text of a
/// `file` is emitted where it stands, all else on the module.
static LogicalResult partitionByText(ModuleOp module, StringRef yaml, StringRef name,
                                     const StrategyOptions &options, StringRef file = "") {
  auto report = [&](const Twine &text, TextPosition at) {
    bool isInFile = at.line > 0 && !file.empty();
    emitError(isInFile ? getFileLocation(module.getContext(), file, at) : module.getLoc()) << text;
  };
  FailureOr<Strategy> strategy = parseStrategy(yaml, name, options, report);
  if (failed(strategy))
    return failure();
  strategy->file = file.str();
  return partitionModule(module, *strategy);
}

LogicalResult dagrt::partitionModule(ModuleOp module, StringRef builtin,
                                     const StrategyOptions &options) {
  std::optional<StringRef> yaml = getBuiltinStrategy(builtin);
  if (!yaml)
    return emitError(module.getLoc())
           << "expects one of the built-in strategies tp-pp and fa-pool, "
              "got '"
           << builtin << "'";
  return partitionByText(module, *yaml, builtin, options);
}

namespace {
struct Partition final : dagrt::impl::PartitionPassBase<Partition> {
  using PartitionPassBase::PartitionPassBase;

  void runOnOperation() override {
    StrategyOptions values;
    for (const std::string &option : assignments) {
      auto [name, value] = StringRef(option).split('=');
      if (value.empty()) {
        emitError(getOperation().getLoc())
            << "expects options as name=value, got '" << option << "'";
        return signalPassFailure();
      }
      values[name.str()] = value.str();
    }
    if (getBuiltinStrategy(strategy)) {
      if (failed(partitionModule(getOperation(), strategy, values)))
        signalPassFailure();
      return;
    }
    auto file = readInputFile(strategy, kLargestDescription);
    if (!file) {
      emitError(getOperation().getLoc())
          << "expects a strategy file or one of the built-in strategies "
             "tp-pp and fa-pool, got '"
          << strategy << "': " << llvm::toString(file.takeError());
      return signalPassFailure();
    }
    if (failed(partitionByText(getOperation(), (*file)->getBuffer(), strategy, values, strategy)))
      signalPassFailure();
  }
};
} // namespace
