//===- ReadProgram.cpp - Reads programs from files -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file's bytes, after a check for nesting that would overflow the stack of MLIR's text parser.
// Bytecode is not checked: MLIR's reader reads it in this process, as in every tool.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/ReadProgram.h"

#include "dagrt/Support/InputFile.h"

#include "mlir/Bytecode/BytecodeReader.h"

#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace dagrt;

FailureOr<std::unique_ptr<llvm::MemoryBuffer>> dagrt::readProgram(llvm::StringRef file,
                                                                  ReadComplaint complain) {
  auto input = readInputFileOrStdin(file, kLargestProgram);
  if (!input) {
    complain("", "cannot open input file '" + file + "': " + llvm::toString(input.takeError()));
    return failure();
  }
  std::unique_ptr<llvm::MemoryBuffer> buffer = std::move(*input);
  if (isBytecode(*buffer))
    return buffer;
  llvm::StringRef text = buffer->getBuffer();
  std::optional<DeepNesting> deep = findDeepNesting(text);
  if (!deep)
    return buffer;
  llvm::StringRef before = text.take_front(deep->offset);
  size_t line = before.count('\n') + 1, column = deep->offset - before.rfind('\n');
  complain(buffer->getBufferIdentifier() + ":" + llvm::Twine(line) + ":" + llvm::Twine(column),
           "expects " + deep->limit);
  return failure();
}
