//===- Program.cpp - A program to run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "dagrt/Pipelines/ReadProgram.h"

#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace dagrt;

LogicalResult dagrt::complain(const Twine &message) {
  llvm::errs() << "dagrt-run: error: " << message << '\n';
  return failure();
}

static LogicalResult parse(MLIRContext &context, llvm::SourceMgr &sources, Program &program) {
  auto complainAt = [](const Twine &where, const Twine &message) {
    std::string place = where.str();
    llvm::errs() << (place.empty() ? "dagrt-run" : place) << ": error: " << message << '\n';
  };
  auto buffer = readProgram(program.file, context.getDialectRegistry(), complainAt);
  if (failed(buffer))
    return failure();
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  program.module = parseSourceFile<ModuleOp>(sources, &context);
  return success(static_cast<bool>(program.module));
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

LogicalResult Program::load(MLIRContext &context, llvm::SourceMgr &sources) {
  if (failed(parse(context, sources, *this)))
    return failure();
  return select(*this);
}
