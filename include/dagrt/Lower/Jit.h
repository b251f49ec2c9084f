//===- Jit.h - Compiles programs into this process and runs them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The other way to run a program: through linalg and LLVM, as compiled code. It has nothing in
// common with the evaluator but the numbers that go in, so the two check each other.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_JIT_H
#define DAGRT_LOWER_JIT_H

#include "dagrt/Lower/Evaluator.h"

#include "mlir/IR/BuiltinOps.h"

#include <memory>

namespace mlir {
class ExecutionEngine;
}

namespace dagrt {

/// A function that compiled code calls by name, beside those of this process.
struct JitSymbol {
  llvm::StringRef name;
  void *address = nullptr;
};

struct JitOptions {
  /// LLVM's optimization level, 0 to 3: code of level 2 runs faster and takes ten times as long
  /// to make.
  unsigned optLevel = 0;
  llvm::ArrayRef<JitSymbol> symbols = {};
};

/// A module in the LLVM dialect, compiled.
class CompiledModule {
public:
  ~CompiledModule();

  /// Emits an error at the module if it cannot be compiled. Attributes of dagrt on arguments are
  /// dropped from `module`.
  static llvm::FailureOr<std::unique_ptr<CompiledModule>> compile(mlir::ModuleOp module,
                                                                  const JitOptions &options = {});

  /// Compiles now what the first call would.
  llvm::LogicalResult prepare(llvm::StringRef function);

  /// Calls a function that takes pointers only, as `buildBuffersToLLVMPipeline` leaves them: its
  /// arguments, then its results.
  llvm::LogicalResult call(llvm::StringRef function, llvm::ArrayRef<void *> buffers);

private:
  explicit CompiledModule(mlir::Location loc);

  mlir::Location loc;
  std::unique_ptr<mlir::ExecutionEngine> engine;
};

/// Elements as compiled code holds them.
class Buffer {
public:
  /// Zeros. Precondition: `canHold(type)`.
  Buffer(mlir::Type elementType, int64_t elements);

  /// True for f64, f32, f16, bf16 and integers of 1, 8, 16, 32 or 64 bits.
  static bool canHold(mlir::Type elementType);

  /// Rounds `numbers` to the element type and writes them from element `first` on.
  void store(llvm::ArrayRef<double> numbers, int64_t first);
  /// Reads elements from `first` on.
  void load(llvm::MutableArrayRef<double> numbers, int64_t first) const;

  void *data() { return bytes.data(); }

private:
  mlir::Type elementType;
  std::vector<char> bytes;
};

struct CompiledRunOptions : EvaluatorOptions {
  JitOptions jit;
};

/// A function that is compiled once and runs on as many inputs as one likes.
class CompiledFunction {
public:
  ~CompiledFunction();

  /// Lowers and compiles `func`. Emits an error if it cannot be lowered, or would take more memory
  /// than the limit.
  static llvm::FailureOr<std::unique_ptr<CompiledFunction>>
  compile(mlir::func::FuncOp func, const CompiledRunOptions &options);

  /// Runs on global `inputs`, as `evaluate` does.
  llvm::FailureOr<std::vector<Array>> run(llvm::ArrayRef<Array> inputs);

private:
  struct Program;
  explicit CompiledFunction(std::unique_ptr<Program> program);

  std::unique_ptr<Program> program;
};

/// Lowers, compiles and runs `func` on global `inputs`, as `evaluate` does. Emits an error if it
/// cannot be lowered, or would take more memory than the limit.
llvm::FailureOr<std::vector<Array>> runCompiled(mlir::func::FuncOp func,
                                                llvm::ArrayRef<Array> inputs,
                                                const CompiledRunOptions &options);

/// Bytes of the buffers that are alive at the same time in a call of `func`, its arguments
/// included. Precondition: `func` is on buffers, as `buildDagrtToBuffersPipeline` leaves it.
double estimateBufferMemory(mlir::func::FuncOp func);

/// What lowering and compiling need beside dagrt's own dialects.
void registerLoweringDialects(mlir::DialectRegistry &registry);

} // namespace dagrt

#endif // DAGRT_LOWER_JIT_H
