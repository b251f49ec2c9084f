//===- RunOnRanks.cpp - One process for each device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each rank reads the program, compiles what its device does, and runs it; rank 0 puts the outputs
// together and does what dagrt-run does without ranks. After each step the ranks agree that it went
// well on all of them.
//
//===----------------------------------------------------------------------===//

#include "RunOnRanks.h"
#include "MeasuredTrace.h"
#include "RankJob.h"
#include "dagrt/Lower/ExtractRank.h"
#include "dagrt/Lower/RankProgram.h"
#include "dagrt/Runtime/Calls.h"
#include "dagrt/Support/OutputFile.h"

#include "llvm/ADT/ScopeExit.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

/// Numbers as bytes, between processes of one program.
template <typename T>
static void append(std::string &bytes, ArrayRef<T> numbers) {
  bytes.append(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(T));
}

template <typename T>
static std::vector<T> take(StringRef &bytes, size_t count) {
  std::vector<T> numbers(count);
  // No bytes may have no address.
  std::copy_n(bytes.begin(), count * sizeof(T), reinterpret_cast<char *>(numbers.data()));
  bytes = bytes.drop_front(count * sizeof(T));
  return numbers;
}

/// For each shard the number of the result, the number of dims, the dims and the elements.
static std::string writeShards(ArrayRef<ResultShard> shards) {
  std::string bytes;
  for (const ResultShard &shard : shards) {
    append<int64_t>(bytes, {shard.number, static_cast<int64_t>(shard.array.shape.size())});
    append<int64_t>(bytes, shard.array.shape);
    append<double>(bytes, shard.array.elements);
  }
  return bytes;
}

static std::vector<ResultShard> readShards(StringRef bytes) {
  std::vector<ResultShard> shards;
  while (!bytes.empty()) {
    std::vector<int64_t> head = take<int64_t>(bytes, 2), shape = take<int64_t>(bytes, head[1]);
    std::vector<double> elements = take<double>(bytes, getNumElements(shape));
    shards.push_back({head[0], Array(shape, std::move(elements))});
  }
  return shards;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// Standard input is that of rank 0; the other ranks may have none that ends.
static void readOnRanks(RankJob &job, Program &program) {
  if (program.file != "-" || job.isFirst())
    program.read();
  if (program.file != "-")
    return;
  std::string bytes = job->broadcast(program.contents ? program.contents->getBuffer().str() : "");
  if (!job.isFirst())
    program.contents = llvm::MemoryBuffer::getMemBufferCopy(bytes, "<stdin>");
}

/// Loads the program, the same on all ranks.
static LogicalResult loadProgram(RankJob &job, MLIRContext &context, llvm::SourceMgr &sources,
                                 Program &program, StringRef shared) {
  readOnRanks(job, program);
  bool isRead = program.contents != nullptr;
  if (!isRead)
    job.getErrors() << program.readErrors;
  if (failed(job.agree(success(isRead))) ||
      failed(job.agree(job.checkEqual(program.contents->getBuffer(), "the same program"))) ||
      failed(job.agree(job.checkEqual(shared, "the same options"))))
    return failure();
  LogicalResult loaded = program.load(context, sources);
  if (succeeded(loaded))
    loaded = checkRunsOnRanks(program.func);
  return job.agree(loaded);
}

/// As many ranks as devices.
static LogicalResult checkSize(RankJob &job, ArrayRef<int64_t> devices) {
  int64_t expected = devices.size(), size = job->getSize();
  if (expected == size)
    return success();
  return job.complain("expects " + Twine(expected) +
                      " ranks, one for each device of the program, got " + Twine(size) +
                      "; start it with mpirun -n " + Twine(expected));
}

/// Rank 0's outputs from the shards of all ranks.
static LogicalResult collectOutputs(RankJob &job, Program &program, ArrayRef<int64_t> devices,
                                    ArrayRef<ResultShard> own, double tolerance) {
  std::vector<std::string> all = job->gather(writeShards(own));
  if (!job.isFirst())
    return success();
  std::vector<std::vector<ResultShard>> shards;
  for (const std::string &bytes : all)
    shards.push_back(readShards(bytes));
  FailureOr<std::vector<Array>> outputs = joinResults(program.func, devices, shards, tolerance);
  if (failed(outputs))
    return failure();
  program.outputs = std::move(*outputs);
  return success();
}

static LogicalResult writeTrace(RankJob &job, const OpTable &ops, ArrayRef<int64_t> devices,
                                const RankRunOptions &options) {
  std::string own;
  append<Stamp>(own, job->getStamps());
  std::vector<std::string> all = job->gather(own);
  if (!job.isFirst())
    return success();
  std::vector<std::vector<Stamp>> stamps;
  for (StringRef bytes : all)
    stamps.push_back(take<Stamp>(bytes, bytes.size() / sizeof(Stamp)));
  StringRef prediction = options.withPrediction ? StringRef(ops.getPrediction()) : StringRef();
  if (llvm::Error error =
          replaceFile(options.trace, renderMeasuredTrace(ops, devices, stamps, prediction)))
    return job.complain("expects to write the trace to '" + options.trace +
                        "', got: " + llvm::toString(std::move(error)));
  return success();
}

LogicalResult dagrt::runOnRanks(MLIRContext &context, Program &program,
                                const RankRunOptions &options,
                                function_ref<LogicalResult()> loadReference,
                                function_ref<LogicalResult()> finish) {
  std::string error;
  std::unique_ptr<Ranks> ranks = Ranks::start(options.stallLimit, error);
  if (!ranks)
    return complain(error);
  RankJob job(std::move(ranks));
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context, job.getErrors());
  setErrorStream(job.getErrors());
  // Whatever happens below, later errors are printed as they come.
  llvm::scope_exit restore([] { setErrorStream(llvm::errs()); });

  if (failed(loadProgram(job, context, sources, program, options.shared)))
    return failure();
  SmallVector<int64_t> devices = getRankDevices(program.func);
  if (failed(job.agree(checkSize(job, devices))) ||
      failed(job.agree(job.isFirst() ? loadReference() : success())))
    return failure();

  // Shared, because the job speaks of ops until it is left.
  auto ops = std::make_shared<OpTable>(program.func);
  job->setNames([ops](int64_t number) { return (*ops)[number].name; });
  CompiledRunOptions run = options.run;
  std::vector<RuntimeSymbol> functions = getRuntimeSymbols();
  SmallVector<JitSymbol> symbols;
  for (RuntimeSymbol symbol : functions)
    symbols.push_back({symbol.first, symbol.second});
  run.jit.symbols = symbols;
  FailureOr<std::unique_ptr<RankProgram>> compiled =
      RankProgram::compile(program.func, devices[job->getRank()], run);
  if (succeeded(compiled) && failed((*compiled)->prepare()))
    compiled = failure();
  if (failed(job.agree(compiled)))
    return failure();
  job->alignClocks();
  FailureOr<std::vector<ResultShard>> shards = (*compiled)->run();
  if (failed(job.agree(shards)) ||
      failed(job.agree(collectOutputs(job, program, devices, *shards, run.replicaTolerance))) ||
      (!options.trace.empty() && failed(job.agree(writeTrace(job, *ops, devices, options)))))
    return failure();
  return job.agree(job.isFirst() ? finish() : success());
}
