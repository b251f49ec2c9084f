//===- FixedTimes.cpp - Times that a cluster's description fixes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A key of `fixed_time_us` is the mnemonic of an op (`send`), and then each such op takes the time,
// or with a role behind it (`send.attention`) each such op of the role;
// or a role (`attention`, `attention.core`), and then the ops of the role in one layer and
// micro-batch on one mesh take the time together, in equal parts. Mnemonics win over roles,
// and longer keys over shorter ones. `attention` and `embedding` are mnemonics as
// well as groups of roles, and are taken as roles: the group holds the op.
//
//===----------------------------------------------------------------------===//

#include "AnnotateSteps.h"
#include "Fingerprint.h"
#include "dagrt/Support/NearestName.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

#include <tuple>

using namespace mlir;
using namespace dagrt;

/// The first words of the roles that models are made of (#dagrt.role).
static constexpr StringLiteral kRoleGroups[] = {"embedding", "positions", "norm", "attention",
                                                "residual",  "ffn",       "head"};

static bool isMnemonic(StringRef word, MLIRContext *context) {
  return !llvm::is_contained(kRoleGroups, word) &&
         RegisteredOperationName::lookup(("dagrt." + word).str(), context).has_value();
}

/// The mesh that `op` runs on; null if it is not placed.
static FlatSymbolRefAttr getMesh(Operation *op) {
  for (TypeRange types : {TypeRange(op->getResultTypes()), TypeRange(op->getOperandTypes())})
    for (Type type : types)
      if (DistAttr dist = getDist(type))
        return dist.getMesh();
  return {};
}

static bool isTransfer(Operation *op) {
  auto communicationOp = dyn_cast<CommunicationOpInterface>(op);
  return communicationOp && communicationOp.getCommunication().destination;
}

namespace {
/// A key, and what it turned out to be: a mnemonic, a role, or one before the other.
struct FixedKey {
  FixedKey(const FixedTime &time, MLIRContext *context) : time(&time) {
    auto [first, rest] = StringRef(time.key).split('.');
    if (isMnemonic(first, context))
      std::tie(mnemonic, role) = std::tie(first, rest);
    else
      role = time.key;
  }

  /// True if the key says how long `op` takes.
  bool matches(Operation *op) const {
    RoleAttr opRole = getRole(op);
    if (!role.empty() && (!opRole || !opRole.isWithin(role)))
      return false;
    return mnemonic.empty() ? !isTransfer(op) : op->getName().stripDialect() == mnemonic;
  }

  /// True if this key goes before `other`, which matches the same op.
  bool isBefore(const FixedKey &other) const {
    if (mnemonic.empty() != other.mnemonic.empty())
      return other.mnemonic.empty();
    return role.size() > other.role.size();
  }

  const FixedTime *time;
  StringRef mnemonic, role;
  int64_t ops = 0;
};
} // namespace

/// The key for `op`, or null.
static FixedKey *findKey(Operation *op, MutableArrayRef<FixedKey> keys) {
  FixedKey *found = nullptr;
  for (FixedKey &key : keys)
    if (key.matches(op) && (!found || key.isBefore(*found)))
      found = &key;
  return found;
}

/// `print` stands for what the description fixes: it is read again for each report.
static CostAttr makeCost(Operation *op, int64_t picoseconds, uint32_t print) {
  return CostAttr::get(op->getContext(), picoseconds, Bound::fixed, Provenance::given, "",
                       Real(-1.0), Real(-1.0), joinPrints(0, print));
}

/// Equal parts; what does not divide goes to the first.
static void splitTime(ArrayRef<Operation *> ops, int64_t picoseconds, uint32_t print,
                      FixedTimes &times) {
  int64_t count = ops.size();
  for (auto [i, op] : llvm::enumerate(ops))
    times[op] = makeCost(op, picoseconds / count + (i == 0 ? picoseconds % count : 0), print);
}

/// True if an op of the module of `function` is what `key` names.
static bool isUsedElsewhere(func::FuncOp function, const FixedKey &key) {
  auto module = function->getParentOfType<ModuleOp>();
  return module && module
                       .walk([&](Operation *op) {
                         return takesTime(op) && key.matches(op) ? WalkResult::interrupt()
                                                                 : WalkResult::advance();
                       })
                       .wasInterrupted();
}

/// The first words that a key may have: of roles, and names of ops.
static std::vector<std::string> getFirstWords(MLIRContext *context) {
  std::vector<std::string> words(std::begin(kRoleGroups), std::end(kRoleGroups));
  for (RegisteredOperationName name : context->getRegisteredOperationsByDialect("dagrt"))
    words.push_back(name.stripDialect().str());
  return words;
}

/// A key that no model knows is a typo; one that this function has no op for is not.
static LogicalResult reportUnused(func::FuncOp function, const FixedKey &key,
                                  remark::RemarkOpts options) {
  StringRef first = key.role.split('.').first;
  if (!key.role.empty() && !llvm::is_contained(kRoleGroups, first) &&
      !isUsedElsewhere(function, key))
    return emitError(function.getLoc())
           << "expects the keys of 'fixed_time_us' to name ops or roles, got '" << key.time->key
           << "', which matches nothing in the program"
           << suggestName(first, getFirstWords(function.getContext()));
  remark::missed(function.getLoc(), options)
      << remark::add("the fixed time of '{0}' is not used", key.time->key)
      << remark::reason("the function has no such op");
  return success();
}

static LogicalResult reportKeys(func::FuncOp function, ArrayRef<FixedKey> keys) {
  for (const FixedKey &key : keys) {
    auto name = [&](StringRef name) {
      return remark::RemarkOpts::name(name).category("annotate-cost").function(function.getName());
    };
    if (key.ops == 0) {
      if (failed(reportUnused(function, key, name("FixedTimeUnused"))))
        return failure();
      continue;
    }
    remark::passed(function.getLoc(), name("FixedTime"))
        << remark::add("the cluster's description fixes the time of {0} ops by '{1}'", key.ops,
                       key.time->key)
        << remark::metric("Ops", key.ops);
  }
  return success();
}

FailureOr<FixedTimes> dagrt::getFixedTimes(func::FuncOp function, const Cluster &cluster) {
  FixedTimes times;
  if (cluster.fixedTimes.empty())
    return times;
  uint32_t print = getFixedTimesPrint(cluster);
  SmallVector<FixedKey> keys;
  for (const FixedTime &time : cluster.fixedTimes)
    keys.emplace_back(time, function.getContext());
  // Ops of a role in one layer and micro-batch on one mesh.
  using Group = std::tuple<const FixedTime *, int64_t, int64_t, Attribute>;
  llvm::MapVector<Group, SmallVector<Operation *>> groups;
  for (Block &block : function.getBody()) {
    for (Operation &op : block) {
      FixedKey *key = takesTime(&op) ? findKey(&op, keys) : nullptr;
      if (!key)
        continue;
      ++key->ops;
      CostAttr carried = getCost(&op);
      if (carried && carried.isGiven() && !carried.isFixed())
        continue;
      if (!key->mnemonic.empty()) {
        times[&op] = makeCost(&op, key->time->picoseconds, print);
        continue;
      }
      RoleAttr role = getRole(&op);
      groups[{key->time, role.getLayer(), role.getMicrobatch(), getMesh(&op)}].push_back(&op);
    }
  }
  for (auto &[group, ops] : groups)
    splitTime(ops, std::get<0>(group)->picoseconds, print, times);
  if (failed(reportKeys(function, keys)))
    return failure();
  return times;
}
