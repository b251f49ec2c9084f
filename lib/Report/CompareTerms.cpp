//===- CompareTerms.cpp - Compares a published estimate -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each term is counted on the corresponding ops of a placed program, and compared with the
// published number. A program with symbolic sizes is bound first, on a copy.
//
//===----------------------------------------------------------------------===//

#include "Terms.h"
#include "TermsReport.h"
#include "dagrt/Cost/Communication.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Report/Passes.h"
#include "dagrt/Report/Report.h"
#include "dagrt/Report/ReportFiles.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/CallInterfaces.h"

#include "llvm/Support/raw_ostream.h"

namespace dagrt {
#define GEN_PASS_DEF_COMPARETERMSPASS
#include "dagrt/Report/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

namespace {
/// A program at one binding of its sizes, analyzed.
struct Subject {
  OwningOpRef<ModuleOp> module;
  SizeBinding sizes;
  std::shared_ptr<const ProgramAnalysis> analysis;
  FunctionReport function;
};
} // namespace

//===----------------------------------------------------------------------===//
// The program's side
//===----------------------------------------------------------------------===//

/// Numbers of the ops that `wanted` names, of those that take time.
static std::vector<unsigned> selectOps(const FunctionReport &function, const TermOps &wanted) {
  std::vector<unsigned> selected;
  for (auto [index, op] : llvm::enumerate(function.timeline.ops)) {
    RoleAttr role = getRole(op.op);
    StringRef kind = function.facts[index].kind;
    bool fits =
        !kind.empty() && (wanted.kinds.empty() || llvm::is_contained(wanted.kinds, kind)) &&
        (!wanted.layer || (role && role.getLayer() == *wanted.layer)) &&
        (wanted.roles.empty() ||
         (role && llvm::any_of(wanted.roles, [&](StringRef name) { return role.isWithin(name); })));
    if (fits)
      selected.push_back(index);
  }
  return selected;
}

static Work getWork(Operation *op) {
  auto workOp = dyn_cast<WorkOpInterface>(op);
  return workOp ? workOp.getWork() : Work();
}

/// Bytes of a result on one device.
static double getResultBytes(Operation *op) {
  double bytes = 0;
  for (Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      bytes += getLocalElements(type) * getElementBytes(tensor.getElementType());
  return bytes;
}

/// How many times as many elements the shards of `type` have as are real.
static double getPadding(Operation *op, Type type) {
  DistAttr dist = getDist(type);
  MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
  if (!mesh)
    return 1;
  double factor = 1;
  for (auto [local, size, axes] :
       llvm::zip_equal(cast<RankedTensorType>(type).getShape(), dist.getOf(), dist.getDims()))
    if (size > 0)
      factor *= static_cast<double>(local) * getNumShards(mesh, axes) / static_cast<double>(size);
  return factor;
}

/// Of the result that is padded most.
static double getPadding(Operation *op) {
  double most = 0;
  for (Type type : op->getResultTypes())
    most = std::max(most, getPadding(op, type));
  return op->getNumResults() > 0 ? most : 1;
}

static double getMessages(Operation *op) {
  if (!isa<CommunicationOpInterface>(op))
    return 0;
  return static_cast<double>(getCommunicationShape(op).messages.size());
}

/// `measure` of the ops `selected`.
static double measureOps(const FunctionReport &function, ArrayRef<unsigned> selected,
                         TermMeasure measure) {
  double sum = 0, largest = 0, total = 0, logical = 0;
  for (unsigned index : selected) {
    const ScheduledOp &op = function.timeline.ops[index];
    Work work = getWork(op.op);
    total += work.totalFlops;
    logical += work.logicalFlops;
    switch (measure) {
    case TermMeasure::Ops:
      sum += 1;
      break;
    case TermMeasure::Flops:
      sum += work.flops;
      break;
    case TermMeasure::Bytes:
      if (auto communication = dyn_cast<CommunicationOpInterface>(op.op))
        sum += communication.getCommunication().bytes;
      break;
    case TermMeasure::Messages:
      sum += getMessages(op.op);
      break;
    case TermMeasure::Time:
      sum += static_cast<double>(op.getDuration());
      break;
    case TermMeasure::PathTime:
      sum += static_cast<double>(op.onPath);
      break;
    case TermMeasure::Memory:
      largest = std::max(largest, getResultBytes(op.op));
      break;
    case TermMeasure::Padded:
      largest = std::max(largest, getPadding(op.op));
      break;
    case TermMeasure::Replicas:
      break;
    }
  }
  if (measure == TermMeasure::Replicas)
    return logical > 0 ? total / logical : 0;
  return std::max(sum, largest);
}

//===----------------------------------------------------------------------===//
// The published side
//===----------------------------------------------------------------------===//

/// The number that an expression over sizes is.
static FailureOr<double> evaluate(StringRef text, const SizeBinding &sizes, ModuleOp module,
                                  const PublishedTerm &term) {
  auto report = [&]() {
    return emitError(module.getLoc()) << "in the count of term '" << term.term << "': ";
  };
  double number = 0;
  if (!text.trim().getAsDouble(number))
    return number;
  Attribute parsed;
  {
    // The parser's own message would point into a text that is not a file.
    ScopedDiagnosticHandler silent(module.getContext(), [](Diagnostic &) { return success(); });
    parsed = parseAttribute(("#dagrt.size<" + text + ">").str(), module.getContext());
  }
  auto expression = dyn_cast_or_null<SizeAttr>(parsed);
  if (!expression) {
    report() << "expects a number or an expression over sizes, got '" << text << "'";
    return failure();
  }
  FailureOr<int64_t> value = expression.evaluate(sizes, report);
  if (failed(value))
    return failure();
  return static_cast<double>(*value);
}

static FailureOr<double> getPublished(const PublishedTerm &term, const Subject &subject) {
  ModuleOp module = *subject.module;
  if (!term.count.value.empty())
    return evaluate(term.count.value, subject.sizes, module, term);
  double largest = 0, flops = 0;
  for (const TermOps &ops : term.count.larger)
    largest = std::max(
        largest, measureOps(subject.function, selectOps(subject.function, ops), term.measure));
  for (const TermGemm &gemm : term.count.gemms) {
    double product = 2;
    for (StringRef factor :
         {StringRef(gemm.times), StringRef(gemm.m), StringRef(gemm.k), StringRef(gemm.n)}) {
      FailureOr<double> value =
          factor.empty() ? FailureOr<double>(1.0) : evaluate(factor, subject.sizes, module, term);
      if (failed(value))
        return failure();
      product *= *value;
    }
    flops += product;
  }
  return std::max(largest, flops);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Binds a copy of `module` and analyzes it.
static FailureOr<Subject> analyze(ModuleOp module, const SizeBinding &sizes,
                                  const CostOptions &costs) {
  OwningOpRef<ModuleOp> bound = module.clone();
  if (failed(bindSizes(*bound, sizes)))
    return failure();
  AnalysisOptions options;
  options.costs = costs;
  FailureOr<std::shared_ptr<const ProgramAnalysis>> analysis = analyzeProgram(*bound, options);
  if (failed(analysis))
    return failure();
  return Subject{std::move(bound), sizes, *analysis,
                 FunctionReport((*analysis)->functions.front())};
}

/// Terms are about single ops: fails if some time is that of a loop, a branch or a call,
/// or is not counted at all.
static LogicalResult verifySingleOps(const FunctionReport &function) {
  for (const ScheduledOp &op : function.timeline.ops)
    if (op.occupancy != Occupancy::Nothing &&
        (isa<CallOpInterface>(op.op) ||
         (op.op->getNumRegions() > 0 && !isa<WorkOpInterface, CommunicationOpInterface>(op.op))))
      return op.op->emitOpError()
             << "hides the ops inside it from terms; expects a program without "
                "loops, branches and calls (--inline, loop unrolling)";
  if (!function.uncounted.empty())
    return function.uncounted.front().first->emitError()
           << "expects ops whose work is counted, got '" << function.uncounted.front().name << "'";
  return success();
}

namespace {
struct CompareTerms final : dagrt::impl::CompareTermsPassBase<CompareTerms> {
  using CompareTermsPassBase::CompareTermsPassBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run();
  FailureOr<SizeBinding> readBinding();
  FailureOr<ComparedTerm> compare(const PublishedTerm &term, const Subject &subject);
};
} // namespace

FailureOr<SizeBinding> CompareTerms::readBinding() {
  ModuleOp module = getOperation();
  auto report = [&]() { return emitError(module.getLoc()); };
  if (hasSymbolicSizes(module))
    return readCostSizes(module, sizes);
  // A static program has no names of its own; the terms may.
  return SizeBinding::parse(sizes, report);
}

FailureOr<ComparedTerm> CompareTerms::compare(const PublishedTerm &term, const Subject &subject) {
  const FunctionReport &function = subject.function;
  std::vector<unsigned> selected = selectOps(function, term.ops);
  ComparedTerm row;
  row.term = &term;
  row.numOps = selected.size();
  constexpr size_t kMostNames = 3;
  for (unsigned index : ArrayRef(selected).take_front(kMostNames))
    row.ops.push_back(function.names[index].str());
  row.actual = measureOps(function, selected, term.measure);
  FailureOr<double> published = getPublished(term, subject);
  if (failed(published))
    return failure();
  row.published = *published;
  if (term.doubled.empty())
    return row;
  std::optional<int64_t> size = subject.sizes.lookup(term.doubled);
  int64_t twice = 0;
  if (!size || !hasSymbolicSizes(getOperation()) || llvm::MulOverflow(*size, int64_t(2), twice)) {
    emitError(getOperation().getLoc())
        << "expects a program with the symbolic size '" << term.doubled << "' for term '"
        << term.term << "', which asks what doubling it does; import with '?' for it";
    return failure();
  }
  SizeBinding sizes = subject.sizes;
  sizes.set(term.doubled, twice);
  FailureOr<Subject> doubled =
      analyze(getOperation(), sizes, {cluster, getModelName(model).str(), table, /*sizes=*/""});
  if (failed(doubled))
    return failure();
  double after =
      measureOps(doubled->function, selectOps(doubled->function, term.ops), term.measure);
  row.actual = row.actual > 0 ? after / row.actual : 0;
  return row;
}

/// How many terms have the program's number.
static void emitTotals(ModuleOp module, ArrayRef<ComparedTerm> rows) {
  int64_t equal =
      llvm::count_if(rows, [](const ComparedTerm &row) { return row.published == row.actual; });
  remark::analysis(module.getLoc(),
                   remark::RemarkOpts::name("TermsCompared").category("compare-terms"))
      << remark::add("{0} of {1} terms are equal", equal, rows.size())
      << remark::metric("Equal", equal)
      << remark::metric("Terms", static_cast<int64_t>(rows.size()));
}

LogicalResult CompareTerms::run() {
  ModuleOp module = getOperation();
  FailureOr<TermsFile> file = readTerms(terms, module.getLoc());
  if (failed(file))
    return failure();
  FailureOr<SizeBinding> binding = readBinding();
  if (failed(binding))
    return failure();
  FailureOr<Subject> subject =
      analyze(module, *binding, {cluster, getModelName(model).str(), table, /*sizes=*/""});
  if (failed(subject) || failed(verifySingleOps(subject->function)))
    return failure();
  TermsReport result{*file, subject->sizes.str(), {}};
  for (const PublishedTerm &term : file->terms) {
    FailureOr<ComparedTerm> row = compare(term, *subject);
    if (failed(row))
      return failure();
    result.rows.push_back(std::move(*row));
  }
  emitTotals(module, result.rows);
  std::string text;
  llvm::raw_string_ostream os(text);
  if (format == DocumentFormat::Json)
    renderTermsJson(result, os);
  else
    renderTermsText(result, os);
  return addDocument(module, report, std::move(text), format == DocumentFormat::Json);
}
