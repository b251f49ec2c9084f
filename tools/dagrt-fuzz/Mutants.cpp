//===- Mutants.cpp - Mutants of placed programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every field of every op is damaged in turn, types included, and what connects ops: an op is left
// out, another value of the same type is read, two ops of a kind exchange an operand. Where types
// may follow from the damage, there is a second mutant in which they do.
//
//===----------------------------------------------------------------------===//

#include "Mutants.h"
#include "Damage.h"
#include "Retype.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace dagrt;

std::vector<Operation *> dagrt::listOps(ModuleOp program) {
  std::vector<Operation *> ops;
  program.walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
  return ops;
}

template <typename T>
static std::string toString(T value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (value)
    value.print(stream);
  else
    stream << "none";
  return text;
}

namespace {
using Ops = ArrayRef<Operation *>;

/// Lists the mutants of one program.
class MutantList {
public:
  explicit MutantList(ModuleOp program) : damager(program), ops(listOps(program)) {
    for (auto [i, op] : llvm::enumerate(ops))
      numbers[op] = i;
  }
  std::vector<Mutant> list();

private:
  void damageAttribute(const OpField &field, StringRef what);
  void setAttribute(StringRef what, StringRef name, Attribute attribute,
                    ArrayRef<StringRef> parameters);
  void damageOperand(unsigned number, StringRef what);
  void damageTypes();
  void damageFunction(func::FuncOp function);
  void leaveOut();
  void exchange(unsigned number, StringRef what);
  void add(StringRef what, ArrayRef<StringRef> parameters, std::string how,
           std::function<bool(Ops)> apply);
  void addRetyped(StringRef what, ArrayRef<StringRef> parameters, const std::string &how,
                  std::function<void(Ops)> apply);

  /// A value, found again in a clone.
  std::function<Value(Ops)> locate(Value value);

  Damager damager;
  std::vector<Operation *> ops;
  llvm::DenseMap<Operation *, unsigned> numbers;
  std::vector<Mutant> mutants;
  Operation *op = nullptr; ///< The current one.
};
} // namespace

void MutantList::add(StringRef what, ArrayRef<StringRef> parameters, std::string how,
                     std::function<bool(Ops)> apply) {
  Mutant mutant{numbers[op], what.str(), {what.str()}, std::move(how), std::move(apply)};
  for (StringRef parameter : parameters)
    mutant.fields.push_back(parameter.str());
  mutants.push_back(std::move(mutant));
}

/// The mutant as it is, and with types that follow.
void MutantList::addRetyped(StringRef what, ArrayRef<StringRef> parameters, const std::string &how,
                            std::function<void(Ops)> apply) {
  add(what, parameters, how, [=](Ops clone) {
    apply(clone);
    return true;
  });
  unsigned number = numbers[op];
  add(what, parameters, how + ", types follow", [=](Ops clone) {
    apply(clone);
    return retypeFrom(clone[number]);
  });
}

std::function<Value(Ops)> MutantList::locate(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned parent = numbers[argument.getOwner()->getParentOp()], i = argument.getArgNumber();
    return [=](Ops clone) -> Value { return clone[parent]->getRegion(0).getArgument(i); };
  }
  unsigned number = numbers[value.getDefiningOp()];
  unsigned result = cast<OpResult>(value).getResultNumber();
  return [=](Ops clone) -> Value { return clone[number]->getResult(result); };
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

void MutantList::setAttribute(StringRef what, StringRef name, Attribute attribute,
                              ArrayRef<StringRef> parameters) {
  unsigned number = numbers[op];
  auto key = StringAttr::get(op->getContext(), name);
  auto old = op->getInherentAttr(name);
  std::string how = toString(old ? *old : Attribute()) + " -> " + toString(attribute);
  addRetyped(what, parameters, how, [=](Ops clone) {
    if (attribute)
      clone[number]->setAttr(key, attribute);
    else
      clone[number]->removeAttr(key);
  });
}

void MutantList::damageAttribute(const OpField &field, StringRef what) {
  std::optional<Attribute> found = op->getInherentAttr(field.name);
  Attribute old = found ? *found : Attribute();
  if (!old) {
    for (Attribute attribute : damager.getAbsent(field.storage))
      setAttribute(what, field.name, attribute, {});
    return;
  }
  if (field.kind == OpField::OptionalAttribute)
    setAttribute(what, field.name, {}, {});
  for (auto &damaged : damager.damage(old)) {
    if (damaged.value)
      setAttribute(what, field.name, damaged.value, damaged.fields);
    else
      add(what, damaged.fields, toString(old), {});
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Reads another value of the same type: the nearest ones before the op, and the first.
void MutantList::damageOperand(unsigned number, StringRef what) {
  Value old = op->getOperand(number);
  SmallVector<Value> candidates;
  for (Value argument : op->getBlock()->getArguments())
    candidates.push_back(argument);
  for (Operation &other : *op->getBlock()) {
    if (&other == op)
      break;
    llvm::append_range(candidates, other.getResults());
  }
  llvm::erase_if(candidates,
                 [&](Value value) { return value == old || value.getType() != old.getType(); });
  constexpr size_t kNearest = 3;
  if (candidates.size() > kNearest + 1)
    candidates.erase(candidates.begin() + 1, candidates.end() - kNearest);
  unsigned place = numbers[op];
  for (Value value : candidates) {
    auto find = locate(value);
    std::string name = value.getDefiningOp() ? value.getDefiningOp()->getName().getStringRef().str()
                                             : "an argument";
    add(what, {}, "reads the result of " + name, [=](Ops clone) {
      clone[place]->setOperand(number, find(clone));
      return true;
    });
  }
  for (unsigned other = number + 1; other < op->getNumOperands(); ++other)
    if (op->getOperand(other).getType() == old.getType() && op->getOperand(other) != old)
      add(what, {}, "exchanged with operand #" + std::to_string(other), [=](Ops clone) {
        Value a = clone[place]->getOperand(number), b = clone[place]->getOperand(other);
        clone[place]->setOperand(number, b);
        clone[place]->setOperand(other, a);
        return true;
      });
}

/// Exchanges an operand with that of the next op of the kind.
void MutantList::exchange(unsigned number, StringRef what) {
  for (Operation *other = op->getNextNode(); other; other = other->getNextNode()) {
    if (other->getName() != op->getName() || other->getNumOperands() <= number)
      continue;
    Value a = op->getOperand(number), b = other->getOperand(number);
    if (a.getType() != b.getType() || a == b)
      continue;
    unsigned first = numbers[op], second = numbers[other];
    add(what, {}, "exchanged with the next op of the kind", [=](Ops clone) {
      Value x = clone[first]->getOperand(number), y = clone[second]->getOperand(number);
      // What the first op reads now has to be there before it.
      if (Operation *definition = y.getDefiningOp())
        if (!definition->isBeforeInBlock(clone[first]))
          clone[first]->moveBefore(clone[second]);
      clone[first]->setOperand(number, y);
      clone[second]->setOperand(number, x);
      return true;
    });
    return;
  }
}

//===----------------------------------------------------------------------===//
// Types and ops
//===----------------------------------------------------------------------===//

void MutantList::damageTypes() {
  std::string what = (op->getName().getStringRef() + ": type").str();
  unsigned number = numbers[op];
  for (OpResult result : op->getResults()) {
    unsigned i = result.getResultNumber();
    Type old = result.getType();
    for (auto &damaged : damager.damage(old)) {
      Type type = damaged.value;
      if (!type) {
        add(what, damaged.fields, toString(old), {});
        continue;
      }
      std::string how = toString(old) + " -> " + toString(type);
      add(what, damaged.fields, how, [=](Ops clone) {
        clone[number]->getResult(i).setType(type);
        return true;
      });
      add(what, damaged.fields, how + ", types follow", [=](Ops clone) {
        clone[number]->getResult(i).setType(type);
        return clone[number]->getNextNode() && retypeFrom(clone[number]->getNextNode());
      });
    }
  }
}

/// Arguments, and the totals that a placed function carries.
void MutantList::damageFunction(func::FuncOp function) {
  unsigned number = numbers[op];
  for (BlockArgument argument : function.getArguments()) {
    unsigned i = argument.getArgNumber();
    for (auto &damaged : damager.damage(argument.getType())) {
      Type type = damaged.value;
      std::string how = toString(argument.getType()) + " -> " + toString(type);
      auto apply = [=](Ops clone) {
        auto copy = cast<func::FuncOp>(clone[number]);
        SmallVector<Type> inputs(copy.getArgumentTypes());
        inputs[i] = type;
        copy.setFunctionType(FunctionType::get(copy.getContext(), inputs, copy.getResultTypes()));
        copy.getArgument(i).setType(type);
      };
      if (!type) {
        add("argument: type", damaged.fields, how, {});
        continue;
      }
      add("argument: type", damaged.fields, how, [=](Ops clone) {
        apply(clone);
        return true;
      });
      add("argument: type", damaged.fields, how + ", types follow", [=](Ops clone) {
        apply(clone);
        return retypeFrom(&cast<func::FuncOp>(clone[number]).getBody().front().front());
      });
    }
  }
  Attribute logical = function->getAttr(DagrtDialect::kLogicalAttrName);
  if (!logical)
    return;
  for (auto &damaged : damager.damage(logical)) {
    Attribute attribute = damaged.value;
    add("function: totals", damaged.fields, toString(logical) + " -> " + toString(attribute),
        [=](Ops clone) {
          clone[number]->setAttr(DagrtDialect::kLogicalAttrName, attribute);
          return true;
        });
  }
}

/// Users read an operand in place of the result: an op that was forgotten.
void MutantList::leaveOut() {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0 || op->use_empty())
    return;
  std::string what = (op->getName().getStringRef() + ": left out").str();
  unsigned number = numbers[op];
  Operation *source = op;
  // A message is removed with its receive.
  if (isa<SendOp>(op))
    return;
  if (auto receive = dyn_cast<RecvOp>(op))
    if (Operation *send = receive.getMessage().getDefiningOp())
      source = send;
  unsigned sourceNumber = numbers[source];
  for (unsigned i = 0; i < source->getNumOperands(); ++i) {
    if (!isa<RankedTensorType>(source->getOperand(i).getType()))
      continue;
    bool sameType = source->getOperand(i).getType() == op->getResult(0).getType();
    if (i > 0 && !sameType)
      continue;
    auto apply = [=](Ops clone) {
      Value operand = clone[sourceNumber]->getOperand(i);
      clone[number]->getResult(0).replaceAllUsesWith(operand);
      Operation *next = clone[number]->getNextNode();
      clone[number]->erase();
      // Other pieces of the message may still be received.
      if (sourceNumber != number && clone[sourceNumber]->use_empty())
        clone[sourceNumber]->erase();
      return next;
    };
    std::string how = "users read operand #" + std::to_string(i);
    add(what, {}, how, [=](Ops clone) {
      apply(clone);
      return true;
    });
    auto before = cast<RankedTensorType>(source->getOperand(i).getType());
    if (!sameType &&
        before.getRank() == cast<RankedTensorType>(op->getResult(0).getType()).getRank())
      add(what, {}, how + ", types follow", [=](Ops clone) { return retypeFrom(apply(clone)); });
  }
}

std::vector<Mutant> MutantList::list() {
  for (Operation *current : ops) {
    op = current;
    if (auto function = dyn_cast<func::FuncOp>(op))
      damageFunction(function);
    // Which of the optional operands are there, where an op has several.
    auto segments = op->getAttrOfType<DenseI32ArrayAttr>("operandSegmentSizes");
    unsigned operand = 0, segment = 0;
    for (const OpField &field : getOpFields()) {
      if (op->getName().getStringRef() != field.op)
        continue;
      std::string what = (Twine(field.op) + "." + field.name).str();
      if (field.kind != OpField::Operand) {
        damageAttribute(field, what);
        continue;
      }
      bool isAbsent = segments && segments[segment++] == 0;
      if (isAbsent || operand >= op->getNumOperands())
        continue;
      damageOperand(operand, what);
      exchange(operand, what);
      if (field.remove)
        add(what, {}, "removed", [=, number = numbers[op]](Ops clone) {
          field.remove(clone[number]);
          return true;
        });
      ++operand;
    }
    damageTypes();
    leaveOut();
  }
  return std::move(mutants);
}

std::vector<Mutant> dagrt::listMutants(ModuleOp program) { return MutantList(program).list(); }
