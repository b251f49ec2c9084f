//===- dagrt-get-time.cpp - How long one kernel takes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Get_Time(m, k, n) from the command line: one kernel on one device, with the way its time came
// about; on several devices side by side; or, with --csv, a time for each row of a table.
//
//===----------------------------------------------------------------------===//

#include "Answer.h"
#include "CsvMode.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Support/ElementTypeNames.h"
#include "dagrt/Support/OutputFile.h"
#include "dagrt/Support/Version.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

#include <cmath>
#include <set>

using namespace mlir;
using namespace dagrt;
namespace cl = llvm::cl;

namespace {
/// A size of the query, read as text so that errors are dagrt's own.
struct SizeOption {
  SizeOption(const char *name, const char *description, cl::OptionCategory &category)
      : option(llvm::StringRef(name), cl::desc(description), cl::value_desc("N"),
               cl::cat(category)),
        name(name) {}
  cl::opt<std::string> option;
  const char *name;

  bool isGiven() const { return option.getNumOccurrences() > 0; }
};

struct CommandLine {
  cl::OptionCategory category{"dagrt-get-time options"};
  cl::opt<std::string> input{cl::Positional, cl::desc("[table of queries]"), cl::cat(category)};
  cl::opt<std::string> devices{"device",
                               cl::desc("Devices, built in or described in files, with commas "
                                        "between them (default: h100-sxm)"),
                               cl::value_desc("name,..."), cl::init("h100-sxm"), cl::cat(category)};
  cl::opt<std::string> op{"op",
                          cl::desc("gemm, attention, or an op of the tables of elementwise ops and "
                                   "collectives (default: gemm)"),
                          cl::value_desc("name"), cl::init("gemm"), cl::cat(category)};
  cl::opt<std::string> dtype{"dtype",
                             cl::desc("Element type, of a matmul that of both operands; float16, "
                                      "f16 and fp16 are one (default: bf16)"),
                             cl::value_desc("fp64|fp32|fp16|bf16|fp8|int8|int4"), cl::init("bf16"),
                             cl::cat(category)};
  cl::opt<std::string> rhsType{
      "rhs-dtype", cl::desc("Element type of a matmul's weights (default: --dtype)"),
      cl::value_desc("fp64|fp32|fp16|bf16|fp8|int8|int4"), cl::cat(category)};
  cl::opt<std::string> resultType{"result-dtype",
                                  cl::desc("Element type of a matmul's result (default: that of "
                                           "the matmul; of fp8 bf16, of integers int32)"),
                                  cl::value_desc("fp64|fp32|fp16|bf16|fp8|int8|int4|int32"),
                                  cl::cat(category)};
  SizeOption m{"m", "Rows of the matmul: tokens; must be given", category};
  SizeOption k{"k", "Contracted size of the matmul: input features; must be given", category};
  SizeOption n{"n", "Columns of the matmul: output features; must be given", category};
  SizeOption batch{"batch", "Matmuls, or sequences of an attention (default: 1)", category};
  SizeOption queries{"q-len", "New tokens of each sequence; 1 is a decode step; must be given",
                     category};
  SizeOption keys{"kv-len", "Tokens attended to, the new ones too (default: q-len)", category};
  SizeOption heads{"heads", "Query heads on the device; must be given", category};
  SizeOption keyHeads{"kv-heads", "Key heads on the device (default: heads)", category};
  SizeOption headDim{"head-dim", "Elements of a head (default: 128)", category};
  SizeOption rows{"rows", "Rows of an elementwise op; must be given", category};
  SizeOption columns{
      "cols", "Columns of an elementwise op: the normalized or last dim; must be given", category};
  SizeOption bytes{"bytes", "Bytes of a collective, as nccl-tests counts them; must be given",
                   category};
  SizeOption ranks{"ranks", "Devices of a collective (default: 8; 2 of send_recv)", category};
  SizeOption nodes{"nodes", "Nodes that they are on (default: 1)", category};
  cl::opt<std::string> link{"link",
                            cl::desc("Link of a collective, as tables name it (default: "
                                     "nvlink or pcie by the data sheet, network if there are "
                                     "several nodes)"),
                            cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> library{
      "impl", cl::desc("Library of the kernel, as tables name it (default: the usual one)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> model{
      "model",
      cl::desc("Model; roofline is a lower bound by the data sheet, without latency "
               "and efficiency (default: calibrated, or table with --table)"),
      cl::value_desc("roofline|calibrated|table"), cl::cat(category)};
  cl::opt<std::string> table{
      "table", cl::desc("Tables of measurements, with commas between them (default: none)"),
      cl::value_desc("CSV,..."), cl::cat(category)};
  cl::opt<std::string> descriptions{
      "descriptions",
      cl::desc("Folder of device descriptions that stand in for the built-in ones of their names "
               "(default: none)"),
      cl::value_desc("folder"), cl::cat(category)};
  cl::opt<std::string> csv{
      "csv", cl::desc("Answer each row of a table of this kind (default: one question)"),
      cl::value_desc("gemm|attention|elementwise|collective"), cl::cat(category)};
  cl::opt<std::string> format{"format", cl::desc("text or json (default: text)"),
                              cl::value_desc("text|json"), cl::init("text"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Output file; - is standard output (default)"),
                              cl::value_desc("file"), cl::init("-"), cl::cat(category)};
};

/// One run of the tool.
class Run {
public:
  Run(const CommandLine &line, MLIRContext *context)
      : line(line), context(context), devices(context) {}
  LogicalResult answer();

private:
  InFlightDiagnostic error() const { return emitError(UnknownLoc::get(context)); }
  LogicalResult checkUnused(StringRef asked, ArrayRef<const cl::Option *> used) const;
  LogicalResult checkLink(StringRef link, const Device &device) const;
  LogicalResult checkLibrary(ArrayRef<std::string> known) const;
  FailureOr<double> getSize(const SizeOption &size, std::optional<double> absent) const;
  FailureOr<KernelQuery> makeQuery(const Device &device, std::string &what) const;
  FailureOr<KernelQuery> makeGemm(const Device &device, std::string &what) const;
  FailureOr<ProductTypes> getProductTypes() const;
  FailureOr<KernelQuery> makeAttention(const Device &device, std::string &what) const;
  FailureOr<KernelQuery> makeCollective(const Device &device, std::string &what) const;
  FailureOr<KernelQuery> makeRowwise(std::string &what) const;
  LogicalResult readModel();
  LogicalResult readDescriptions();
  LogicalResult answerOne();
  Prediction ask(const KernelQuery &query, const Device &device) const;

  const CommandLine &line;
  MLIRContext *context;
  DeviceCache devices;
  bool isRoofline = false;
  std::unique_ptr<MeasurementTable> table;
};
} // namespace

/// Fails if an option is given that says nothing about what is `asked`, which would be ignored.
LogicalResult Run::checkUnused(StringRef asked, ArrayRef<const cl::Option *> used) const {
  const cl::Option *all[] = {
      &line.dtype,        &line.rhsType,        &line.resultType,      &line.m.option,
      &line.k.option,     &line.n.option,       &line.batch.option,    &line.queries.option,
      &line.keys.option,  &line.heads.option,   &line.keyHeads.option, &line.headDim.option,
      &line.rows.option,  &line.columns.option, &line.bytes.option,    &line.ranks.option,
      &line.nodes.option, &line.link,           &line.library};
  for (const cl::Option *option : all)
    if (option->getNumOccurrences() > 0 && !llvm::is_contained(used, option)) {
      std::string expected =
          used.empty() ? "no options of one call" : "options that belong to it: ";
      llvm::raw_string_ostream os(expected);
      llvm::interleaveComma(used, os, [&](const cl::Option *o) { os << "--" << o->ArgStr; });
      return error() << "expects with " << asked << " " << expected << "; got --" << option->ArgStr;
    }
  return success();
}

/// Fails for a link that neither NCCL's model nor the device's measurements know.
LogicalResult Run::checkLink(StringRef link, const Device &device) const {
  std::set<std::string> known = {"nvlink", "pcie", "network"};
  for (const auto *calibrations : {&device.calibrations, &device.borrowed})
    for (const KernelCalibration &calibration : *calibrations)
      if (calibration.kernel == "collective")
        known.insert(StringRef(calibration.variant).split('.').first.str());
  if (known.count(link.str()))
    return success();
  return error() << "expects --link to be one of " << llvm::join(known, ", ") << "; got '" << link
                 << "'";
}

/// Fails if --impl is given and begins with none of `known`.
LogicalResult Run::checkLibrary(ArrayRef<std::string> known) const {
  StringRef library = line.library;
  if (library.empty() || llvm::any_of(known, [&](StringRef k) { return library.starts_with(k); }))
    return success();
  return error() << "expects --impl to begin with one of " << llvm::join(known, ", ") << "; got '"
                 << library << "'";
}

/// The number that is given, or else `absent`; an error if there is neither.
FailureOr<double> Run::getSize(const SizeOption &size, std::optional<double> absent) const {
  if (!size.isGiven()) {
    if (absent)
      return *absent;
    return error() << "expects --" << size.name << "=N for '" << line.op << "', got none";
  }
  int64_t number = 0;
  if (!llvm::to_integer(StringRef(size.option), number, 10) || number < 1)
    return error() << "expects --" << size.name << " to be a whole number from 1 to 2^63 - 1, got '"
                   << size.option << "'";
  return static_cast<double>(number);
}

/// What --dtype, --rhs-dtype and --result-dtype say.
FailureOr<ProductTypes> Run::getProductTypes() const {
  Type types[3];
  const cl::opt<std::string> *options[] = {&line.dtype, &line.rhsType, &line.resultType};
  for (auto [type, option] : llvm::zip(types, options)) {
    if (option->getValue().empty() && option != &line.dtype)
      continue;
    type = parseElementType(option->getValue(), context);
    bool isSum = option == &line.resultType;
    if (!type || (!isSum && getTypeBytes(option->getValue()) == 0))
      return error() << "expects --" << option->ArgStr << " to be fp64, fp32, fp16, bf16, fp8, int8"
                     << (isSum ? ", int4 or int32" : " or int4") << ", got '" << option->getValue()
                     << "'";
  }
  if (!types[1])
    types[1] = types[0];
  Type product = dagrt::getProductType(types[0], types[1], types[2]);
  std::string name = getTypeName(product);
  ProductTypes usual = ProductTypes::get(name);
  ProductTypes result = ProductTypes::get(types[0], types[1], types[2] ? types[2] : product);
  if (!types[2])
    result.resultBytes = usual.resultBytes;
  return result;
}

/// `bf16`, or `bf16 x fp8 -> fp32`: the types as they are given.
static std::string describeTypes(const CommandLine &line) {
  std::string text = line.dtype;
  if (!line.rhsType.empty())
    text += " x " + line.rhsType;
  if (!line.resultType.empty())
    text += " -> " + line.resultType;
  return text;
}

FailureOr<KernelQuery> Run::makeGemm(const Device &device, std::string &what) const {
  if (failed(checkUnused("--op=gemm",
                         {&line.m.option, &line.k.option, &line.n.option, &line.batch.option,
                          &line.dtype, &line.rhsType, &line.resultType})))
    return failure();
  FailureOr<ProductTypes> types = getProductTypes();
  if (failed(types))
    return failure();
  FailureOr<double> m = getSize(line.m, {}), k = getSize(line.k, {}), n = getSize(line.n, {}),
                    batch = getSize(line.batch, 1);
  if (failed(m) || failed(k) || failed(n) || failed(batch))
    return failure();
  std::string many = *batch > 1 ? llvm::formatv("{0:f0} x ", *batch).str() : "";
  what = llvm::formatv("gemm {0}, {1}[{2:f0}, {3:f0}] x [{3:f0}, {4:f0}]", describeTypes(line),
                       many, *m, *k, *n);
  std::string message;
  FailureOr<KernelQuery> query =
      makeGemmQuery(*types, *batch, *m, *k, *n, /*events=*/false, device, message);
  return failed(query) ? FailureOr<KernelQuery>(error() << message) : query;
}

FailureOr<KernelQuery> Run::makeAttention(const Device &device, std::string &what) const {
  if (failed(checkUnused("--op=attention",
                         {&line.queries.option, &line.keys.option, &line.batch.option,
                          &line.heads.option, &line.keyHeads.option, &line.headDim.option,
                          &line.dtype, &line.library})) ||
      failed(checkLibrary({"vllm", "sglang", "flashinfer", "fa", "flash", "trtllm", "tensorrt"})))
    return failure();
  FailureOr<double> queries = getSize(line.queries, {}), heads = getSize(line.heads, {}),
                    batch = getSize(line.batch, 1), headDim = getSize(line.headDim, 128);
  if (failed(queries) || failed(heads) || failed(batch) || failed(headDim))
    return failure();
  FailureOr<double> keys = getSize(line.keys, *queries), keyHeads = getSize(line.keyHeads, *heads);
  if (failed(keys) || failed(keyHeads))
    return failure();
  if (*keys < *queries)
    return error() << "expects --kv-len to count the new tokens too, got fewer than --q-len";
  if (std::fmod(*heads, *keyHeads) != 0)
    return error() << "expects --heads to be a multiple of --kv-heads, as each key head serves the "
                   << "same number of query heads; got " << line.heads.option << " and "
                   << line.keyHeads.option;
  AttentionCall call;
  call.isDecode = *queries == 1;
  call.batch = *batch;
  call.queries = *queries;
  call.keys = *keys;
  call.heads = *heads;
  call.keyHeads = *keyHeads;
  call.headDim = *headDim;
  call.pairs = getCausalPairs(*queries, *keys);
  what = llvm::formatv("{0} {1}, batch {2:f0}, {3:f0} of {4:f0} tokens, {5:f0} heads on {6:f0}, of "
                       "{7:f0}",
                       call.isDecode ? "decode attention" : "causal attention", line.dtype, *batch,
                       *queries, *keys, *heads, *keyHeads, *headDim);
  std::string message;
  FailureOr<KernelQuery> query =
      makeAttentionQuery(call, line.dtype, line.library, device, message);
  return failed(query) ? FailureOr<KernelQuery>(error() << message) : query;
}

/// What libraries of collectives are called in the measurements of `device`.
static std::vector<std::string> getLibraries(const Device &device) {
  std::set<std::string> known = {"nccl"};
  for (const auto *calibrations : {&device.calibrations, &device.borrowed})
    for (const KernelCalibration &calibration : *calibrations)
      if (calibration.kernel == "collective")
        known.insert(StringRef(calibration.variant).rsplit('.').second.str());
  return {known.begin(), known.end()};
}

FailureOr<KernelQuery> Run::makeCollective(const Device &device, std::string &what) const {
  if (failed(checkUnused("--op=" + line.op, {&line.bytes.option, &line.ranks.option,
                                             &line.nodes.option, &line.link, &line.library})) ||
      failed(checkLibrary(getLibraries(device))))
    return failure();
  FailureOr<double> bytes = getSize(line.bytes, {}),
                    ranks = getSize(line.ranks, line.op == "send_recv" ? 2 : 8),
                    nodes = getSize(line.nodes, 1);
  if (failed(bytes) || failed(ranks) || failed(nodes))
    return failure();
  if (*nodes > *ranks)
    return error() << "expects at least one device on each node, got more --nodes than --ranks";
  std::string link = line.link;
  if (link.empty())
    link = getUsualLink(device, *nodes).str();
  if (failed(checkLink(link, device)))
    return failure();
  what = llvm::formatv("{0} of {1:f0} bytes, {2:f0} devices, nodes: {3:f0}, {4}", line.op, *bytes,
                       *ranks, *nodes, link);
  std::string message;
  FailureOr<KernelQuery> query =
      makeCollectiveQuery(line.op, *bytes, *ranks, *nodes, link, line.library, device, message);
  return failed(query) ? FailureOr<KernelQuery>(error() << message) : query;
}

FailureOr<KernelQuery> Run::makeRowwise(std::string &what) const {
  if (failed(
          checkUnused("--op=" + line.op, {&line.rows.option, &line.columns.option, &line.dtype})))
    return failure();
  FailureOr<double> rows = getSize(line.rows, {}), columns = getSize(line.columns, {});
  if (failed(rows) || failed(columns))
    return failure();
  what = llvm::formatv("{0} {1}, {2:f0} rows of {3:f0}", line.op, line.dtype, *rows, *columns);
  std::string message;
  FailureOr<KernelQuery> query =
      makeRowwiseQuery(line.op, line.dtype, *rows, *columns, /*events=*/false, message);
  return failed(query) ? FailureOr<KernelQuery>(error() << message) : query;
}

FailureOr<KernelQuery> Run::makeQuery(const Device &device, std::string &what) const {
  if (line.op == "gemm")
    return makeGemm(device, what);
  if (line.op == "attention")
    return makeAttention(device, what);
  if (llvm::is_contained(getCollectiveNames(), line.op))
    return makeCollective(device, what);
  if (llvm::is_contained(getRowwiseNames(), line.op))
    return makeRowwise(what);
  return error() << "expects --op to be gemm, attention, " << llvm::join(getCollectiveNames(), ", ")
                 << ", " << llvm::join(getRowwiseNames(), ", ") << "; got '" << line.op << "'";
}

LogicalResult Run::readModel() {
  std::string name = line.model;
  if (name.empty())
    name = line.table.empty() ? "calibrated" : "table";
  if (name != "roofline" && name != "calibrated" && name != "table")
    return error() << "expects --model=roofline, calibrated or table, got '" << name << "'";
  isRoofline = name == "roofline";
  if ((name == "table") == line.table.empty())
    return error()
           << "expects --table=CSV with the model 'table', and with no other; got the model '"
           << name << "' and " << (line.table.empty() ? "no table" : "a table");
  if (line.table.empty())
    return success();
  auto read = MeasurementTable::read(line.table, devices, UnknownLoc::get(context));
  if (failed(read))
    return failure();
  table = std::move(*read);
  return success();
}

/// Reads every description in the folder.
LogicalResult Run::readDescriptions() {
  if (line.descriptions.empty())
    return success();
  std::error_code failed;
  std::vector<std::string> paths;
  for (llvm::sys::fs::directory_iterator it(line.descriptions, failed), end; it != end && !failed;
       it.increment(failed))
    if (StringRef(it->path()).ends_with(".yaml"))
      paths.push_back(it->path());
  if (failed)
    return error() << "expects a folder of device descriptions, got '" << line.descriptions
                   << "': " << failed.message();
  llvm::sort(paths);
  for (const std::string &path : paths) {
    // dagrt-calibrate puts a cluster of measured devices beside them.
    StringRef name = llvm::sys::path::filename(path);
    if (name == "generic.yaml" || name.ends_with("-cluster.yaml"))
      continue;
    FailureOr<Device> device = loadDevice(path, UnknownLoc::get(context));
    if (mlir::failed(device))
      return failure();
    devices.add(std::move(*device));
  }
  return success();
}

Prediction Run::ask(const KernelQuery &query, const Device &device) const {
  if (isRoofline)
    return predictRoofline(query, device);
  Prediction prediction = predict(query, device);
  return table ? table->correct(query, device, prediction) : prediction;
}

LogicalResult Run::answerOne() {
  std::vector<Answer> answers;
  std::string what;
  for (StringRef name : llvm::split(StringRef(line.devices), ',')) {
    FailureOr<const Device *> device = devices.get(name, UnknownLoc::get(context));
    if (failed(device))
      return failure();
    FailureOr<KernelQuery> query = makeQuery(**device, what);
    if (failed(query))
      return failure();
    Prediction prediction = ask(*query, **device);
    if (!(prediction.time.microseconds < 9223372036854775808.0 / 1e6))
      return error() << "expects a time of at most 2^63 - 1 ps (106 days) for " << what << " on '"
                     << name << "', got " << prediction.time.microseconds << " us";
    answers.push_back({*device, std::move(*query), prediction});
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  if (line.format == "json")
    printJson(answers, what, os);
  else if (answers.size() == 1)
    printAnswer(answers.front(), what, os);
  else
    printAnswers(answers, what, os);
  if (llvm::Error failure = replaceFile(line.output, text))
    return error() << "expects -o to name a file that can be written, got '" << line.output
                   << "': " << llvm::toString(std::move(failure));
  return success();
}

LogicalResult Run::answer() {
  if (line.format != "text" && line.format != "json")
    return error() << "expects --format=text or json, got '" << line.format << "'";
  if (failed(readDescriptions()) || failed(readModel()))
    return failure();
  if (line.csv.empty()) {
    if (!line.input.empty())
      return error() << "expects --csv=KIND with the table '" << line.input << "', got none";
    return answerOne();
  }
  std::optional<TableKind> kind = parseTableKind(line.csv);
  if (!kind)
    return error() << "expects --csv=gemm, attention, elementwise or collective, got '" << line.csv
                   << "'";
  if (line.input.empty())
    return error() << "expects a table of queries with --csv, got none";
  if (failed(checkUnused("--csv", {})))
    return failure();
  for (const cl::Option *option :
       std::initializer_list<const cl::Option *>{&line.op, &line.devices, &line.format})
    if (option->getNumOccurrences() > 0)
      return error() << "expects what is asked to be in the table with --csv, and answers as CSV; "
                     << "got --" << option->ArgStr;
  return answerTable(
      line.input, line.output, *kind, devices, context,
      [&](const KernelQuery &query, const Device &device) { return ask(query, device); });
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(printVersion);
  CommandLine line;
  cl::HideUnrelatedOptions(line.category);
  cl::ParseCommandLineOptions(argc, argv, "dagrt: how long a kernel takes, and why\n");
  MLIRContext context(MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  // What is about the command line has no place in a file.
  ScopedDiagnosticHandler ownErrors(&context, [](Diagnostic &diagnostic) {
    if (!isa<UnknownLoc>(diagnostic.getLocation()))
      return failure();
    llvm::errs() << "dagrt-get-time: error: " << diagnostic << '\n';
    return success();
  });
  return failed(Run(line, &context).answer());
}
