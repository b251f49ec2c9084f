//===- OutlineOps.cpp - Equal ops share a function -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layers of a model repeat a few ops. Each different one becomes a function, so that a program
// of many layers is many calls of few functions, and compiling it takes hardly longer than one
// layer. What makes two ops equal is one uniqued attribute of name, properties, types, and of which
// operands are the same value: a function takes each value once, and a * a is another function
// than a * b. A message has to be received in the block that sends it: send and recv move together.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"

namespace dagrt {
#define GEN_PASS_DEF_OUTLINEOPSPASS
#include "dagrt/Lower/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kOutlinedAttrName = "dagrt.outlined";

namespace {
/// Outlines the ops of one module.
class Outliner {
public:
  explicit Outliner(ModuleOp module) : symbols(module), builder(module.getContext()) {}

  /// Replaces `ops`, one op or a send and its recv, by a call of a function that holds them: the
  /// operands are those of the first, each value once, the results those of the last.
  void outline(ArrayRef<Operation *> ops, StringRef name);

  int64_t getNumCalls() const { return numCalls; }
  int64_t getNumFunctions() const { return functions.size(); }

private:
  func::FuncOp getFunction(ArrayRef<Operation *> ops, ArrayRef<Value> operands, StringRef name);
  func::FuncOp makeFunction(ArrayRef<Operation *> ops, ArrayRef<Value> operands, StringRef name,
                            FunctionType type);

  SymbolTable symbols;
  OpBuilder builder;
  llvm::DenseMap<Attribute, func::FuncOp> functions;
  int64_t numCalls = 0;
};
} // namespace

func::FuncOp Outliner::makeFunction(ArrayRef<Operation *> ops, ArrayRef<Value> operands,
                                    StringRef name, FunctionType type) {
  Location loc = ops.front()->getLoc();
  auto function = func::FuncOp::create(loc, name, type);
  function.setPrivate();
  function->setAttr(kOutlinedAttrName, builder.getUnitAttr());
  Block *body = function.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockBegin(body);
  IRMapping mapping;
  mapping.map(operands, body->getArguments());
  Operation *last = nullptr;
  for (Operation *op : ops) {
    last = inside.clone(*op, mapping);
    last->setDiscardableAttrs(DictionaryAttr::get(op->getContext()));
  }
  func::ReturnOp::create(inside, loc, last->getResults());
  symbols.insert(function);
  return function;
}

func::FuncOp Outliner::getFunction(ArrayRef<Operation *> ops, ArrayRef<Value> operands,
                                   StringRef name) {
  Operation *first = ops.front();
  auto type =
      builder.getFunctionType(TypeRange(ValueRange(operands)), ops.back()->getResultTypes());
  // Which of the function's arguments each operand is.
  SmallVector<int64_t> pattern;
  for (Value operand : first->getOperands())
    pattern.push_back(llvm::find(operands, operand) - operands.begin());
  Attribute properties = first->getPropertiesAsAttribute();
  Attribute key = builder.getArrayAttr({builder.getStringAttr(name), TypeAttr::get(type),
                                        builder.getDenseI64ArrayAttr(pattern),
                                        properties ? properties : builder.getUnitAttr()});
  func::FuncOp &function = functions[key];
  if (!function)
    function = makeFunction(ops, operands, name, type);
  return function;
}

void Outliner::outline(ArrayRef<Operation *> ops, StringRef name) {
  Operation *first = ops.front(), *last = ops.back();
  llvm::SetVector<Value> operands(first->operand_begin(), first->operand_end());
  func::FuncOp function = getFunction(ops, operands.getArrayRef(), name);
  builder.setInsertionPoint(first);
  auto call = func::CallOp::create(builder, first->getLoc(), function, operands.getArrayRef());
  ++numCalls;
  call->setDiscardableAttrs(first->getDiscardableAttrDictionary());
  last->replaceAllUsesWith(call.getResults());
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

static remark::RemarkOpts getRemark(StringRef event) {
  return remark::RemarkOpts::name(event).category("outline-ops");
}

/// Outlines the ops of one function.
static LogicalResult outlineOps(func::FuncOp func, Outliner &outliner) {
  if (!func.getBody().hasOneBlock())
    return func.emitOpError() << "expects a body of one block to outline its operations, got "
                              << llvm::range_size(func.getBody()) << " blocks";
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    // What an op with regions does depends on more than its operands.
    if (isa_and_nonnull<DagrtDialect>(op.getDialect()) && !isa<ParameterOp, RecvOp>(op) &&
        op.getNumRegions() == 0)
      ops.push_back(&op);
  for (Operation *op : ops) {
    auto send = dyn_cast<SendOp>(op);
    Operation *receiver = send ? *send.getMessage().user_begin() : nullptr;
    bool inPieces = send && cast<RecvOp>(receiver).getPiece();
    // A message in pieces has many results: it stays as it is.
    if (inPieces) {
      remark::missed(op->getLoc(), getRemark("MessageNotOutlined").function(func.getSymName()))
          << remark::reason("a message in pieces is received by several ops");
      continue;
    }
    if (send)
      outliner.outline({op, receiver}, "transfer");
    else
      outliner.outline(op, op->getName().stripDialect());
  }
  return success();
}

namespace {
struct OutlineOps final : dagrt::impl::OutlineOpsPassBase<OutlineOps> {
  using OutlineOpsPassBase::OutlineOpsPassBase;

  void runOnOperation() override {
    Outliner outliner(getOperation());
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions)
      if (!func.isExternal() && !func->hasAttr(kOutlinedAttrName) &&
          failed(outlineOps(func, outliner)))
        return signalPassFailure();
    remark::analysis(getOperation().getLoc(), getRemark("OpsOutlined"))
        << remark::add("{0} ops are calls of {1} functions", outliner.getNumCalls(),
                       outliner.getNumFunctions())
        << remark::metric("Calls", outliner.getNumCalls())
        << remark::metric("Functions", outliner.getNumFunctions());
  }
};
} // namespace
