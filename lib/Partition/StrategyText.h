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

#include "llvm/Support/YAMLTraits.h"

namespace dagrt::written {
using Strings = std::vector<std::string>;
/// A scalar, and where it stands in the text; null if the reader copied it.
struct Name {
  std::string text;
  const char *at = nullptr;
};
struct Values {
  StrategyOptions map;
  std::map<std::string, const char *> at; ///< Of the values.
};
struct Choices {
  std::map<std::string, Strings> map;
};

struct AxisText {
  std::string name, size;
};
struct MeshText {
  Name name;
  std::string repeat;
  std::vector<AxisText> axes;
  std::vector<int64_t> devices;
};
struct CutText {
  Name axis;
  std::string rest;
  std::vector<Name> over;
};
struct EntryText {
  std::optional<Name> role, mesh;
  std::optional<std::vector<CutText>> cut;
  std::optional<std::vector<Name>> result, travels;
  bool optional = false;
  Values when;
};
struct RefusalText {
  Values when;
  std::string because;
};
struct OrderText {
  std::string zigzag;
  Values when;
};
struct MicrobatchesText {
  std::string count, order, virtualStages;
};
struct StrategyText {
  std::string name;
  Values options;
  Choices choices;
  std::vector<RefusalText> refused;
  std::vector<MeshText> meshes;
  std::optional<OrderText> order;
  std::optional<MicrobatchesText> microbatches;
  std::vector<EntryText> entries;
};
} // namespace dagrt::written

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::AxisText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::MeshText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::CutText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::EntryText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::written::RefusalText)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(dagrt::written::Name)

namespace llvm::yaml {
template <>
struct ScalarTraits<dagrt::written::Name> {
  static void output(const dagrt::written::Name &name, void *, raw_ostream &os) { os << name.text; }
  static StringRef input(StringRef scalar, void *, dagrt::written::Name &name) {
    name = {scalar.str(), scalar.data()};
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};
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
    io.mapOptional("name", axis.name);
    io.mapOptional("size", axis.size);
  }
};
template <>
struct MappingTraits<dagrt::written::MeshText> {
  static void mapping(IO &io, dagrt::written::MeshText &mesh) {
    io.mapOptional("name", mesh.name);
    io.mapOptional("repeat", mesh.repeat);
    io.mapOptional("axes", mesh.axes);
    io.mapOptional("devices", mesh.devices);
  }
};
template <>
struct MappingTraits<dagrt::written::CutText> {
  static void mapping(IO &io, dagrt::written::CutText &cut) {
    io.mapOptional("axis", cut.axis);
    io.mapOptional("over", cut.over);
    io.mapOptional("rest", cut.rest);
  }
};
template <>
struct MappingTraits<dagrt::written::EntryText> {
  static void mapping(IO &io, dagrt::written::EntryText &entry) {
    io.mapOptional("role", entry.role);
    io.mapOptional("mesh", entry.mesh);
    io.mapOptional("cut", entry.cut);
    io.mapOptional("result", entry.result);
    io.mapOptional("travels", entry.travels);
    io.mapOptional("optional", entry.optional);
    io.mapOptional("when", entry.when);
  }
};
template <>
struct MappingTraits<dagrt::written::RefusalText> {
  static void mapping(IO &io, dagrt::written::RefusalText &refusal) {
    io.mapOptional("when", refusal.when);
    io.mapOptional("because", refusal.because);
  }
};
template <>
struct MappingTraits<dagrt::written::OrderText> {
  static void mapping(IO &io, dagrt::written::OrderText &order) {
    io.mapOptional("zigzag", order.zigzag);
    io.mapOptional("when", order.when);
  }
};
template <>
struct MappingTraits<dagrt::written::MicrobatchesText> {
  static void mapping(IO &io, dagrt::written::MicrobatchesText &microbatches) {
    io.mapOptional("count", microbatches.count);
    io.mapOptional("order", microbatches.order);
    io.mapOptional("virtual", microbatches.virtualStages);
  }
};
template <>
struct MappingTraits<dagrt::written::StrategyText> {
  static void mapping(IO &io, dagrt::written::StrategyText &strategy) {
    io.mapOptional("name", strategy.name);
    io.mapOptional("options", strategy.options);
    io.mapOptional("choices", strategy.choices);
    io.mapOptional("refused", strategy.refused);
    io.mapOptional("meshes", strategy.meshes);
    io.mapOptional("token_order", strategy.order);
    io.mapOptional("microbatches", strategy.microbatches);
    io.mapOptional("entries", strategy.entries);
  }
};
} // namespace llvm::yaml

#endif // DAGRT_LIB_PARTITION_STRATEGYTEXT_H
