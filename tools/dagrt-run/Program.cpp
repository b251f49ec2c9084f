//===- Program.cpp - A program to run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Pipelines/ReadProgram.h"

#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace dagrt;

static llvm::raw_ostream *errorStream = &llvm::errs();

void dagrt::setErrorStream(llvm::raw_ostream &os) { errorStream = &os; }

llvm::raw_ostream &dagrt::getErrorStream() { return *errorStream; }

LogicalResult dagrt::complain(const Twine &message) {
  *errorStream << "dagrt-run: error: " << message << '\n';
  return failure();
}

/// Finds the function to run.
static LogicalResult select(Program &program) {
  StringRef name = program.function;
  SmallVector<func::FuncOp> functions;
  for (auto func : program.module->getOps<func::FuncOp>())
    if (!func.isExternal() && (name.empty() || func.getSymName() == name))
      functions.push_back(func);
  if (functions.size() == 1) {
    program.func = functions.front();
    return success();
  }
  if (!name.empty())
    return complain("expects a function '@" + name + "' with a body in '" + program.file +
                    "', got none");
  if (functions.empty())
    return complain("expects a function with a body in '" + program.name + "', got none");
  std::string names;
  llvm::raw_string_ostream os(names);
  llvm::interleaveComma(functions, os, [&](func::FuncOp func) { os << '@' << func.getSymName(); });
  return complain("expects one function in '" + program.name + "', got " + names +
                  "; name one with --function");
}

/// Binds the program's named sizes, if `sizes` says numbers and the program names any.
static LogicalResult bindNamedSizes(Program &program) {
  ModuleOp module = *program.module;
  if (program.sizes.empty() || getSizeNames(module).empty())
    return success();
  FailureOr<SizeBinding> sizes =
      readSizes(module, program.sizes, [&]() { return emitError(module.getLoc()); });
  program.isBound = true;
  return success(succeeded(sizes) && succeeded(bindSizes(module, *sizes)));
}

void Program::read() {
  if (contents || !readErrors.empty())
    return;
  llvm::raw_string_ostream errors(readErrors);
  auto complainAt = [&](const Twine &where, const Twine &message) {
    std::string place = where.str();
    errors << (place.empty() ? "dagrt-run" : place) << ": error: " << message << '\n';
  };
  if (auto buffer = readProgram(file, complainAt); succeeded(buffer))
    contents = std::move(*buffer);
}

LogicalResult Program::load(MLIRContext &context, llvm::SourceMgr &sources) {
  read();
  if (!contents) {
    *errorStream << readErrors;
    return failure();
  }
  sources.AddNewSourceBuffer(std::move(contents), llvm::SMLoc());
  module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module || failed(bindNamedSizes(*this)))
    return failure();
  return select(*this);
}
