//===- Sizes.cpp - Named sizes and their numbers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bindings: read from text, kept in `dagrt.sizes`, and put together for a module.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Sizes.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <set>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Bindings
//===----------------------------------------------------------------------===//

std::optional<int64_t> dagrt::parseSizeNumber(StringRef text) {
  auto [baseText, exponentText] = text.split('^');
  int64_t base = 0, exponent = 1, power = 1;
  if (baseText.trim().getAsInteger(10, base) || base < 1)
    return std::nullopt;
  if (text.contains('^') && (exponentText.trim().getAsInteger(10, exponent) || exponent < 0))
    return std::nullopt;
  // 63 factors are one too many for any base but 1.
  for (int64_t i = 0; i < std::min<int64_t>(exponent, 63); ++i)
    if (llvm::MulOverflow(power, base, power))
      return std::nullopt;
  return power;
}

FailureOr<SizeBinding> SizeBinding::parse(StringRef text, EmitError emitError) {
  SizeBinding binding;
  if (text.trim().empty())
    return binding;
  SmallVector<StringRef> items;
  text.split(items, ',');
  for (StringRef item : items) {
    auto [nameText, numberText] = item.split('=');
    StringRef name = nameText.trim(), number = numberText.trim();
    if (!item.contains('=') || !SizeAttr::isName(name))
      return emitError() << "expects sizes as in seq_len=8192,batch=4, got '" << item << "'";
    std::optional<int64_t> value = parseSizeNumber(number);
    if (!value)
      return emitError() << "expects the size '" << name
                         << "' to be a number of at least 1 and below 2^63, got '" << number << "'";
    if (std::optional<int64_t> other = binding.lookup(name))
      return emitError() << "expects one number for the size '" << name << "', got " << *other
                         << " and " << *value;
    binding.set(name, *value);
  }
  return binding;
}

std::optional<int64_t> SizeBinding::lookup(StringRef name) const {
  for (const Entry &entry : entries)
    if (entry.first == name)
      return entry.second;
  return std::nullopt;
}

void SizeBinding::set(StringRef name, int64_t number) {
  auto it = llvm::lower_bound(
      entries, name, [](const Entry &entry, StringRef name) { return entry.first < name; });
  if (it != entries.end() && it->first == name)
    it->second = number;
  else
    entries.insert(it, {name.str(), number});
}

std::string SizeBinding::str() const {
  std::string text;
  for (const Entry &entry : entries)
    text += (text.empty() ? "" : ",") + entry.first + "=" + std::to_string(entry.second);
  return text;
}

SizeBinding dagrt::getSizeBinding(DictionaryAttr sizes) {
  SizeBinding binding;
  if (sizes)
    for (NamedAttribute entry : sizes)
      if (auto number = dyn_cast<IntegerAttr>(entry.getValue()))
        binding.set(entry.getName(), number.getInt());
  return binding;
}

DictionaryAttr dagrt::getSizesAttr(MLIRContext *context, const SizeBinding &sizes) {
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, number] : sizes)
    entries.emplace_back(StringAttr::get(context, name),
                         IntegerAttr::get(IntegerType::get(context, 64), number));
  return DictionaryAttr::get(context, entries);
}

SizeBinding dagrt::getDefaultSizes(ModuleOp module) {
  return getSizeBinding(module->getAttrOfType<DictionaryAttr>(DagrtDialect::kSizesAttrName));
}

//===----------------------------------------------------------------------===//
// Names in use
//===----------------------------------------------------------------------===//

/// Walks the attributes of `op`. Those of our ops are asked for one by one, which is faster than to
/// make a dictionary for each op. Roles, costs and times are many, and hold no sizes.
static void walkAttributes(Operation *op, AttrTypeWalker &walker) {
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (!isa<RoleAttr, CostAttr, TimingAttr>(attribute.getValue()))
      walker.walk(attribute.getValue());
  if (!isa_and_nonnull<DagrtDialect>(op->getDialect())) {
    if (Attribute properties = op->getPropertiesAsAttribute())
      walker.walk(properties);
    return;
  }
  for (StringAttr name : op->getName().getAttributeNames())
    if (std::optional<Attribute> attribute = op->getInherentAttr(name); attribute && *attribute)
      walker.walk(*attribute);
}

/// Calls `visit` on each symbolic size of types and attributes inside `root`. One type stands on
/// many ops: each is looked into once.
static void walkSizes(Operation *root, function_ref<void(SizeAttr)> visit) {
  AttrTypeWalker walker;
  walker.addWalk([&](SizeAttr size) {
    if (!size.isConstant())
      visit(size);
    return WalkResult::skip();
  });
  root->walk([&](Operation *op) {
    walkAttributes(op, walker);
    for (Type type : op->getResultTypes())
      walker.walk(type);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          walker.walk(argument.getType());
  });
}

std::vector<std::string> dagrt::getSizeNames(ModuleOp module) {
  std::set<std::string> names;
  for (const auto &[name, number] : getDefaultSizes(module))
    names.insert(name);
  walkSizes(module, [&](SizeAttr size) {
    size.walkNames([&](StringRef name) { names.insert(name.str()); });
  });
  return {names.begin(), names.end()};
}

bool dagrt::hasSymbolicSizes(Operation *root) {
  bool found = false;
  walkSizes(root, [&](SizeAttr) { found = true; });
  return found;
}

FailureOr<SizeBinding> dagrt::readSizes(ModuleOp module, StringRef text,
                                        SizeBinding::EmitError emitError) {
  FailureOr<SizeBinding> given = SizeBinding::parse(text, emitError);
  if (failed(given))
    return failure();
  std::vector<std::string> known = getSizeNames(module);
  SizeBinding sizes = getDefaultSizes(module);
  for (const auto &[name, number] : *given) {
    if (!llvm::is_contained(known, name)) {
      InFlightDiagnostic error = emitError();
      error << "expects sizes that the module names, ";
      if (known.empty())
        error << "and it names none";
      else
        error << llvm::join(known, ", ");
      return error << ", got '" << name << "'";
    }
    sizes.set(name, number);
  }
  for (const std::string &name : known)
    if (!sizes.lookup(name))
      return emitError() << "expects a number for the size '" << name
                         << "', which has no default in 'dagrt.sizes', got none; bind it as in "
                            "sizes="
                         << name << "=8192";
  return sizes;
}
