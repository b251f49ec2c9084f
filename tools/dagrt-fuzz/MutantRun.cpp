//===- MutantRun.cpp - Trying mutants -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each mutant is shown to the verifiers, to --verify-placement, and then run. The programs are as
// small as they can be with nothing that divides: a damage that changes no number in a
// program of even sizes does in these.
//
//===----------------------------------------------------------------------===//

#include "MutantReport.h"
#include "Mutants.h"
#include "Program.h"
#include "Strategies.h"
#include "dagrt/Partition/Partitioner.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace dagrt;

/// One or more programs for each strategy, layout, `cut` and order of tokens; micro-batches;
/// causal, not causal and windowed; more devices than key/value heads, heads that are padded,
/// tokens that the pool does not divide; every rotation.
static constexpr StringLiteral kPrograms[] = {
    "layers=2 tokens=5 groups=2 queries=3 hidden=6 ffn=7 vocabulary=23 gated=yes activation=silu "
    "logits=last tp=4 pp=2",
    "tokens=5 groups=3 queries=2 head_dim=8 hidden=6 ffn=7 vocabulary=7 norm=layer activation=gelu "
    "qkv_bias=yes output_bias=yes ffn_bias=yes head_bias=yes causal=yes window=2 rope=llama3 "
    "positions=offset stored=in-out packing=concatenated tp=3 layout=sequence-parallel",
    "tokens=8 groups=2 queries=2 head_dim=4 hidden=3 ffn=3 causal=yes rope=full strategy=fa-pool "
    "tp=2 pool=3 layout=sequence-parallel blocks=zigzag",
    "layers=2 tokens=7 groups=2 queries=2 head_dim=4 hidden=3 ffn=3 activation=gelu-tanh "
    "qkv_bias=yes rope=full strategy=fa-pool tp=2 pool=3 attention=decomposed",
    "tokens=11 groups=2 queries=3 head_dim=4 hidden=4 ffn=7 vocabulary=5 causal=yes window=3 "
    "rope=interleaved head_norm=rms strategy=fa-pool tp=4 pool=2 cut=core blocks=zigzag "
    "attention=decomposed layout=sequence-parallel stored=out-in logits=last",
    "tokens=5 groups=3 queries=2 head_dim=4 hidden=3 ffn=4 rope=full parallel=shared "
    "output_bias=yes "
    "ffn_bias=yes strategy=fa-pool tp=2 pool=3 cut=core head_norm=layer",
    "batch=3 tokens=5 groups=2 queries=2 head_dim=8 hidden=3 ffn=4 vocabulary=5 causal=yes "
    "rope=yarn tied=yes stored=out-in strategy=grid tp=2 pp=2",
    "tokens=5 hidden=3 queries=2 groups=2 head_dim=4 causal=yes rope=longrope positions=offset "
    "vocabulary=8 strategy=shared",
    "tokens=5 hidden=4 ffn=4 gated=yes packed_gate_up=yes packing=per-group stored=in-out "
    "rope=linear head_dim=4 parallel=yes causal=yes tp=2 groups=2 positions=offset vocabulary=5",
    "tokens=5 groups=2 queries=2 head_dim=4 hidden=6 ffn=7 vocabulary=5 causal=yes rope=full "
    "layout=hidden tp=4",
    "tokens=5 groups=2 queries=2 head_dim=4 hidden=6 ffn=7 vocabulary=5 causal=yes rope=full "
    "norm=layer layout=hidden strategy=fa-pool pool=3 tp=4",
    "tokens=5 groups=2 queries=2 head_dim=4 hidden=6 ffn=7 vocabulary=5 causal=yes alibi=scaled "
    "score_cap=small logit_cap=yes scales=yes norm_plus_one=yes tp=2",
    "tokens=5 groups=2 queries=2 head_dim=4 hidden=6 ffn=4 causal=yes attention=decomposed "
    "alibi=yes "
    "score_cap=small tp=2",
};

namespace {
/// A model and a program that computes the same.
struct Subject {
  std::string name;
  std::unique_ptr<MLIRContext> context = makeContext();
  OwningOpRef<ModuleOp> model, placed;
  std::vector<Array> reference;

  LogicalResult fail(const Twine &message) {
    llvm::errs() << "dagrt-fuzz: error: '" << name << "': " << message << '\n';
    return failure();
  }
  LogicalResult build(StringRef text);
  LogicalResult read(StringRef file);
  LogicalResult prepare();
  Verdict judge(ModuleOp program);
};
} // namespace

LogicalResult Subject::build(StringRef text) {
  name = text.str();
  FailureOr<Case> choices = parseCase(text);
  if (failed(choices))
    return failure();
  Setup setup = makeSetup(*choices);
  model = buildModel(setup, context.get());
  placed = model->clone();
  if (failed(partition(*placed, setup)) || failed(runPasses(*placed, "cse")))
    return fail("cannot be partitioned");
  return prepare();
}

/// The first function is the model, the second the placed one.
LogicalResult Subject::read(StringRef file) {
  name = file.rsplit('/').second.str();
  placed = parseSourceFile<ModuleOp>(file, context.get());
  if (!placed || llvm::range_size(placed->getOps<func::FuncOp>()) != 2)
    return fail("expects a model and a placed function");
  model = placed->clone();
  (*std::next(model->getOps<func::FuncOp>().begin()))->erase();
  getFunction(*placed)->erase();
  return prepare();
}

LogicalResult Subject::prepare() {
  FailureOr<std::vector<Array>> outputs = run(*model, 0);
  if (failed(outputs))
    return fail("the model cannot run");
  reference = std::move(*outputs);
  // Undamaged, it passes.
  if (judge(*placed) != Verdict::Survived)
    return fail("does not compute what its model does");
  return success();
}

Verdict Subject::judge(ModuleOp program) {
  if (failed(verify(program)))
    return Verdict::Verifier;
  func::FuncOp function = getFunction(program);
  if (failed(verifyPlacement(function)))
    return Verdict::Placement;
  // Weights and inputs are those of the model.
  EvaluatorOptions options;
  func::FuncOp original = getFunction(*model);
  if (describeInputs(function) != describeInputs(original) ||
      failed(checkEvaluable(function, options)))
    return Verdict::Runner;
  FailureOr<std::vector<Array>> outputs =
      evaluate(function, makeInputs(original, options), options);
  if (failed(outputs))
    return Verdict::Replicas;
  return compareOutputs(*outputs, reference).empty() ? Verdict::Survived : Verdict::Numbers;
}

static void tryMutants(Subject &subject, MutantReport &report, bool trace) {
  report.programs.push_back(subject.name);
  Errors errors(subject.context.get());
  for (const Mutant &mutant : listMutants(*subject.placed)) {
    std::string place = (Twine(report.programs.size()) + "." + Twine(mutant.op)).str();
    if (trace)
      llvm::errs() << place << ' ' << mutant.what << ": " << mutant.how << '\n';
    Verdict verdict = Verdict::Verifier;
    if (mutant.apply) {
      OwningOpRef<ModuleOp> clone = subject.placed->clone();
      if (!mutant.apply(listOps(*clone)))
        continue;
      verdict = subject.judge(*clone);
    }
    report.all.add(verdict);
    report.kinds[mutant.what].add(verdict);
    for (const std::string &field : mutant.fields)
      report.fields[field].add(verdict);
    if (verdict == Verdict::Survived)
      report.survivors.push_back({place, mutant.what, mutant.how});
  }
}

FailureOr<MutantReport> dagrt::runMutants(ArrayRef<std::string> files, bool trace) {
  MutantReport report;
  for (StringRef text : kPrograms) {
    Subject subject;
    if (failed(subject.build(text)))
      return failure();
    tryMutants(subject, report, trace);
  }
  for (const std::string &file : files) {
    Subject subject;
    if (failed(subject.read(file)))
      return failure();
    tryMutants(subject, report, trace);
  }
  return report;
}
