//===- Execution.cpp - Pairs, compiled and on ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include "Program.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/ExtractRank.h"
#include "dagrt/Lower/Jit.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace dagrt;

StringRef dagrt::getDefaultMpirun() { return DAGRT_FUZZ_MPIRUN; }

std::string dagrt::compareCompiled(ModuleOp module, uint64_t seed, ArrayRef<Array> reference) {
  CompiledRunOptions options;
  options.seed = seed;
  // Each program runs once, on a few numbers.
  options.jit.optLevel = 0;
  func::FuncOp function = getFunction(module);
  FailureOr<std::vector<Array>> outputs =
      runCompiled(function, makeInputs(function, options), options);
  if (failed(outputs))
    return "cannot run compiled";
  return compareOutputs(*outputs, reference);
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

static LogicalResult write(StringRef name, ModuleOp module) {
  std::error_code error;
  llvm::raw_fd_ostream stream(name, error);
  stream << print(module);
  return success(!error);
}

/// The lines of a log that begin with a complaint, or all of it.
static std::string getComplaint(StringRef log) {
  auto file = llvm::MemoryBuffer::getFile(log);
  if (!file)
    return "no output";
  SmallVector<StringRef> lines, errors;
  (*file)->getBuffer().trim().split(lines, '\n');
  llvm::copy_if(lines, std::back_inserter(errors),
                [](StringRef line) { return line.contains("error:"); });
  return llvm::join(errors.empty() ? lines : errors, "; ");
}

std::string dagrt::compareOnRanks(ModuleOp placed, ModuleOp model, uint64_t seed,
                                  StringRef mpirun) {
  SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("dagrt-fuzz", folder))
    return "expects to write a temporary folder";
  llvm::scope_exit cleanup([&] { llvm::sys::fs::remove_directories(folder); });
  std::string program = (folder + "/placed.mlir").str(), other = (folder + "/model.mlir").str(),
              log = (folder + "/log").str();
  if (failed(write(program, placed)) || failed(write(other, model)))
    return "expects to write to '" + folder.str().str() + "'";
  std::string executable = llvm::sys::fs::getMainExecutable(nullptr, nullptr);
  SmallString<128> runner = llvm::sys::path::parent_path(executable);
  llvm::sys::path::append(runner, "dagrt-run");
  auto starter = llvm::sys::findProgramByName(mpirun);
  if (!starter)
    return ("expects a program that starts ranks, got '" + mpirun + "'").str();
  std::string ranks = std::to_string(getRankDevices(getFunction(placed)).size()),
              seedOption = "--seed=" + std::to_string(seed);
  SmallVector<StringRef> arguments = {*starter, "-n",        ranks, runner,    "--mpi",
                                      program,  "--compare", other, seedOption};
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  constexpr unsigned kSeconds = 300;
  std::string error;
  int status =
      llvm::sys::ExecuteAndWait(*starter, arguments, std::nullopt, redirects, kSeconds, 0, &error);
  if (status == 0)
    return "";
  return error.empty() ? getComplaint(log) : error;
}
