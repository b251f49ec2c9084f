//===- ConfigDiagnostics.h - Printing errors about configs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most configs are small, but some are one line of megabytes, which must not be printed for an
// error in it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_CONFIGDIAGNOSTICS_H
#define DAGRT_IMPORT_CONFIGDIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/MemoryBuffer.h"

namespace dagrt {

/// Prints the diagnostics of an import as compilers do, with the part of the line that they are
/// about.
class ConfigDiagnosticPrinter : public mlir::ScopedDiagnosticHandler {
public:
  ConfigDiagnosticPrinter(mlir::MLIRContext *context, llvm::MemoryBufferRef config,
                          llvm::raw_ostream &os);

private:
  void print(const mlir::Diagnostic &diagnostic);
  void printLine(unsigned line, unsigned column);

  llvm::MemoryBufferRef config;
  llvm::raw_ostream &os;
};

} // namespace dagrt

#endif // DAGRT_IMPORT_CONFIGDIAGNOSTICS_H
