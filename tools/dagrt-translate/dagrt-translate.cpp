//===- dagrt-translate.cpp - Imports models -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A main of its own rather than MLIR's translate main, which truncates the output file before
// it knows whether there is something to write.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Import/ConfigDiagnostics.h"
#include "dagrt/Import/ImportHFConfig.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/OutputFile.h"
#include "dagrt/Support/Version.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {
/// The command line. Numbers are read as text, so that errors are dagrt's own.
struct CommandLine {
  cl::OptionCategory category{"dagrt-translate options"};
  cl::opt<std::string> config{
      "import-hf-config",
      cl::desc("Hugging Face config.json to import; - is standard input (must be given)"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Output file; - is standard output (default)"),
                              cl::value_desc("file"), cl::init("-"), cl::cat(category)};
  cl::opt<std::string> batch{"batch",
                             cl::desc("Sequences in the batch, or ? to keep the number "
                                      "symbolic; ?=N is its default then (default: 1)"),
                             cl::value_desc("N|?|?=N"), cl::cat(category)};
  cl::opt<std::string> seqLen{
      "seq-len",
      cl::desc("Tokens of each sequence, or ? to keep the number symbolic; ?=N is its default then "
               "(default: 2048, or the longest sequence of a model that takes fewer; 16 with "
               "--shrink)"),
      cl::value_desc("N|?|?=N"), cl::cat(category)};
  cl::opt<dagrt::Phase> phase{
      "phase", cl::desc("What the program is a step of (default: prefill)"),
      cl::init(dagrt::Phase::Prefill), cl::cat(category),
      cl::values(clEnumValN(dagrt::Phase::Prefill, "prefill", "all tokens of a prompt"),
                 clEnumValN(dagrt::Phase::Decode, "decode",
                            "new tokens of each request, after those in its cache"),
                 clEnumValN(dagrt::Phase::Extend, "extend",
                            "a further chunk of a prompt, after those in the cache"))};
  cl::opt<std::string> context{
      "context",
      cl::desc("With a cache: tokens in it before the step, or ? to keep the number symbolic; ?=N "
               "is its default then (default: what 2048, or the longest sequence of a model that "
               "takes fewer, leaves beside the new tokens)"),
      cl::value_desc("N|?|?=N"), cl::cat(category)};
  cl::opt<std::string> newTokens{
      "new-tokens",
      cl::desc("With a cache: new tokens of each request (default: 1, of an extend 512)"),
      cl::value_desc("K"), cl::cat(category)};
  cl::opt<std::string> capacity{
      "capacity",
      cl::desc("With a cache: its slots for each request, or ? to keep the number symbolic; ?=N is "
               "its default then (default: the context and the new tokens)"),
      cl::value_desc("N|?|?=N"), cl::cat(category)};
  cl::opt<std::string> kvDtype{
      "kv-dtype", cl::desc("Element type of the cache (default: that of the model)"),
      cl::value_desc("bf16|f16|f32|f64|f8E4M3FN|f8E5M2"), cl::cat(category)};
  cl::opt<std::string> kvCache{
      "kv-cache", cl::desc("Whether a prefill returns its keys and values (default: none)"),
      cl::value_desc("keep|none"), cl::init("none"), cl::cat(category)};
  cl::opt<std::string> attention{
      "attention", cl::desc("One kernel, or scores, softmax and context (default: fused)"),
      cl::value_desc("fused|decomposed"), cl::init("fused"), cl::cat(category)};
  cl::opt<std::string> logits{
      "logits", cl::desc("Tokens that get logits (default: last, or none without a vocabulary)"),
      cl::value_desc("last|all|none"), cl::cat(category)};
  cl::opt<std::string> dtype{
      "dtype",
      cl::desc(
          "Element type, by MLIR's name, a framework's or a table's (default: the config's, or "
          "bf16 where it has none)"),
      cl::value_desc("bf16|f16|f32|f64|f8E4M3FN|f8E5M2"), cl::cat(category)};
  cl::opt<bool> shrink{
      "shrink",
      cl::desc("Same family, ratios, norms and biases in sizes small enough to execute "
               "(default: off)"),
      cl::cat(category)};
  cl::opt<bool> textConfig{
      "text-config",
      cl::desc("Import the text model inside a multimodal one, without the rest (default: refuse "
               "multimodal models)"),
      cl::cat(category)};
  cl::opt<bool> listArchitectures{
      "list-architectures",
      cl::desc("Print the architectures that import, one a line, and do "
               "nothing else (default: off)"),
      cl::cat(category)};
  cl::opt<bool> allowUnknownKeys{
      "allow-unknown-keys",
      cl::desc("Warn of config keys that the import does not know (default: refuse them)"),
      cl::cat(category)};
  cl::opt<bool> ignoreQuantization{
      "ignore-quantization",
      cl::desc(
          "Import the model as it was before it was quantized (default: refuse a quantized one, "
          "by its config or by hf_quant_config.json beside it)"),
      cl::cat(category)};
};
} // namespace

static LogicalResult reportError(const Twine &message) {
  llvm::errs() << "dagrt-translate: error: " << message << '\n';
  return failure();
}

/// Reads a positive number into `value`, or a symbolic one with a default; leaves `value` open if
/// `text` says no number.
static LogicalResult readSize(StringRef option, StringRef text, std::optional<int64_t> &value,
                              bool &isSymbolic) {
  StringRef numberText = text;
  isSymbolic = numberText.consume_front("?");
  if (numberText.empty())
    return success();
  int64_t number = 0;
  bool isMalformed = isSymbolic && !numberText.consume_front("=");
  if (isMalformed || numberText.getAsInteger(10, number) || number < 1)
    return reportError("expects --" + option +
                       " to be a number of at least 1, ?, or ? with a default as in ?=8192, got '" +
                       text + "'");
  value = number;
  return success();
}

/// The import options that the command line asks for.
static FailureOr<dagrt::ImportOptions> readOptions(const CommandLine &line) {
  dagrt::ImportOptions options;
  if (failed(readSize("batch", line.batch, options.batch, options.isBatchSymbolic)) ||
      failed(readSize("seq-len", line.seqLen, options.seqLen, options.isSeqLenSymbolic)))
    return failure();
  bool isNewSymbolic = false;
  if (failed(readSize("context", line.context, options.context, options.isContextSymbolic)) ||
      failed(readSize("capacity", line.capacity, options.capacity, options.isCapacitySymbolic)) ||
      failed(readSize("new-tokens", line.newTokens, options.newTokens, isNewSymbolic)))
    return failure();
  if (isNewSymbolic)
    return reportError("expects --new-tokens to be a number of at least 1, got '" + line.newTokens +
                       "'");
  options.phase = line.phase;
  if (line.kvCache.getNumOccurrences() > 0 && line.phase != dagrt::Phase::Prefill)
    return reportError("expects --phase=prefill with --kv-cache: a step always returns its caches");
  options.kvDtype = line.kvDtype;
  options.keepsCache = line.kvCache == "keep";
  if (line.kvCache != "keep" && line.kvCache != "none")
    return reportError("expects --kv-cache=keep or none, got '" + line.kvCache + "'");
  if (line.attention == "decomposed")
    options.attention = dagrt::AttentionForm::Decomposed;
  else if (line.attention != "fused")
    return reportError("expects --attention=fused or decomposed, got '" + line.attention + "'");
  if (line.logits == "last")
    options.logits = dagrt::LogitsForm::Last;
  else if (line.logits == "all")
    options.logits = dagrt::LogitsForm::All;
  else if (line.logits == "none")
    options.logits = dagrt::LogitsForm::None;
  else if (!line.logits.empty())
    return reportError("expects --logits=last, all or none, got '" + line.logits + "'");
  options.dtype = line.dtype;
  options.shrink = line.shrink;
  options.allowUnknownKeys = line.allowUnknownKeys;
  options.ignoreQuantization = line.ignoreQuantization;
  options.textConfig = line.textConfig;
  return options;
}

/// Writes the module: the file is replaced only when it is complete.
static LogicalResult writeModule(ModuleOp module, StringRef path) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  os << '\n';
  if (llvm::Error error = dagrt::replaceFile(path, text))
    return reportError("cannot open output file '" + path +
                       "': " + llvm::toString(std::move(error)));
  return success();
}

/// A config from a file, or from standard input for "-"; null after an error.
static std::unique_ptr<llvm::MemoryBuffer> readConfig(StringRef path) {
  auto file = dagrt::readInputFileOrStdin(path, dagrt::kLargestDescription);
  if (file)
    return std::move(*file);
  (void)reportError("cannot open input file '" + path + "': " + llvm::toString(file.takeError()));
  return nullptr;
}

/// Reads the description of a quantization that lies beside the config. Nothing if there is none.
static LogicalResult readQuantizationFile(const CommandLine &line,
                                          std::unique_ptr<llvm::MemoryBuffer> &file,
                                          dagrt::ImportOptions &options) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(line.config));
  llvm::sys::path::append(path, "hf_quant_config.json");
  if (line.config == "-" || line.ignoreQuantization || !llvm::sys::fs::exists(path))
    return success();
  file = readConfig(path);
  if (!file)
    return failure();
  options.quantizationFile = file->getMemBufferRef();
  return success();
}

static LogicalResult importConfig(const CommandLine &line) {
  if (line.listArchitectures) {
    for (StringRef name : dagrt::getArchitectures())
      llvm::outs() << name << '\n';
    return success();
  }
  if (line.config.empty())
    return reportError("expects --import-hf-config=FILE, got none");
  FailureOr<dagrt::ImportOptions> options = readOptions(line);
  if (failed(options))
    return failure();
  std::unique_ptr<llvm::MemoryBuffer> file = readConfig(line.config), quantization;
  if (!file || failed(readQuantizationFile(line, quantization, *options)))
    return failure();
  llvm::MemoryBufferRef buffer = file->getMemBufferRef();
  MLIRContext context(MLIRContext::Threading::DISABLED);
  dagrt::ConfigDiagnosticPrinter printer(&context, buffer, llvm::errs());
  FailureOr<OwningOpRef<ModuleOp>> module = dagrt::importHFConfig(buffer, *options, &context);
  if (failed(module))
    return failure();
  return writeModule(**module, line.output);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(dagrt::printVersion);
  CommandLine line;
  cl::HideUnrelatedOptions(line.category);
  cl::ParseCommandLineOptions(argc, argv, "dagrt: imports models into the logical form\n");
  return failed(importConfig(line));
}
