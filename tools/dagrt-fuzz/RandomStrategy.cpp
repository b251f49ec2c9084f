//===- RandomStrategy.cpp - Strategies that shard any factor -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

using namespace llvm;
using namespace dagrt;

int64_t RandomMesh::getNumDevices() const {
  int64_t count = 1;
  for (const auto &[name, size] : axes)
    count *= size;
  return count;
}

int64_t RandomStrategy::getNumDevices() const {
  std::set<int64_t> all;
  for (const RandomMesh &mesh : meshes)
    all.insert(mesh.devices.begin(), mesh.devices.end());
  return all.size();
}

std::string RandomStrategy::print() const {
  std::string text = "name: random\nmeshes:\n";
  for (const RandomMesh &mesh : meshes) {
    std::vector<std::string> axes, devices;
    for (const auto &[name, size] : mesh.axes)
      axes.push_back("{name: " + name + ", size: " + std::to_string(size) + "}");
    for (int64_t device : mesh.devices)
      devices.push_back(std::to_string(device));
    text += "  - {name: " + mesh.name + ", axes: [" + join(axes, ", ") + "], devices: [" +
            join(devices, ", ") + "]}\n";
  }
  if (zigzag > 0)
    text += "token_order: {zigzag: " + std::to_string(zigzag) + "}\n";
  if (microbatches > 1)
    text += "microbatches: {count: " + std::to_string(microbatches) + ", order: breadth-first}\n";
  text += "entries:\n";
  for (const RandomEntry &entry : entries) {
    text += "  - {role: " + (entry.role.empty() ? "\"\"" : entry.role);
    if (!entry.mesh.empty())
      text += ", mesh: " + entry.mesh;
    std::vector<std::string> cuts;
    for (const RandomCut &cut : entry.cuts)
      cuts.push_back("{" +
                     (cut.second.empty() ? "axis: " + cut.axis
                                         : "axes: [" + cut.axis + ", " + cut.second + "]") +
                     ", over: [" + join(cut.over, ", ") + "]" +
                     (cut.replicateRest ? ", rest: replicated}" : "}"));
    if (!cuts.empty())
      text += ", cut: [" + join(cuts, ", ") + "]";
    if (!entry.result.empty())
      text += ", result: [" + join(entry.result, ", ") + "]";
    if (!entry.travels.empty())
      text += ", travels: [" + join(entry.travels, ", ") + "]";
    text += "}\n";
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Drawing
//===----------------------------------------------------------------------===//

/// A mesh of at most `most` devices. Meshes may share devices, and axes of one name.
static RandomMesh drawMesh(Draw &draw, unsigned number, int64_t most) {
  RandomMesh mesh;
  mesh.name = "m" + std::to_string(number);
  for (unsigned i = 0, e = 1 + draw.below(2); i < e; ++i) {
    int64_t size = draw.pick(ArrayRef<int64_t>{2, 2, 2, 3, 3, 4, 1});
    if (mesh.getNumDevices() * size <= most)
      mesh.axes.push_back({std::string(1, "xyz"[i + (draw.chance(50) ? number : 0)]), size});
  }
  if (mesh.axes.empty())
    mesh.axes.push_back({"x", 2});
  if (mesh.axes.size() == 2 && mesh.axes[0].first == mesh.axes[1].first)
    mesh.axes.pop_back();
  int64_t first = number > 0 && draw.chance(60) ? draw.below(4) : 0;
  for (int64_t i = 0, e = mesh.getNumDevices(); i < e; ++i)
    mesh.devices.push_back(first + i);
  if (draw.chance(25))
    std::reverse(mesh.devices.begin(), mesh.devices.end());
  return mesh;
}

/// Each axis of `mesh` on one of `rank` dims, or on none.
static std::vector<std::string> drawDims(Draw &draw, const RandomMesh &mesh, size_t rank) {
  std::vector<std::string> dims(rank, "_");
  for (const auto &[name, size] : mesh.axes)
    if (rank > 0 && draw.chance(70))
      dims[draw.below(rank)] = name;
  return dims;
}

static RandomEntry drawEntry(Draw &draw, ArrayRef<RandomMesh> meshes, StringRef role,
                             const RandomMesh *mesh, size_t rank,
                             std::vector<std::string> factors) {
  RandomEntry entry;
  entry.role = role.str();
  if (mesh)
    entry.mesh = mesh->name;
  else
    mesh = &meshes.front();
  for (size_t i = 0; i < mesh->axes.size(); ++i) {
    if (factors.empty() || !draw.chance(55))
      continue;
    RandomCut cut;
    cut.axis = mesh->axes[i].first;
    // Two axes are sometimes spread as one, in either order.
    if (i + 1 < mesh->axes.size() && draw.chance(30)) {
      cut.second = mesh->axes[++i].first;
      if (draw.chance(50))
        std::swap(cut.axis, cut.second);
    }
    cut.replicateRest = draw.chance(60);
    for (unsigned i = 0, e = 1 + draw.chance(25); i < e && !factors.empty(); ++i) {
      unsigned chosen = draw.below(factors.size());
      cut.over.push_back(factors[chosen]);
      factors.erase(factors.begin() + chosen);
    }
    entry.cuts.push_back(std::move(cut));
  }
  if (draw.chance(35))
    entry.result = drawDims(draw, *mesh, rank);
  if (draw.chance(20))
    entry.travels = drawDims(draw, meshes.back(), rank);
  return entry;
}

RandomStrategy dagrt::drawStrategy(Draw &draw, const RandomProgram &program,
                                   ArrayRef<std::vector<std::string>> factors) {
  RandomStrategy strategy;
  for (unsigned i = 0, e = 1 + draw.chance(45); i < e; ++i)
    strategy.meshes.push_back(drawMesh(draw, i, draw.chance(70) ? 4 : 6));
  strategy.entries.push_back({"", strategy.meshes.front().name, {}, {}, {}});
  for (auto [i, node] : enumerate(program.nodes)) {
    if (node.isArgument() || !draw.chance(75))
      continue;
    const RandomMesh *mesh = nullptr;
    if (draw.chance(40))
      mesh = &strategy.meshes[draw.below(strategy.meshes.size())];
    strategy.entries.push_back(drawEntry(draw, strategy.meshes, "n" + std::to_string(i), mesh,
                                         node.shape.size(), factors[i]));
  }
  if (draw.chance(35))
    strategy.zigzag = 1 + draw.below(3);
  if (draw.chance(20))
    strategy.microbatches = 2 + draw.below(2);
  strategy.decompose = draw.chance(50);
  return strategy;
}
