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

#include "StrategyText.h"

#include "dagrt/Support/NearestName.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

#include <set>

using namespace mlir;
using namespace dagrt;
using namespace dagrt::written;

//===----------------------------------------------------------------------===//
// Instantiation
//===----------------------------------------------------------------------===//

static Strings getNames(const StrategyOptions &options) {
  Strings names;
  for (const auto &entry : options)
    names.push_back(entry.first);
  return names;
}

namespace {
/// Fills a strategy's text with option values; every method reports what it refuses.
struct Instantiation {
  StringRef name;
  TextErrorHandler emitError;
  StrategyOptions values = {};
  std::set<std::string> given = {}; ///< Options that do not have the file's value.
  std::set<std::string> used = {};  ///< Options that something depends on.

  LogicalResult error(const Twine &text, TextPosition at) {
    emitError("strategy '" + name + "' " + text, at);
    return failure();
  }

  /// Where the value of an option stands: nowhere in the file if it was given.
  TextPosition getPlace(const std::string &option, TextPosition at) const {
    return given.count(option) ? TextPosition() : at;
  }

  /// Axes of size 1 that meshes do without.
  std::set<std::string> dropped = {};

  /// A quotient of counts, `tp/kvp`, without a rest.
  FailureOr<int64_t> getQuotient(const Name &name, const Twine &what) {
    auto [dividend, divisor] = StringRef(name.text).split('/');
    FailureOr<int64_t> all = getCount({dividend.trim().str(), name.at}, what);
    FailureOr<int64_t> parts = getCount({divisor.trim().str(), name.at}, what);
    if (failed(all) || failed(parts))
      return failure();
    if (*all % *parts != 0)
      return error("expects " + dividend.trim() + " to be a multiple of " + divisor.trim() +
                       ", got " + Twine(*all) + " and " + Twine(*parts),
                   getPlace(dividend.trim().str(), name.at));
    return *all / *parts;
  }

  /// A count: an integer, the name of an option that holds one, or a quotient of them; at least 1.
  FailureOr<int64_t> getCount(const Name &name, const Twine &what) {
    if (StringRef(name.text).contains('/'))
      return getQuotient(name, what);
    auto option = values.find(name.text);
    StringRef number = option == values.end() ? name.text : option->second;
    used.insert(name.text);
    int64_t value = 0;
    if (number.getAsInteger(10, value) || value < 1 || value > (1 << 20))
      return error("expects " + what + " to be an integer from 1 to 1048576, got '" + number + "'",
                   getPlace(name.text, name.at));
    return value;
  }

  /// True if all conditions hold.
  FailureOr<bool> holds(const Values &when) {
    bool all = true;
    for (const auto &[option, wanted] : when.map) {
      auto it = values.find(option);
      if (it == values.end())
        return error("expects conditions on its options, got '" + option + "'" +
                         suggestName(option, getNames(values)),
                     when.at.at(option));
      used.insert(option);
      StringRef value = wanted;
      bool isNot = value.consume_front("not ");
      all &= (it->second == value.trim()) != isNot;
    }
    return all;
  }
};
} // namespace

static Strings getTexts(ArrayRef<Name> names) {
  Strings texts;
  for (const Name &name : names)
    texts.push_back(name.text);
  return texts;
}

/// Options: given ones override defaults and are known, and values are among the choices.
static LogicalResult readOptions(Instantiation &fill, const StrategyText &text,
                                 const StrategyOptions &options) {
  fill.values = text.options.map;
  for (const auto &[option, value] : options) {
    if (!text.options.map.count(option)) {
      Strings known = getNames(text.options.map);
      return fill.error("expects one of the options " + llvm::join(known, ", ") + ", got '" +
                            option + "'" + suggestName(option, known),
                        TextPosition());
    }
    fill.values[option] = value;
    fill.given.insert(option);
  }
  for (const auto &[option, choices] : text.choices.map) {
    TextPosition at = choices.empty() ? TextPosition{1, 1} : choices.front().at;
    if (!text.options.map.count(option))
      return fill.error("expects 'choices' of its options, got '" + option + "'" +
                            suggestName(option, getNames(text.options.map)),
                        at);
    Strings names = getTexts(choices);
    if (!llvm::is_contained(names, fill.values[option]))
      return fill.error("expects " + option + " to be one of " + llvm::join(names, ", ") +
                            ", got '" + fill.values[option] + "'" +
                            suggestName(fill.values[option], names),
                        fill.getPlace(option, text.options.at.at(option)));
  }
  return success();
}

/// An option that nothing depends on does nothing, whatever its value is.
static LogicalResult checkUsed(Instantiation &fill, const StrategyText &text) {
  for (const auto &[option, value] : text.options.map)
    if (!fill.used.count(option))
      return fill.error("expects each of its options to be the size of something, or in a 'when', "
                        "got '" +
                            option + "', which is in none",
                        text.options.at.at(option));
  return success();
}

/// Options that are right each for itself, and not together.
static LogicalResult checkRefused(Instantiation &fill, const StrategyText &text) {
  for (const RefusalText &refusal : text.refused) {
    if (refusal.when.map.empty() || refusal.because.empty())
      return fill.error("expects each of 'refused' to have 'when' and 'because', got one without",
                        refusal.at);
    FailureOr<bool> applies = fill.holds(refusal.when);
    if (failed(applies))
      return failure();
    if (!*applies)
      continue;
    std::string options;
    for (const auto &[option, value] : refusal.when.map)
      options += " " + option + "=" + value;
    bool isGiven = llvm::any_of(refusal.when.map,
                                [&](const auto &entry) { return fill.given.count(entry.first); });
    return fill.error("expects options that go together, got" + options + ": " + refusal.because,
                      isGiven ? TextPosition() : refusal.at);
  }
  return success();
}

static LogicalResult readMeshes(Instantiation &fill, const StrategyText &text, Strategy &strategy) {
  if (text.meshes.empty())
    return fill.error("expects at least one mesh under 'meshes', got none", {1, 1});
  for (const MeshText &mesh : text.meshes) {
    MeshSpec spec;
    spec.name = mesh.name.text;
    spec.position = mesh.name.at;
    spec.devices = mesh.devices;
    if (mesh.name.text.empty() || mesh.axes.empty())
      return fill.error("expects each mesh to have a 'name' and 'axes', got mesh '" +
                            mesh.name.text + "'",
                        mesh.at);
    int64_t count = 1;
    for (const AxisText &axis : mesh.axes) {
      FailureOr<int64_t> size = fill.getCount(axis.size, axis.size.text);
      if (failed(size))
        return failure();
      if (axis.optional && *size == 1)
        fill.dropped.insert(axis.name);
      else
        spec.axes.push_back({axis.name, *size});
      if (llvm::MulOverflow(count, *size, count) || count > (1 << 20))
        return fill.error("expects mesh '" + mesh.name.text + "' to have at most 1048576 devices",
                          mesh.at);
    }
    if (spec.axes.empty())
      return fill.error("expects each mesh to have an axis that is not optional, got mesh '" +
                            mesh.name.text + "'",
                        mesh.at);
    if (!mesh.repeat.text.empty()) {
      FailureOr<int64_t> repeat = fill.getCount(mesh.repeat, mesh.repeat.text);
      if (failed(repeat))
        return failure();
      spec.repeat = *repeat;
      if (!mesh.devices.empty())
        return fill.error(
            "expects a repeated mesh to take the next free devices, got 'devices' on '" +
                mesh.name.text + "'",
            mesh.at);
    }
    strategy.meshes.push_back(spec);
  }
  return success();
}

/// Axes and meshes that an entry names exist.
static LogicalResult checkNames(Instantiation &fill, const Strategy &strategy,
                                const EntryText &entry) {
  Strings meshes, known(fill.dropped.begin(), fill.dropped.end());
  for (const MeshSpec &mesh : strategy.meshes) {
    meshes.push_back(mesh.name);
    if (entry.mesh && entry.mesh->text != mesh.name)
      continue;
    for (const auto &axis : mesh.axes)
      known.push_back(axis.first);
  }
  std::string where = " in the entry for role '" + entry.role->text + "', got '";
  if (entry.mesh && !llvm::is_contained(meshes, entry.mesh->text))
    return fill.error("expects one of its meshes" + where + entry.mesh->text + "'" +
                          suggestName(entry.mesh->text, meshes),
                      entry.mesh->at);
  std::vector<Name> axes = entry.result.value_or(std::vector<Name>());
  for (const auto &cuts : {entry.cut, entry.resultCut})
    for (const CutText &cut : cuts.value_or(std::vector<CutText>()))
      llvm::append_range(axes, cut.getAxes());
  for (const Name &axis : axes)
    if (axis.text != "_" && !llvm::is_contained(known, axis.text))
      return fill.error("expects axes of its meshes" + where + axis.text + "'" +
                            suggestName(axis.text, known),
                        axis.at);
  // A message is sharded over the mesh that it goes to.
  for (const Name &axis : entry.travels.value_or(std::vector<Name>()))
    if (axis.text != "_" && !fill.dropped.count(axis.text) &&
        llvm::none_of(strategy.meshes, [&](const MeshSpec &mesh) {
          return llvm::is_contained(llvm::make_first_range(mesh.axes), axis.text);
        }))
      return fill.error("expects axes of its meshes" + where + axis.text + "'", axis.at);
  return success();
}

/// Axes by dims, `_` where there is none, or one of size 1 that meshes do without.
static std::optional<Strings> getAxes(const Instantiation &fill,
                                      const std::optional<std::vector<Name>> &names) {
  if (!names)
    return std::nullopt;
  Strings axes = getTexts(ArrayRef<Name>(*names));
  for (std::string &axis : axes)
    if (fill.dropped.count(axis))
      axis = "_";
  return axes;
}

/// Reads the `cut` or `result_cut` of an entry. What is over axes that meshes do without does
/// nothing.
static LogicalResult readCuts(Instantiation &fill, const StrategyEntry &entry,
                              const std::optional<std::vector<CutText>> &source,
                              std::optional<std::vector<CutSpec>> &cuts) {
  if (!source)
    return success();
  cuts.emplace();
  for (const CutText &cut : *source) {
    std::vector<Name> axes = cut.getAxes();
    bool hasOneSpelling = cut.axis.has_value() != cut.axes.has_value();
    if (!hasOneSpelling || axes.empty() || cut.over.empty() ||
        llvm::any_of(axes, [](const Name &axis) { return axis.text.empty(); }) ||
        (!cut.rest.empty() && cut.rest != "replicated"))
      return fill.error("expects each 'cut' to have an 'axis' or 'axes', the factors 'over', and "
                        "'rest' to be 'replicated' if given, in the entry for role '" +
                            entry.role + "'",
                        cut.at);
    llvm::erase_if(axes, [&](const Name &axis) { return fill.dropped.count(axis.text) > 0; });
    CutSpec spec{
        getTexts(ArrayRef<Name>(axes)), getTexts(ArrayRef<Name>(cut.over)), {}, !cut.rest.empty()};
    for (const Name &factor : cut.over)
      spec.positions.push_back(factor.at);
    if (!axes.empty())
      cuts->push_back(spec);
  }
  return success();
}

static LogicalResult readEntries(Instantiation &fill, const StrategyText &text,
                                 Strategy &strategy) {
  for (const EntryText &source : text.entries) {
    FailureOr<bool> applies = fill.holds(source.when);
    if (failed(applies))
      return failure();
    if (!source.role)
      return fill.error("expects each entry to have a 'role' (\"\" for all ops), got none",
                        source.at);
    StrategyEntry entry;
    entry.role = source.role->text;
    entry.position = source.role->at;
    entry.isOptional = source.optional;
    if (source.mesh)
      entry.mesh = source.mesh->text;
    entry.result = getAxes(fill, source.result);
    entry.travels = getAxes(fill, source.travels);
    if (failed(readCuts(fill, entry, source.cut, entry.cut)) ||
        failed(readCuts(fill, entry, source.resultCut, entry.resultCut)) ||
        failed(checkNames(fill, strategy, source)))
      return failure();
    if (!entry.mesh && !entry.cut && !entry.resultCut && !entry.result && !entry.travels)
      return fill.error(
          "expects an entry to say 'mesh', 'cut', 'result_cut', 'result' or 'travels', got the "
          "entry for role '" +
              entry.role + "' with none",
          source.role->at);
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
static LogicalResult checkMicrobatches(Instantiation &fill, const Strategy &strategy,
                                       TextPosition at) {
  const MicrobatchSpec &spec = strategy.microbatches;
  int64_t stages = 1;
  for (const MeshSpec &mesh : strategy.meshes)
    stages = std::max(stages, mesh.repeat.value_or(1));
  if (spec.virtualStages > 1 && stages == 1)
    return fill.error("expects at least 2 stages for virtual stages to go round, got " +
                          Twine(spec.virtualStages) + " virtual stages on 1",
                      at);
  if (spec.order == MicrobatchOrder::Interleaved && spec.virtualStages == 1)
    return fill.error("expects at least 2 virtual stages on each stage for interleaved order, got "
                      "1; with one, breadth-first is the order",
                      at);
  size_t meshes = strategy.meshes.size();
  if (spec.order == MicrobatchOrder::PingPong && (meshes != 2 || stages > 1))
    return fill.error("expects two meshes that take turns for ping-pong order, got " +
                          (stages > 1 ? Twine("stages") : Twine(meshes)),
                      at);
  return success();
}

static LogicalResult readMicrobatches(Instantiation &fill, const StrategyText &text,
                                      Strategy &strategy) {
  if (!text.microbatches)
    return success();
  auto getCount = [&](const Name &count, const Twine &what) {
    return count.text.empty() ? FailureOr<int64_t>(1) : fill.getCount(count, what);
  };
  FailureOr<int64_t> count = getCount(text.microbatches->count, "the number of micro-batches");
  FailureOr<int64_t> stages =
      getCount(text.microbatches->virtualStages, "the number of virtual stages");
  if (failed(count) || failed(stages))
    return failure();
  const Name &named = text.microbatches->order;
  fill.used.insert(named.text);
  auto option = fill.values.find(named.text);
  StringRef order = option == fill.values.end() ? named.text : option->second;
  std::optional<MicrobatchOrder> known = getOrder(order.empty() ? "breadth-first" : order);
  if (!known)
    return fill.error("expects an order of micro-batches of breadth-first, depth-first, "
                      "interleaved or ping-pong, got '" +
                          order + "'",
                      fill.getPlace(named.text, named.at));
  strategy.microbatches = {*count, *known, *stages};
  bool isGiven = fill.given.count(named.text) || fill.given.count(text.microbatches->count.text) ||
                 fill.given.count(text.microbatches->virtualStages.text);
  return checkMicrobatches(fill, strategy, isGiven ? TextPosition() : text.microbatches->at);
}

/// Over how many shards the slots of full caches are dealt.
static LogicalResult readSlots(Instantiation &fill, const SlotsText &text, Strategy &strategy) {
  FailureOr<bool> applies = fill.holds(text.when);
  FailureOr<int64_t> shards = fill.getCount(text.striped, "the shards of caches");
  FailureOr<int64_t> stripe = 1;
  if (!text.stripe.text.empty())
    stripe = fill.getCount(text.stripe, "the tokens of a stripe");
  if (failed(applies) || failed(shards) || failed(stripe))
    return failure();
  if (*applies && *shards > 1) {
    strategy.slotShards = *shards;
    strategy.stripe = *stripe;
  }
  return success();
}

FailureOr<Strategy> dagrt::parseStrategy(StringRef yaml, StringRef name,
                                         const StrategyOptions &options,
                                         TextErrorHandler emitError) {
  auto report = [&](const Twine &message, TextPosition at) {
    emitError("strategy '" + name + "' " + message, at);
  };
  StrategyText text;
  if (failed(YamlReader(yaml, "description of a strategy", report).read(text)))
    return failure();
  Instantiation fill{name, emitError};
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
  if (text.slots && failed(readSlots(fill, *text.slots, strategy)))
    return failure();
  if (failed(checkUsed(fill, text)))
    return failure();
  return strategy;
}
