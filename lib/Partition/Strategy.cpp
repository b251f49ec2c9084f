//===- Strategy.cpp - Reads strategies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file is read as it is written (every key optional, so that a missing one is reported by
// name), and then instantiated: conditions are decided, option names become values.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Partition/Strategy.h"

#include "dagrt/IR/YamlNesting.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dagrt;

namespace {
using Strings = std::vector<std::string>;
struct Values {
  StrategyOptions map;
};
struct Choices {
  std::map<std::string, Strings> map;
};

struct AxisText {
  std::string name, size;
};
struct MeshText {
  std::string name, repeat;
  std::vector<AxisText> axes;
  std::vector<int64_t> devices;
};
struct CutText {
  std::string axis, rest;
  Strings over;
};
struct EntryText {
  std::optional<std::string> role, mesh;
  std::optional<std::vector<CutText>> cut;
  std::optional<Strings> result, travels;
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
} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(AxisText)
LLVM_YAML_IS_SEQUENCE_VECTOR(MeshText)
LLVM_YAML_IS_SEQUENCE_VECTOR(CutText)
LLVM_YAML_IS_SEQUENCE_VECTOR(EntryText)
LLVM_YAML_IS_SEQUENCE_VECTOR(RefusalText)

namespace llvm::yaml {
template <>
struct CustomMappingTraits<Values> {
  static void inputOne(IO &io, StringRef key, Values &values) {
    io.mapRequired(key, values.map[key.str()]);
  }
  static void output(IO &, Values &) {}
};
template <>
struct CustomMappingTraits<Choices> {
  static void inputOne(IO &io, StringRef key, Choices &choices) {
    io.mapRequired(key, choices.map[key.str()]);
  }
  static void output(IO &, Choices &) {}
};
template <>
struct MappingTraits<AxisText> {
  static void mapping(IO &io, AxisText &axis) {
    io.mapOptional("name", axis.name);
    io.mapOptional("size", axis.size);
  }
};
template <>
struct MappingTraits<MeshText> {
  static void mapping(IO &io, MeshText &mesh) {
    io.mapOptional("name", mesh.name);
    io.mapOptional("repeat", mesh.repeat);
    io.mapOptional("axes", mesh.axes);
    io.mapOptional("devices", mesh.devices);
  }
};
template <>
struct MappingTraits<CutText> {
  static void mapping(IO &io, CutText &cut) {
    io.mapOptional("axis", cut.axis);
    io.mapOptional("over", cut.over);
    io.mapOptional("rest", cut.rest);
  }
};
template <>
struct MappingTraits<EntryText> {
  static void mapping(IO &io, EntryText &entry) {
    io.mapOptional("role", entry.role);
    io.mapOptional("mesh", entry.mesh);
    io.mapOptional("cut", entry.cut);
    io.mapOptional("result", entry.result);
    io.mapOptional("travels", entry.travels);
    io.mapOptional("when", entry.when);
  }
};
template <>
struct MappingTraits<RefusalText> {
  static void mapping(IO &io, RefusalText &refusal) {
    io.mapOptional("when", refusal.when);
    io.mapOptional("because", refusal.because);
  }
};
template <>
struct MappingTraits<OrderText> {
  static void mapping(IO &io, OrderText &order) {
    io.mapOptional("zigzag", order.zigzag);
    io.mapOptional("when", order.when);
  }
};
template <>
struct MappingTraits<MicrobatchesText> {
  static void mapping(IO &io, MicrobatchesText &microbatches) {
    io.mapOptional("count", microbatches.count);
    io.mapOptional("order", microbatches.order);
    io.mapOptional("virtual", microbatches.virtualStages);
  }
};
template <>
struct MappingTraits<StrategyText> {
  static void mapping(IO &io, StrategyText &strategy) {
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

//===----------------------------------------------------------------------===//
// Instantiation
//===----------------------------------------------------------------------===//

namespace {
/// Fills a strategy's text with option values; every method reports what it refuses.
struct Instantiation {
  StringRef name;
  StrategyOptions values;
  llvm::function_ref<void(const Twine &)> emitError;

  LogicalResult error(const Twine &text) {
    emitError("strategy '" + name + "' " + text);
    return failure();
  }

  /// A count: an integer, or the name of an option that holds one; at least 1.
  FailureOr<int64_t> getCount(StringRef text, const Twine &what) {
    auto option = values.find(text.str());
    StringRef number = option == values.end() ? text : StringRef(option->second);
    int64_t value = 0;
    if (number.getAsInteger(10, value) || value < 1 || value > (1 << 20))
      return error("expects " + what + " to be an integer from 1 to 1048576, got '" + number + "'");
    return value;
  }

  /// True if all conditions hold.
  FailureOr<bool> holds(const Values &when) {
    for (const auto &[option, wanted] : when.map) {
      auto it = values.find(option);
      if (it == values.end())
        return error("expects conditions on its options, got '" + option + "'");
      if (it->second != wanted)
        return false;
    }
    return true;
  }
};
} // namespace

/// Options: given ones override defaults and are known, and values are among the choices.
static LogicalResult readOptions(Instantiation &fill, const StrategyText &text,
                                 const StrategyOptions &options) {
  fill.values = text.options.map;
  for (const auto &[option, value] : options) {
    if (!text.options.map.count(option)) {
      Strings known;
      for (const auto &entry : text.options.map)
        known.push_back(entry.first);
      return fill.error("expects one of the options " + llvm::join(known, ", ") + ", got '" +
                        option + "'");
    }
    fill.values[option] = value;
  }
  for (const auto &[option, choices] : text.choices.map)
    if (!llvm::is_contained(choices, fill.values[option]))
      return fill.error("expects " + option + " to be one of " + llvm::join(choices, ", ") +
                        ", got '" + fill.values[option] + "'");
  return success();
}

/// Options that are right each for itself, and not together.
static LogicalResult checkRefused(Instantiation &fill, const StrategyText &text) {
  for (const RefusalText &refusal : text.refused) {
    if (refusal.when.map.empty() || refusal.because.empty())
      return fill.error("expects each of 'refused' to have 'when' and 'because', got one without");
    FailureOr<bool> applies = fill.holds(refusal.when);
    if (failed(applies))
      return failure();
    if (!*applies)
      continue;
    std::string options;
    for (const auto &[option, value] : refusal.when.map)
      options += " " + option + "=" + value;
    return fill.error("expects options that go together, got" + options + ": " + refusal.because);
  }
  return success();
}

static LogicalResult readMeshes(Instantiation &fill, const StrategyText &text, Strategy &strategy) {
  if (text.meshes.empty())
    return fill.error("expects at least one mesh under 'meshes', got none");
  for (const MeshText &mesh : text.meshes) {
    MeshSpec spec;
    spec.name = mesh.name;
    spec.devices = mesh.devices;
    if (mesh.name.empty() || mesh.axes.empty())
      return fill.error("expects each mesh to have a 'name' and 'axes', got mesh '" + mesh.name +
                        "'");
    int64_t count = 1;
    for (const AxisText &axis : mesh.axes) {
      FailureOr<int64_t> size = fill.getCount(axis.size, axis.size);
      if (failed(size))
        return failure();
      spec.axes.push_back({axis.name, *size});
      if (llvm::MulOverflow(count, *size, count) || count > (1 << 20))
        return fill.error("expects mesh '" + mesh.name + "' to have at most 1048576 devices");
    }
    if (!mesh.repeat.empty()) {
      FailureOr<int64_t> repeat = fill.getCount(mesh.repeat, mesh.repeat);
      if (failed(repeat))
        return failure();
      spec.repeat = *repeat;
      if (!mesh.devices.empty())
        return fill.error(
            "expects a repeated mesh to take the next free devices, got 'devices' on '" +
            mesh.name + "'");
    }
    strategy.meshes.push_back(spec);
  }
  return success();
}

/// Axes and meshes that an entry names exist.
static LogicalResult checkNames(Instantiation &fill, const Strategy &strategy,
                                const StrategyEntry &entry) {
  auto isAxis = [&](StringRef name) {
    return name == "_" || llvm::any_of(strategy.meshes, [&](const MeshSpec &mesh) {
             return llvm::any_of(mesh.axes, [&](const auto &axis) { return axis.first == name; });
           });
  };
  Strings axes;
  for (const CutSpec &cut : entry.cut.value_or(std::vector<CutSpec>()))
    axes.push_back(cut.axis);
  llvm::append_range(axes, entry.result.value_or(Strings()));
  llvm::append_range(axes, entry.travels.value_or(Strings()));
  for (const std::string &axis : axes)
    if (!isAxis(axis))
      return fill.error("expects axes of its meshes in the entry for role '" + entry.role +
                        "', got '" + axis + "'");
  bool known = !entry.mesh || llvm::any_of(strategy.meshes, [&](const MeshSpec &mesh) {
    return mesh.name == *entry.mesh;
  });
  if (!known)
    return fill.error("expects one of its meshes in the entry for role '" + entry.role +
                      "', got '" + *entry.mesh + "'");
  return success();
}

static LogicalResult readEntries(Instantiation &fill, const StrategyText &text,
                                 Strategy &strategy) {
  for (const EntryText &source : text.entries) {
    FailureOr<bool> applies = fill.holds(source.when);
    if (failed(applies))
      return failure();
    if (!source.role)
      return fill.error("expects each entry to have a 'role' (\"\" for all ops), got none");
    StrategyEntry entry;
    entry.role = *source.role;
    entry.mesh = source.mesh;
    entry.result = source.result;
    entry.travels = source.travels;
    if (source.cut)
      entry.cut.emplace();
    for (const CutText &cut : source.cut.value_or(std::vector<CutText>())) {
      if (cut.axis.empty() || cut.over.empty() || (!cut.rest.empty() && cut.rest != "replicated"))
        return fill.error("expects each cut to have an 'axis', the factors 'over', and 'rest' to "
                          "be 'replicated' if given, in the entry for role '" +
                          entry.role + "'");
      entry.cut->push_back({cut.axis, cut.over, !cut.rest.empty()});
    }
    if (failed(checkNames(fill, strategy, entry)))
      return failure();
    if (*applies)
      strategy.entries.push_back(entry);
  }
  return success();
}

static std::optional<MicrobatchOrder> getOrder(StringRef name) {
  return llvm::StringSwitch<std::optional<MicrobatchOrder>>(name)
      .Case("breadth-first", MicrobatchOrder::BreadthFirst)
      .Case("depth-first", MicrobatchOrder::DepthFirst)
      .Case("interleaved", MicrobatchOrder::Interleaved)
      .Case("ping-pong", MicrobatchOrder::PingPong)
      .Default(std::nullopt);
}

/// Orders and virtual stages make sense on some rows of meshes only.
static LogicalResult checkMicrobatches(Instantiation &fill, const Strategy &strategy) {
  const MicrobatchSpec &spec = strategy.microbatches;
  int64_t stages = 1;
  for (const MeshSpec &mesh : strategy.meshes)
    stages = std::max(stages, mesh.repeat.value_or(1));
  if (spec.virtualStages > 1 && stages == 1)
    return fill.error("expects at least 2 stages for virtual stages to go round, got " +
                      Twine(spec.virtualStages) + " virtual stages on 1");
  if (spec.order == MicrobatchOrder::Interleaved && spec.virtualStages == 1)
    return fill.error("expects at least 2 virtual stages on each stage for interleaved order, got "
                      "1; with one, breadth-first is the order");
  size_t meshes = strategy.meshes.size();
  if (spec.order == MicrobatchOrder::PingPong && (meshes != 2 || stages > 1))
    return fill.error("expects two meshes that take turns for ping-pong order, got " +
                      (stages > 1 ? Twine("stages") : Twine(meshes)));
  return success();
}

static LogicalResult readMicrobatches(Instantiation &fill, const StrategyText &text,
                                      Strategy &strategy) {
  if (!text.microbatches)
    return success();
  auto getCount = [&](StringRef count, const Twine &what) {
    return count.empty() ? FailureOr<int64_t>(1) : fill.getCount(count, what);
  };
  FailureOr<int64_t> count = getCount(text.microbatches->count, "the number of micro-batches");
  FailureOr<int64_t> stages =
      getCount(text.microbatches->virtualStages, "the number of virtual stages");
  if (failed(count) || failed(stages))
    return failure();
  StringRef order = text.microbatches->order;
  if (auto option = fill.values.find(order.str()); option != fill.values.end())
    order = option->second;
  std::optional<MicrobatchOrder> known = getOrder(order.empty() ? "breadth-first" : order);
  if (!known)
    return fill.error("expects an order of micro-batches of breadth-first, depth-first, "
                      "interleaved or ping-pong, got '" +
                      order + "'");
  strategy.microbatches = {*count, *known, *stages};
  return checkMicrobatches(fill, strategy);
}

FailureOr<Strategy> dagrt::parseStrategy(StringRef yaml, StringRef name,
                                         const StrategyOptions &options,
                                         llvm::function_ref<void(const Twine &)> emitError) {
  std::string message;
  auto collect = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &text = *static_cast<std::string *>(context);
    if (text.empty())
      text = (diagnostic.getMessage() + " (line " + Twine(diagnostic.getLineNo()) + ", column " +
              Twine(diagnostic.getColumnNo() + 1) + ")")
                 .str();
  };
  Instantiation fill{name, {}, emitError};
  YamlNestingError nesting = checkYamlNesting(yaml);
  if (!nesting.message.empty())
    return fill.error(nesting.message + " (line " + Twine(nesting.line) + ", column " +
                      Twine(nesting.column) + ")");
  StrategyText text;
  llvm::yaml::Input input(yaml, nullptr, collect, &message);
  input >> text;
  if (input.error())
    return fill.error("expects a YAML mapping of name, options, choices, refused, meshes, "
                      "token_order, microbatches and entries: " +
                      message);
  if (!input.getCurrentNode())
    return fill.error("expects at least one mesh under 'meshes', got none");
  if (input.nextDocument())
    return fill.error("expects one YAML document, got more");
  Strategy strategy;
  strategy.name = text.name.empty() ? name.str() : text.name;
  if (failed(readOptions(fill, text, options)) || failed(checkRefused(fill, text)) ||
      failed(readMeshes(fill, text, strategy)) || failed(readEntries(fill, text, strategy)) ||
      failed(readMicrobatches(fill, text, strategy)))
    return failure();
  if (text.order) {
    FailureOr<bool> applies = fill.holds(text.order->when);
    FailureOr<int64_t> blocks = fill.getCount(text.order->zigzag, "zigzag blocks");
    if (failed(applies) || failed(blocks))
      return failure();
    if (*applies && *blocks > 1)
      strategy.zigzagBlocks = *blocks;
  }
  return strategy;
}
