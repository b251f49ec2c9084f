//===- ReadProgram.cpp - Programs from files nobody vouches for -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A child process reads bytecode and sends back text, or its errors, through a pipe. What the
// reader does to the child's memory stays there: a signal, an endless loop and an absurd
// allocation all are a child that did not answer.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/ReadProgram.h"

#include "dagrt/Support/InputFile.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace dagrt;

namespace {

// What the first byte of the child's answer says.
constexpr char kText = 'T', kErrors = 'E';
// Seconds and bytes that no readable file comes near.
constexpr rlim_t kReadSeconds = 120;
constexpr rlim_t kReadBytes = rlim_t(4) << 30, kReadBytesPerByte = 256;

} // namespace

/// In the child: crashes are silent, and bounded. Address space is not bounded under sanitizers,
/// which reserve it by the terabyte.
static void prepareChild(size_t size) {
  for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP})
    signal(number, SIG_DFL);
  int null = open("/dev/null", O_WRONLY);
  if (null >= 0)
    dup2(null, STDERR_FILENO);
  rlimit none{0, 0}, seconds{kReadSeconds, kReadSeconds};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_CPU, &seconds);
#ifndef __SANITIZE_ADDRESS__
  rlim_t bytes = kReadBytes + size * kReadBytesPerByte;
  rlimit space{bytes, bytes};
  setrlimit(RLIMIT_AS, &space);
#endif
}

/// In the child: the bytecode as text, or errors. Its meaning is verified by who parses the text.
static std::string translate(llvm::MemoryBufferRef buffer, const DialectRegistry &registry) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  std::string errors(1, kErrors);
  context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      errors += diagnostic.str() + '\n';
  });
  ParserConfig config(&context, /*verifyAfterParse=*/false);
  Block block;
  if (failed(readBytecodeFile(buffer, &block, config)))
    return errors;
  std::string text(1, kText);
  llvm::raw_string_ostream os(text);
  for (Operation &op : block) {
    op.print(os, OpPrintingFlags().enableDebugInfo().printGenericOpForm());
    os << '\n';
  }
  return text;
}

/// In the child: never returns.
[[noreturn]] static void runChild(int pipe, llvm::MemoryBufferRef buffer,
                                  const DialectRegistry &registry) {
  prepareChild(buffer.getBufferSize());
  std::string answer = translate(buffer, registry);
  for (size_t sent = 0; sent < answer.size();) {
    ssize_t count = write(pipe, answer.data() + sent, answer.size() - sent);
    if (count < 0 && errno != EINTR)
      _exit(1);
    sent += std::max<ssize_t>(count, 0);
  }
  _exit(0);
}

static std::string readAll(int pipe) {
  std::string text;
  char part[1 << 16];
  for (;;) {
    ssize_t count = read(pipe, part, sizeof(part));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return text;
    text.append(part, count);
  }
}

/// The child's answer, empty if it has none.
static std::string askChild(llvm::MemoryBufferRef buffer, const DialectRegistry &registry) {
  int ends[2];
  if (pipe(ends) != 0)
    return {};
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    runChild(ends[1], buffer, registry);
  }
  close(ends[1]);
  llvm::scope_exit closePipe([&] { close(ends[0]); });
  if (child < 0)
    return {};
  std::string answer = readAll(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? answer : std::string();
}

static FailureOr<std::unique_ptr<llvm::MemoryBuffer>> readBytecode(llvm::MemoryBufferRef buffer,
                                                                   const DialectRegistry &registry,
                                                                   ReadComplaint complain) {
  llvm::StringRef name = buffer.getBufferIdentifier();
  std::string answer = askChild(buffer, registry);
  if (answer.size() > 1 && answer.front() == kText)
    return llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(answer).drop_front(), name);
  llvm::SmallVector<llvm::StringRef> errors;
  llvm::StringRef(answer).drop_front(answer.empty() ? 0 : 1).split(errors, '\n', -1, false);
  for (llvm::StringRef error : errors)
    complain(name, error);
  if (errors.empty())
    complain(name, "expects MLIR bytecode, got a file that MLIR's reader cannot read; write it "
                   "again with --emit-bytecode");
  return failure();
}

FailureOr<std::unique_ptr<llvm::MemoryBuffer>>
dagrt::readProgram(llvm::StringRef file, const DialectRegistry &registry, ReadComplaint complain) {
  auto input = readInputFileOrStdin(file, kLargestProgram);
  if (!input) {
    complain("", "cannot open input file '" + file + "': " + llvm::toString(input.takeError()));
    return failure();
  }
  std::unique_ptr<llvm::MemoryBuffer> buffer = std::move(*input);
  if (isBytecode(*buffer)) {
    auto text = readBytecode(buffer->getMemBufferRef(), registry, complain);
    if (failed(text))
      return failure();
    buffer = std::move(*text);
  }
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
