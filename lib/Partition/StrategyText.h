//===- StrategyText.h - A strategy as it is written -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every key is optional, so that a missing one is reported by name. Private to the reader.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_STRATEGYTEXT_H
#define DAGRT_LIB_PARTITION_STRATEGYTEXT_H

#include "dagrt/Partition/Strategy.h"
#include "dagrt/Support/YamlFile.h"

namespace dagrt::written {
using Strings = std::vector<std::string>;
using Name = YamlText;
struct Values {
  StrategyOptions map;
  std::map<std::string, TextPosition> at; ///< Of the values.
};
struct Choices {
  std::map<std::string, std::vector<Name>> map;
};

struct AxisText {
  std::string name;
  Name size;
  bool optional = false;
};
struct MeshText {
  TextPosition at;
  Name name, repeat;
  std::vector<AxisText> axes;
  std::vector<int64_t> devices;
};
struct CutText {
  TextPosition at;
  std::optional<Name> axis;
  std::optional<std::vector<Name>> axes;
  std::string rest;
  std::vector<Name> over;

  /// Those of either spelling.
  std::vector<Name> getAxes() const {
    return axis ? std::vector<Name>{*axis} : axes.value_or(std::vector<Name>());
  }
};
struct EntryText {
  TextPosition at;
  std::optional<Name> role, mesh;
  std::optional<std::vector<CutText>> cut, resultCut;
  std::optional<std::vector<Name>> result, travels;
  bool optional = false;
  Values when;
};
struct RefusalText {
  TextPosition at;
  Values when;
  std::string because;
};
struct OrderText {
  Name zigzag;
  Values when;
};
struct SlotsText {
  Name striped, stripe;
  Values when;
};
struct MicrobatchesText {
  TextPosition at;
  Name count, order, virtualStages;
};
struct StrategyText {
  std::string name;
  Values options;
  Choices choices;
  std::vector<RefusalText> refused;
  std::vector<MeshText> meshes;
  std::optional<OrderText> order;
  std::optional<SlotsText> slots;
  std::optional<MicrobatchesText> microbatches;
  std::vector<EntryText> entries;
};
} // namespace dagrt::written

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::AxisText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::MeshText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::CutText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::EntryText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::RefusalText)

namespace llvm::yaml {
template <>
struct CustomMappingTraits<dagrt::written::Values> {
  static void inputOne(IO &io, StringRef key, dagrt::written::Values &values) {
    dagrt::written::Name value;
    io.mapRequired(key, value);
    values.map[key.str()] = value.text;
    values.at[key.str()] = value.at;
  }
  static void output(IO &, dagrt::written::Values &) {}
};
template <>
struct CustomMappingTraits<dagrt::written::Choices> {
  static void inputOne(IO &io, StringRef key, dagrt::written::Choices &choices) {
    io.mapRequired(key, choices.map[key.str()]);
  }
  static void output(IO &, dagrt::written::Choices &) {}
};
template <>
struct MappingTraits<dagrt::written::AxisText> {
  static void mapping(IO &io, dagrt::written::AxisText &axis) {
    dagrt::YamlKeys keys(io);
    keys.map("name", axis.name);
    keys.map("size", axis.size);
    keys.map("optional", axis.optional);
  }
};
template <>
struct MappingTraits<dagrt::written::MeshText> {
  static void mapping(IO &io, dagrt::written::MeshText &mesh) {
    dagrt::YamlKeys keys(io);
    mesh.at = keys.getPosition();
    keys.map("name", mesh.name);
    keys.map("repeat", mesh.repeat);
    keys.map("axes", mesh.axes);
    keys.map("devices", mesh.devices);
  }
};
template <>
struct MappingTraits<dagrt::written::CutText> {
  static void mapping(IO &io, dagrt::written::CutText &cut) {
    dagrt::YamlKeys keys(io);
    cut.at = keys.getPosition();
    keys.map("axis", cut.axis);
    keys.map("axes", cut.axes);
    keys.map("over", cut.over);
    keys.map("rest", cut.rest);
  }
};
template <>
struct MappingTraits<dagrt::written::EntryText> {
  static void mapping(IO &io, dagrt::written::EntryText &entry) {
    dagrt::YamlKeys keys(io);
    entry.at = keys.getPosition();
    keys.map("role", entry.role);
    keys.map("mesh", entry.mesh);
    keys.map("cut", entry.cut);
    keys.map("result_cut", entry.resultCut);
    keys.map("result", entry.result);
    keys.map("travels", entry.travels);
    keys.map("optional", entry.optional);
    keys.map("when", entry.when);
  }
};
template <>
struct MappingTraits<dagrt::written::RefusalText> {
  static void mapping(IO &io, dagrt::written::RefusalText &refusal) {
    dagrt::YamlKeys keys(io);
    refusal.at = keys.getPosition();
    keys.map("when", refusal.when);
    keys.map("because", refusal.because);
  }
};
template <>
struct MappingTraits<dagrt::written::OrderText> {
  static void mapping(IO &io, dagrt::written::OrderText &order) {
    dagrt::YamlKeys keys(io);
    keys.map("zigzag", order.zigzag);
    keys.map("when", order.when);
  }
};
template <>
struct MappingTraits<dagrt::written::SlotsText> {
  static void mapping(IO &io, dagrt::written::SlotsText &slots) {
    dagrt::YamlKeys keys(io);
    keys.map("striped", slots.striped);
    keys.map("stripe", slots.stripe);
    keys.map("when", slots.when);
  }
};
template <>
struct MappingTraits<dagrt::written::MicrobatchesText> {
  static void mapping(IO &io, dagrt::written::MicrobatchesText &microbatches) {
    dagrt::YamlKeys keys(io);
    microbatches.at = keys.getPosition();
    keys.map("count", microbatches.count);
    keys.map("order", microbatches.order);
    keys.map("virtual", microbatches.virtualStages);
  }
};
template <>
struct MappingTraits<dagrt::written::StrategyText> {
  static void mapping(IO &io, dagrt::written::StrategyText &strategy) {
    dagrt::YamlKeys keys(io);
    keys.map("name", strategy.name);
    keys.map("options", strategy.options);
    keys.map("choices", strategy.choices);
    keys.map("refused", strategy.refused);
    keys.map("meshes", strategy.meshes);
    keys.map("token_order", strategy.order);
    keys.map("cache_slots", strategy.slots);
    keys.map("microbatches", strategy.microbatches);
    keys.map("entries", strategy.entries);
  }
};
} // namespace llvm::yaml

#endif // DAGRT_LIB_PARTITION_STRATEGYTEXT_H
