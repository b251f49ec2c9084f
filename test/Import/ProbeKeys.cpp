//===- ProbeKeys.cpp - Sets keys of configs one at a time -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dagrt-test-keys TABLE CONFIG... imports each config with each key of the table set to each of
// its values. A key must not be ignored: an error or a warning names it, or the program is another
// one. A line of the table is `key: values | values`, the values in JSON without spaces. Those
// behind the bar may also change nothing; of those before it at most one may, that of the model,
// which two different values cannot both be.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Import/ImportHFConfig.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace {
/// A value of a key, in JSON, and whether it may change nothing.
struct Probe {
  std::string key, value;
  bool mayBeSilent;
};

/// What came of an import.
struct Outcome {
  bool imports = false;
  std::string program, messages;
  size_t errors = 0;
};
} // namespace

/// The values of a part of a line: words without spaces.
static void addProbes(std::vector<Probe> &probes, StringRef key, StringRef values, bool silent) {
  SmallVector<StringRef> words;
  values.split(words, ' ', -1, /*KeepEmpty=*/false);
  for (StringRef word : words)
    probes.push_back({key.str(), word.str(), silent});
}

static std::vector<Probe> readTable(StringRef text) {
  std::vector<Probe> probes;
  SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    auto [key, values] = line.split(": ");
    if (line.starts_with("#"))
      continue;
    auto [loud, silent] = values.split('|');
    addProbes(probes, key, loud, false);
    addProbes(probes, key, silent, true);
  }
  return probes;
}

/// The same model with one layer, or with four if it has a list of them.
static void makeShallow(llvm::json::Object &config) {
  constexpr StringLiteral lists[] = {"layer_types", "no_rope_layers",
                                     "num_key_value_heads_per_layer"};
  bool hasList = llvm::any_of(lists, [&](StringRef key) { return config.getArray(key); });
  size_t layers = hasList ? 4 : 1;
  for (StringRef key : {"num_hidden_layers", "n_layer", "n_layers", "num_layers"})
    if (config.get(key))
      config[key] = static_cast<int64_t>(layers);
  for (StringRef key : lists)
    if (llvm::json::Array *list = config.getArray(key))
      while (list->size() > layers)
        list->pop_back();
}

static Outcome import(const std::string &config, MLIRContext &context) {
  Outcome outcome;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    outcome.errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    outcome.messages += diagnostic.str() + "\n";
    return success();
  });
  auto module = dagrt::importHFConfig(llvm::MemoryBufferRef(config, "config.json"), {}, &context);
  outcome.imports = succeeded(module);
  llvm::raw_string_ostream os(outcome.program);
  if (outcome.imports)
    (*module)->print(os);
  return outcome;
}

static constexpr StringLiteral kSilence = "nothing";

/// What is wrong with the outcome, or nothing.
static StringRef judge(StringRef key, const Outcome &outcome, StringRef plain) {
  constexpr size_t kLongest = 1000;
  StringRef messages = outcome.messages;
  if (!llvm::json::isUTF8(messages))
    return "a message that is not UTF-8";
  for (StringRef rest = messages; !rest.empty(); rest = rest.split('\n').second)
    if (rest.split('\n').first.size() > kLongest)
      return "a long message";
  if (!outcome.imports && outcome.errors == 0)
    return "no error";
  if (messages.contains(("'" + key + "'").str()))
    return "";
  if (!outcome.imports)
    return "an error that does not name the key";
  return outcome.program != plain ? "" : kSilence;
}

/// Probes one config; the number of failures.
static size_t probeConfig(StringRef path, ArrayRef<Probe> probes) {
  auto file = llvm::MemoryBuffer::getFile(path);
  auto value = llvm::json::parse(file ? (*file)->getBuffer() : "");
  if (!value) {
    llvm::consumeError(value.takeError());
    llvm::outs() << path << ": cannot read it\n";
    return 1;
  }
  llvm::json::Object config = *value->getAsObject();
  makeShallow(config);
  std::string text = llvm::formatv("{0}", llvm::json::Value(llvm::json::Object(config)));
  MLIRContext context(MLIRContext::Threading::DISABLED);
  Outcome plain = import(text, context);
  size_t failures = !plain.imports;
  StringRef ownKey;
  for (const Probe &probe : probes) {
    // The last of equal keys counts.
    std::string changed = text;
    changed.replace(changed.size() - 1, 1, ",\"" + probe.key + "\":" + probe.value + "}");
    StringRef fault = judge(probe.key, import(changed, context), plain.program);
    bool isOwn = fault == kSilence && !probe.mayBeSilent && ownKey != probe.key;
    if (fault.empty() || isOwn || (fault == kSilence && probe.mayBeSilent)) {
      ownKey = isOwn ? StringRef(probe.key) : ownKey;
      continue;
    }
    llvm::outs() << path.rsplit('/').second << ": '" << probe.key << "' " << probe.value << ": "
                 << fault << '\n';
    ++failures;
  }
  return failures;
}

int main(int argc, char **argv) {
  auto table = llvm::MemoryBuffer::getFile(argc > 1 ? argv[1] : "");
  std::vector<Probe> probes = readTable(table ? (*table)->getBuffer() : "");
  size_t failures = probes.empty();
  for (int i = 2; i < argc; ++i)
    failures += probeConfig(argv[i], probes);
  llvm::outs() << argc - 2 << " configs, " << probes.size() << " probes, " << failures
               << " failures\n";
  return failures != 0;
}
