//===- Pair.cpp - Checks of one pair -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps of one pair, in order. Each returns a sentence if it does not hold.
//
//===----------------------------------------------------------------------===//

#include "Pair.h"
#include "Conservation.h"
#include "Execution.h"
#include "Inference.h"
#include "Program.h"
#include "Strategies.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Partition/Partitioner.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Corruption
//===----------------------------------------------------------------------===//

/// Damages the placed program in a way that verifies, as a wrong partitioner would.
static void corrupt(ModuleOp module, StringRef corruption) {
  module.walk([&](Operation *op) {
    if (auto attention = dyn_cast<AttentionOp>(op); attention && corruption == "scale")
      attention.setScale(llvm::APFloat(attention.getScale().convertToDouble() * 1.001));
    else if (auto positions = dyn_cast<PositionsOp>(op); positions && corruption == "order")
      positions.removeOrderAttr();
  });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

namespace {
/// One pair on its way through the steps.
class PairChecker {
public:
  PairChecker(const Setup &setup, const PairOptions &options)
      : setup(setup), options(options), context(makeContext(options.compiled)) {}
  Outcome check();

private:
  LogicalResult makePlaced(ModuleOp module);
  std::string buildAndPartition();
  std::string verifyPlaced();
  std::string conserve();
  std::string roundTrip();
  std::string repeat();
  std::string partitionSymbolic();
  std::string compareBound(ModuleOp symbolicModel, ModuleOp symbolicPlaced);
  std::string compareWithModel();
  std::string simplify();
  std::string runCompiled();
  std::string runOnRanks();

  /// `action`'s error, or nothing if it succeeds.
  std::string getError(llvm::function_ref<LogicalResult()> action);

  const Setup &setup;
  const PairOptions &options;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> model, placed;
  std::vector<Array> reference;
};
} // namespace

std::string PairChecker::getError(llvm::function_ref<LogicalResult()> action) {
  Errors errors(context.get());
  if (succeeded(action()))
    return "";
  return errors.str().empty() ? "fails without an error" : errors.str();
}

LogicalResult PairChecker::makePlaced(ModuleOp module) {
  if (failed(partition(module, setup)))
    return failure();
  corrupt(module, options.corruption);
  return success();
}

std::string PairChecker::buildAndPartition() {
  std::string error = getError([&] {
    model = buildModel(setup, context.get());
    return success(model && succeeded(verify(*model)));
  });
  if (!error.empty())
    return "the model does not verify: " + error;
  placed = model->clone();
  return getError([&] { return makePlaced(*placed); });
}

std::string PairChecker::verifyPlaced() {
  std::string error = getError([&] {
    return failure(failed(verify(*placed)) || failed(verifyPlacement(getFunction(*placed))));
  });
  for (ModuleOp module : {*model, *placed})
    if (error.empty())
      error = findOtherResults(getFunction(module));
  return error;
}

std::string PairChecker::conserve() { return findLoss(getFunction(*model), getFunction(*placed)); }

/// Text and bytecode are read back to the same program.
std::string PairChecker::roundTrip() {
  std::string text = print(*placed), bytecode;
  llvm::raw_string_ostream stream(bytecode);
  if (failed(writeBytecodeToFile(*placed, stream)))
    return "bytecode cannot be written";
  for (const std::string &form : {text, bytecode}) {
    OwningOpRef<ModuleOp> read;
    std::string error = getError([&] {
      read = parseSourceString<ModuleOp>(form, context.get());
      return success(static_cast<bool>(read));
    });
    std::string what = form == text ? "text" : "bytecode";
    if (!error.empty())
      return what + " cannot be read back: " + error;
    if (print(*read) != text)
      return what + " is read back to another program";
  }
  return "";
}

/// In another context, where every pointer is another, the partitioner does the same.
std::string PairChecker::repeat() {
  std::unique_ptr<MLIRContext> other = makeContext();
  OwningOpRef<ModuleOp> again = buildModel(setup, other.get());
  if (failed(makePlaced(*again)))
    return "the second partition fails";
  return print(*again) == print(*placed) ? "" : "a second partition is another program";
}

/// A module at other sizes than its default ones.
static FailureOr<OwningOpRef<ModuleOp>> bindOtherwise(ModuleOp module) {
  SizeBinding sizes;
  for (const auto &[name, number] : getDefaultSizes(module))
    sizes.set(name, number + 3);
  OwningOpRef<ModuleOp> bound = module.clone();
  if (failed(bindSizes(*bound, sizes)) || failed(verify(*bound)))
    return failure();
  return bound;
}

/// At sizes that the partitioner did not see, the placed program computes what the model does.
std::string PairChecker::compareBound(ModuleOp symbolicModel, ModuleOp symbolicPlaced) {
  std::string difference;
  std::string error = getError([&]() -> LogicalResult {
    FailureOr<OwningOpRef<ModuleOp>> boundModel = bindOtherwise(symbolicModel);
    FailureOr<OwningOpRef<ModuleOp>> boundPlaced = bindOtherwise(symbolicPlaced);
    if (failed(boundModel) || failed(boundPlaced) ||
        failed(verifyPlacement(getFunction(**boundPlaced))))
      return failure();
    FailureOr<std::vector<Array>> expected = run(**boundModel, setup.seed);
    FailureOr<std::vector<Array>> outputs = run(**boundPlaced, setup.seed);
    if (failed(expected) || failed(outputs))
      return failure();
    difference = compareOutputs(*outputs, *expected);
    return success();
  });
  return error.empty() ? difference : error;
}

/// A model whose sizes are named is partitioned as one of numbers is.
std::string PairChecker::partitionSymbolic() {
  if (!setup.symbolicTokens && !setup.symbolicBatch)
    return "";
  Setup named = setup;
  named.options.isSeqLenSymbolic = setup.symbolicTokens;
  named.options.isBatchSymbolic = setup.symbolicBatch;
  OwningOpRef<ModuleOp> symbolicModel = buildModel(named, context.get()), symbolicPlaced, read;
  std::string error = getError([&]() -> LogicalResult {
    symbolicPlaced = symbolicModel->clone();
    if (failed(verify(*symbolicModel)) || failed(makePlaced(*symbolicPlaced)) ||
        failed(verify(*symbolicPlaced)))
      return failure();
    read = parseSourceString<ModuleOp>(print(*symbolicPlaced), context.get());
    return success(static_cast<bool>(read));
  });
  if (!error.empty())
    return error;
  if (print(*read) != print(*symbolicPlaced))
    return "text with named sizes is read back to another program";
  error = compareBound(*symbolicModel, *symbolicPlaced);
  if (!error.empty())
    return "at other sizes: " + error;
  error = getError([&] {
    return failure(failed(bindSizes(*symbolicModel, getDefaultSizes(*symbolicModel))) ||
                   failed(bindSizes(*symbolicPlaced, getDefaultSizes(*symbolicPlaced))));
  });
  if (!error.empty())
    return error;
  if (print(*symbolicModel) != print(*model))
    return "the model with bound sizes is another one";
  return print(*symbolicPlaced) == print(*placed) ? ""
                                                  : "partitioning and binding give another program "
                                                    "than binding and partitioning";
}

std::string PairChecker::compareWithModel() {
  std::string difference;
  std::string error = getError([&]() -> LogicalResult {
    if (reference.empty()) {
      FailureOr<std::vector<Array>> outputs = run(*model, setup.seed);
      if (failed(outputs))
        return failure();
      reference = std::move(*outputs);
    }
    FailureOr<std::vector<Array>> outputs = run(*placed, setup.seed);
    if (succeeded(outputs))
      difference = compareOutputs(*outputs, reference);
    return outputs;
  });
  return error.empty() ? difference : error;
}

/// What users run on any program keeps its meaning.
std::string PairChecker::simplify() {
  std::string error = getError([&] { return runPasses(*placed, "cse,canonicalize"); });
  return error.empty() ? verifyPlaced() : error;
}

/// Both, because a defect of the lowering might show in one form only.
std::string PairChecker::runCompiled() {
  std::string difference;
  for (ModuleOp module : {*model, *placed}) {
    std::string error = getError([&] {
      difference = options.compiled ? compareCompiled(module, setup.seed, reference) : "";
      return success(difference.empty());
    });
    // What has elements that come from none, as heads of no dims, runs in the evaluator only.
    if (StringRef(error).contains("the evaluator runs programs with empty tensors"))
      return "";
    if (!difference.empty())
      return (module == *model ? "the model: " : "the partition: ") + difference + ": " + error;
  }
  return "";
}

std::string PairChecker::runOnRanks() {
  if (options.mpirun.empty())
    return "";
  std::string difference = compareOnRanks(*placed, *model, setup.seed, options.mpirun);
  bool isRefused = StringRef(difference).contains("the evaluator runs programs with empty tensors");
  return isRefused ? "" : difference;
}

Outcome PairChecker::check() {
  std::string refusal = getExpectedRefusal(setup), error = buildAndPartition();
  if (!refusal.empty()) {
    if (StringRef(error).contains(refusal))
      return {Outcome::Refused, "", error};
    return {Outcome::Failed, "refusal",
            "expects a refusal with '" + refusal + "', got " +
                (error.empty() ? "a program" : "'" + error + "'")};
  }
  // A strategy that was drawn for no model may ask for what no op can do.
  bool mayRefuse = !setup.program.empty() && StringRef(error).contains("expects");
  if (!error.empty())
    return {mayRefuse ? Outcome::Refused : Outcome::Failed, "partition", error};
  struct Step {
    StringLiteral name;
    std::string (PairChecker::*check)();
  };
  static constexpr Step steps[] = {{"verify", &PairChecker::verifyPlaced},
                                   {"conserve", &PairChecker::conserve},
                                   {"round-trip", &PairChecker::roundTrip},
                                   {"repeat", &PairChecker::repeat},
                                   {"run", &PairChecker::compareWithModel},
                                   {"symbolic", &PairChecker::partitionSymbolic},
                                   {"simplify", &PairChecker::simplify},
                                   {"run-simplified", &PairChecker::compareWithModel},
                                   {"run-compiled", &PairChecker::runCompiled},
                                   {"run-on-ranks", &PairChecker::runOnRanks}};
  for (const Step &step : steps)
    if (error = (this->*step.check)(); !error.empty())
      return {Outcome::Failed, step.name.str(), error};
  return {};
}

Outcome dagrt::checkPair(const Setup &setup, const PairOptions &options) {
  return PairChecker(setup, options).check();
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

Case dagrt::reduceCase(Case choices, StringRef step, const PairOptions &original) {
  // Later steps than the one that fails are not run.
  PairOptions options = original;
  options.compiled &= step == "run-compiled";
  if (step != "run-on-ranks")
    options.mpirun.clear();
  auto failsAlike = [&](const Case &candidate) {
    Outcome outcome = checkPair(makeSetup(candidate), options);
    return outcome.kind == Outcome::Failed && outcome.step == step;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (unsigned entry = 0; entry < choices.size(); ++entry)
      for (unsigned simpler = 0; simpler < choices[entry]; ++simpler) {
        Case candidate = choices;
        candidate[entry] = simpler;
        if (!failsAlike(candidate))
          continue;
        choices = std::move(candidate);
        changed = true;
      }
  }
  return choices;
}

static void writeFile(StringRef name, StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream stream(name, error);
  stream << text;
}

std::string dagrt::writePair(const Setup &setup, StringRef prefix) {
  std::string model = (prefix + ".mlir").str(), strategy = (prefix + ".yaml").str();
  std::unique_ptr<MLIRContext> context = makeContext();
  OwningOpRef<ModuleOp> module = buildModel(setup, context.get());
  writeFile(model, print(*module));
  if (std::string text = getStrategyText(setup); !text.empty())
    writeFile(strategy, text);
  return "dagrt-opt " + model + " " + getPartitionCommand(setup, strategy) +
         " | dagrt-run --compare " + model + " --seed=" + std::to_string(setup.seed);
}
