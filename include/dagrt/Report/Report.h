//===- Report.h - A module's timelines, and their renderings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A report shows what an analysis (Schedule/ProgramAnalysis.h) found of a module, and gives its ops
// names. Each format renders the same report; a new one is a function and a line in a table.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_REPORT_H
#define DAGRT_REPORT_REPORT_H

#include "dagrt/Report/Options.h"
#include "dagrt/Schedule/ProgramAnalysis.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/StringMap.h"

namespace dagrt {

/// Readable names of a timeline's ops: `layers.3.attention.query@pool`,
/// `layers.3.norm.ffn.all_gather@base`, `head.send@base->pool`. An op without a role
/// is called by its mnemonic. From the second op of one name on they are numbered: `#2`.
class OpNames {
public:
  OpNames() = default;
  explicit OpNames(const Timeline &timeline);
  OpNames(OpNames &&) = default;
  OpNames &operator=(OpNames &&) = default;

  /// The name of op number `index`: no other op of the function has it.
  llvm::StringRef operator[](unsigned index) const { return names[index]->getKey(); }

private:
  /// Owns the names; the value is how many ops asked for it.
  llvm::StringMap<unsigned> taken;
  std::vector<const llvm::StringMapEntry<unsigned> *> names;
};

/// The mnemonic of `op`: without the dialect for ops of this project, `matmul`, and with it for
/// others, `linalg.matmul`.
llvm::StringRef getMnemonic(mlir::Operation *op);

/// The name of an op without its layer, mesh and number: `attention.query`, `norm.ffn.all_gather`.
std::string getLabel(const ScheduledOp &op);
/// The same of an op of which no timeline is known.
std::string getLabel(mlir::Operation *op);

/// All that a report shows of one function: what its analysis found, names for its ops, and remarks
/// for the reader.
struct FunctionReport {
  explicit FunctionReport(const FunctionAnalysis &analysis);

  const FunctionAnalysis &analysis;
  const Timeline &timeline;
  const std::vector<OpFacts> &facts;
  const Attribution &attribution;
  const Uncertainty &uncertainty;
  const std::vector<MeshUsage> &usage;
  const std::vector<MeshMemory> &memory;
  const std::optional<BatchLimit> &batchLimit;
  const std::vector<ResourceWait> &waits;
  const NearCritical &nearCritical;
  const ResolvedCostOptions &costs;
  const SizeBinding &binding;
  /// Null if unknown.
  ClusterAttr cluster;
  bool isModelled = false;
  int64_t numRanks = 0;
  llvm::ArrayRef<NamedOps> uncounted, branches;

  OpNames names;
  /// `prefill`, `decode` or `extend` (several new tokens after a cache); empty for what is none.
  std::string phase;
  /// What a reader must know to read the rest right, each a sentence without an end: shown after
  /// the text, and under `warnings` in JSON.
  std::vector<std::string> warnings;

  /// The nodes of the cluster that `mesh` has devices on, ascending; empty if unknown.
  llvm::SmallVector<int64_t> getNodes(const ScheduledMesh &mesh) const;
  /// Memory of a device in bytes; 0 if unknown.
  int64_t getDeviceMemory() const { return analysis.getDeviceMemory(); }
  /// The part of it that no program gets.
  int64_t getReservedMemory() const { return analysis.getReservedMemory(); }
  /// True if a device holds `mesh`, whose part of the memory is known.
  bool fits(const MeshMemory &mesh) const {
    return mesh.peakBytes <= getDeviceMemory() - getReservedMemory();
  }
  /// True if the measurements of the device are all of one laboratory.
  bool isOfOneSource() const;
  /// The name of the op that makes `value`, or `argument #0`.
  std::string getName(const LiveValue &value) const;
  /// True if no mesh ever needs more than the memory of a device; nothing if that is unknown.
  std::optional<bool> fitsInMemory() const;
};

/// All that a report shows of a module.
struct Report {
  /// A report of `module`, which `analysis` is of, and whose ops carry the costs that it found.
  Report(mlir::ModuleOp module, std::shared_ptr<const ProgramAnalysis> analysis);

  std::shared_ptr<const ProgramAnalysis> analysis;
  const CostOptions &costOptions;
  const MemoryOptions &memoryOptions;
  /// Functions that are not analyzed.
  const std::vector<NamedOps> &uncountedFunctions;
  std::vector<FunctionReport> functions;
  /// What is said of no function alone.
  std::vector<std::string> warnings;
};

/// For people; at most 100 columns.
void renderText(const Report &report, llvm::raw_ostream &os);
/// For programs; docs/report.md describes it.
void renderJson(const Report &report, llvm::raw_ostream &os);
/// Chrome's Trace Event Format: a track for each resource of each class of devices.
void renderChromeTrace(const Report &report, llvm::raw_ostream &os);
/// Graphviz: the graph, with the critical path in colour.
void renderDot(const Report &report, llvm::raw_ostream &os);

/// The longest path as a sum of `Get_Time(m, k, n)` and communication, for people.
void renderFormula(const Report &report, llvm::raw_ostream &os);

/// Longest paths at many sizes.
struct SweepReport;
void renderSweepText(const SweepReport &report, llvm::raw_ostream &os);
void renderSweepJson(const SweepReport &report, llvm::raw_ostream &os);
void renderSweepFormulas(const SweepReport &report, llvm::raw_ostream &os);

/// The functions of a report as JSON objects, each with the name of its module.
std::vector<std::string> renderJsonObjects(const Report &report, llvm::StringRef module);
std::vector<std::string> renderSweepJsonObjects(const SweepReport &report, llvm::StringRef module);

/// A format of the report proper, at one binding and of a sweep.
struct ReportFormat {
  ReportFormatName name;
  void (*render)(const Report &, llvm::raw_ostream &);
  void (*renderSweep)(const SweepReport &, llvm::raw_ostream &);
  /// The same as elements of an array that several modules share; null for formats of which one
  /// report simply follows the other.
  std::vector<std::string> (*renderObjects)(const Report &, llvm::StringRef module) = nullptr;
  std::vector<std::string> (*renderSweepObjects)(const SweepReport &,
                                                 llvm::StringRef module) = nullptr;
};

/// The format of this name.
const ReportFormat &getReportFormat(ReportFormatName name);

} // namespace dagrt

#endif // DAGRT_REPORT_REPORT_H
