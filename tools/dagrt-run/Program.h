//===- Program.h - A program to run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_PROGRAM_H
#define DAGRT_RUN_PROGRAM_H

#include "dagrt/Lower/Array.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/Support/SourceMgr.h"

#include <vector>

namespace dagrt {

/// Where complaints go from now on; to begin with, standard error.
void setErrorStream(llvm::raw_ostream &os);
llvm::raw_ostream &getErrorStream();

/// `dagrt-run: error: ...` on standard error; returns failure.
llvm::LogicalResult complain(const llvm::Twine &message);

/// A program and what it computed.
struct Program {
  Program(llvm::StringRef file, llvm::StringRef function)
      : file(file), name(file == "-" ? "standard input" : file), function(function) {}

  /// Reads the file, unless it has been read; what is wrong with it, `load` says.
  void read();

  /// Reads and parses the file, and finds the function to run: the named one, or the only one that
  /// has a body. With `sizes`, binds the named sizes that the program has.
  llvm::LogicalResult load(mlir::MLIRContext &context, llvm::SourceMgr &sources);

  std::string file;
  std::string name;                             ///< For messages.
  llvm::StringRef function;                     ///< Its name, or empty for the only one.
  llvm::StringRef sizes;                        ///< Numbers of symbolic sizes: `seq_len=5`.
  bool isBound = false;                         ///< True if `load` bound named sizes.
  std::unique_ptr<llvm::MemoryBuffer> contents; ///< Between `read` and `load`.
  std::string readErrors;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp func;
  std::vector<Array> outputs;
};

} // namespace dagrt

#endif // DAGRT_RUN_PROGRAM_H
