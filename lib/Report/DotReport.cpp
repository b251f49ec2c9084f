//===- DotReport.cpp - The graph for Graphviz -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Solid edges are values, dashed edges resources; the critical path is red. Weights and other ops
// that nothing has to wait for are left out. Meshes are clusters.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/Report.h"
#include "dagrt/Support/Units.h"

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kCriticalColor = "#c0392b";

/// True for ops without cost and dependencies: parameters, positions.
static bool isSource(const Timeline &timeline, unsigned index) {
  return timeline.ops[index].occupancy == Occupancy::Nothing &&
         timeline.getDataDependencies(index).empty();
}

/// Text in quotes.
static void writeQuoted(llvm::raw_ostream &os, StringRef text) {
  os << '"';
  os.write_escaped(text);
  os << '"';
}

static void writeNode(llvm::raw_ostream &os, const FunctionReport &report, unsigned function,
                      unsigned index) {
  const ScheduledOp &op = report.timeline.ops[index];
  os << "    f" << function << "_" << index << " [label=\"";
  os.write_escaped(report.names[index]);
  os << "\\n" << formatTime(op.getDuration()) << '"';
  if (op.critical)
    os << ", color=\"" << kCriticalColor << "\", penwidth=2";
  if (op.occupancy == Occupancy::Nothing)
    os << ", style=dashed";
  os << "];\n";
}

static void writeEdges(llvm::raw_ostream &os, const Timeline &timeline, unsigned function,
                       unsigned index) {
  const ScheduledOp &op = timeline.ops[index];
  auto write = [&](ArrayRef<unsigned> sources, StartCause cause, StringRef style) {
    llvm::SmallDenseSet<unsigned> written;
    for (unsigned source : sources) {
      if (isSource(timeline, source) || !written.insert(source).second)
        continue;
      os << "  f" << function << '_' << source << " -> f" << function << '_' << index
         << " [style=" << style;
      if (op.critical && op.blocker == source && op.cause == cause)
        os << ", color=\"" << kCriticalColor << "\", penwidth=2";
      os << "];\n";
    }
  };
  write(timeline.getDataDependencies(index), StartCause::Data, "solid");
  write(timeline.getResourceDependencies(index), StartCause::Resource, "dashed");
}

static void writeFunction(llvm::raw_ostream &os, const FunctionReport &report, unsigned function) {
  const Timeline &timeline = report.timeline;
  std::vector<std::vector<unsigned>> opsOfMesh(timeline.meshes.size() + 1);
  for (auto [index, op] : llvm::enumerate(timeline.ops))
    if (!isSource(timeline, index))
      opsOfMesh[op.mesh == kNone ? timeline.meshes.size() : op.mesh].push_back(index);
  for (auto [mesh, ops] : llvm::enumerate(opsOfMesh)) {
    if (ops.empty())
      continue;
    os << "  subgraph cluster_f" << function << "_" << mesh << " {\n    label=";
    StringRef name = mesh < timeline.meshes.size() ? timeline.meshes[mesh].getName() : "";
    writeQuoted(os,
                name.empty() ? const_cast<func::FuncOp &>(timeline.function).getSymName() : name);
    os << ";\n";
    for (unsigned index : ops)
      writeNode(os, report, function, index);
    os << "  }\n";
  }
  for (unsigned index = 0; index < timeline.ops.size(); ++index)
    if (!isSource(timeline, index))
      writeEdges(os, timeline, function, index);
}

void dagrt::renderDot(const Report &report, llvm::raw_ostream &os) {
  os << "digraph timeline {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (auto [index, function] : llvm::enumerate(report.functions))
    writeFunction(os, function, index);
  os << "}\n";
}
