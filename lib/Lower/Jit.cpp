//===- Jit.cpp - Compiles a module into this process -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's execution engine for the machine at hand.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Jit.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace dagrt;

CompiledModule::CompiledModule(Location loc) : loc(loc) {}
CompiledModule::~CompiledModule() = default;

/// Code for this machine's processor.
static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTargetMachine(unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder)
    return builder.takeError();
  builder->setCodeGenOptLevel(static_cast<llvm::CodeGenOptLevel>(optLevel));
  return builder->createTargetMachine();
}

static InFlightDiagnostic fail(Location loc, llvm::Error error) {
  return emitError(loc) << "expects to compile the program, got: "
                        << llvm::toString(std::move(error));
}

/// Attributes that say what an argument is have no meaning in LLVM, which warns of them.
static void dropArgumentAttributes(ModuleOp module) {
  for (auto function : module.getOps<FunctionOpInterface>())
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      for (NamedAttribute attribute : llvm::to_vector(function.getArgAttrs(i)))
        if (attribute.getNameDialect() && attribute.getNameDialect()->getNamespace() == "dagrt")
          function.removeArgAttr(i, attribute.getName());
}

FailureOr<std::unique_ptr<CompiledModule>> CompiledModule::compile(ModuleOp module,
                                                                   const JitOptions &options) {
  dropArgumentAttributes(module);
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  unsigned optLevel = std::min(options.optLevel, 3u);
  auto machine = makeTargetMachine(optLevel);
  if (!machine)
    return fail(module.getLoc(), machine.takeError());
  auto optimize = makeOptimizingTransformer(optLevel, /*sizeLevel=*/0, machine->get());
  ExecutionEngineOptions engineOptions;
  engineOptions.transformer = optimize;
  engineOptions.enableGDBNotificationListener = false;
  engineOptions.enablePerfNotificationListener = false;
  auto engine = ExecutionEngine::create(module, engineOptions, std::move(*machine));
  if (!engine)
    return fail(module.getLoc(), engine.takeError());
  std::unique_ptr<CompiledModule> compiled(new CompiledModule(module.getLoc()));
  compiled->engine = std::move(*engine);
  compiled->engine->registerSymbols([&](llvm::orc::MangleAndInterner mangle) {
    llvm::orc::SymbolMap symbols;
    for (const JitSymbol &symbol : options.symbols)
      symbols[mangle(symbol.name)] = {llvm::orc::ExecutorAddr::fromPtr(symbol.address),
                                      llvm::JITSymbolFlags::Exported};
    return symbols;
  });
  // Code is made when the first function is asked for, with all others.
  for (auto function : module.getOps<FunctionOpInterface>()) {
    if (function.isExternal())
      continue;
    if (auto code = compiled->engine->lookupPacked(function.getName()); !code)
      return fail(module.getLoc(), code.takeError());
    break;
  }
  return compiled;
}

LogicalResult CompiledModule::prepare(StringRef function) {
  if (llvm::Error error = engine->lookupPacked(function).takeError())
    return fail(loc, std::move(error));
  return success();
}

LogicalResult CompiledModule::call(StringRef function, ArrayRef<void *> buffers) {
  SmallVector<void *> pointers(buffers), arguments;
  for (void *&pointer : pointers)
    arguments.push_back(&pointer);
  if (llvm::Error error = engine->invokePacked(function, arguments))
    return fail(loc, std::move(error));
  return success();
}
