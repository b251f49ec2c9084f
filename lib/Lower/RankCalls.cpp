//===- RankCalls.cpp - Calls of the runtime -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankCalls.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace dagrt;

/// Numbers the views of a function's tensors.
static constexpr StringLiteral kViewAttrName = "dagrt.view";

bool dagrt::hasRuntimeCalls(Type type) {
  return type.isF64() || type.isF32() || type.isF16() || type.isBF16() || type.isInteger(64) ||
         type.isInteger(32);
}

bool dagrt::hasGemm(Type type) { return type.isF64() || type.isF32(); }

Type dagrt::getSumType(Type type) {
  return type.isF16() || type.isBF16() ? Float32Type::get(type.getContext()) : type;
}

static Type getElementType(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getElementType();
}

/// `f32`, as in the names of the runtime's functions.
static std::string getName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

void RankCalls::call(const Twine &name, ValueRange operands) {
  std::string symbol = ("dagrt_" + name).str();
  auto module = func->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(symbol)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module.getBody());
    auto type = builder.getFunctionType(operands.getTypes(), {});
    func::FuncOp::create(builder, func.getLoc(), symbol, type).setPrivate();
  }
  func::CallOp::create(builder, func.getLoc(), symbol, TypeRange(), operands);
}

Value RankCalls::getNumber(int64_t number) {
  Value &value = numbers[number];
  if (value)
    return value;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&func.getBody().front());
  return value = arith::ConstantIntOp::create(builder, func.getLoc(), number, 64);
}

void RankCalls::begin(int64_t number) { call("begin", getNumber(number)); }

void RankCalls::end(int64_t number) { call("end", getNumber(number)); }

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

/// A view is taken where it is read, and each is an op of its own: bufferization looks for reads at
/// the view and not at the calls behind it, so an earlier view that stood for a later one, as CSE
/// would have it, let the tensor be overwritten between both.
Value RankCalls::getBuffer(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  auto bufferType = MemRefType::get(type.getShape(), type.getElementType());
  auto view = bufferization::ToBufferOp::create(builder, tensor.getLoc(), bufferType, tensor,
                                                /*read_only=*/true);
  view->setAttr(kViewAttrName, builder.getI64IntegerAttr(numViews++));
  return view;
}

Value RankCalls::makeBuffer(ArrayRef<int64_t> shape, Type elementType, bool zero) {
  Location loc = func.getLoc();
  Value buffer = memref::AllocOp::create(builder, loc, MemRefType::get(shape, elementType));
  if (!zero)
    return buffer;
  Value none = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(elementType));
  linalg::FillOp::create(builder, loc, ValueRange(none), ValueRange(buffer));
  return buffer;
}

/// The tensor is not written: a view of it folds to `buffer`, whose reads nothing else can see.
Value RankCalls::getTensor(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return bufferization::ToTensorOp::create(
      builder, buffer.getLoc(), RankedTensorType::get(type.getShape(), type.getElementType()),
      buffer, /*restrict=*/true, /*writable=*/false);
}

Value RankCalls::getPiece(Value buffer, const LocalBox &box) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getShape() == ArrayRef<int64_t>(box.sizes))
    return forgetShape(buffer);
  SmallVector<int64_t> steps(box.sizes.size(), 1);
  return forgetShape(
      memref::SubViewOp::create(builder, buffer.getLoc(), buffer, box.offsets, box.sizes, steps));
}

Value RankCalls::forgetShape(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  auto unranked = UnrankedMemRefType::get(type.getElementType(), type.getMemorySpace());
  return memref::CastOp::create(builder, buffer.getLoc(), unranked, buffer);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

void RankCalls::post(int64_t peer, int64_t tag, const LocalBox &box, Type elementType) {
  int64_t bytes = box.getNumElements() * elementType.getIntOrFloatBitWidth() / 8;
  call("post", {getNumber(peer), getNumber(tag), getNumber(bytes)});
}

void RankCalls::send(int64_t peer, int64_t tag, Value buffer, const LocalBox &box) {
  call("send_" + getName(getElementType(buffer)),
       {getNumber(peer), getNumber(tag), getPiece(buffer, box)});
}

void RankCalls::receive(int64_t peer, int64_t tag, Value buffer, const LocalBox &box) {
  call("receive_" + getName(getElementType(buffer)),
       {getNumber(peer), getNumber(tag), getPiece(buffer, box)});
}

void RankCalls::accumulate(int64_t peer, int64_t tag, Value buffer, const LocalBox &box,
                           Type elementType) {
  call("accumulate_" + getName(elementType),
       {getNumber(peer), getNumber(tag), getPiece(buffer, box)});
}

void RankCalls::allReduce(ArrayRef<int64_t> group, int64_t tag, Value source, Value target) {
  auto type = RankedTensorType::get(group.size(), builder.getI64Type());
  Value members =
      arith::ConstantOp::create(builder, func.getLoc(), DenseIntElementsAttr::get(type, group));
  call("all_reduce_" + getName(getElementType(source)),
       {forgetShape(getBuffer(members)), getNumber(tag), forgetShape(source), forgetShape(target)});
}

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

/// A contiguous buffer as a matrix.
Value RankCalls::getMatrix(Value buffer, int64_t rows, int64_t columns) {
  auto type = MemRefType::get({rows, columns}, getElementType(buffer));
  return forgetShape(memref::ReinterpretCastOp::create(
      builder, buffer.getLoc(), type, buffer, /*offset=*/0, ArrayRef<int64_t>{rows, columns},
      ArrayRef<int64_t>{columns, 1}));
}

void RankCalls::gemm(Value lhs, Value rhs, int64_t contract, Value target) {
  auto left = cast<MemRefType>(lhs.getType()), right = cast<MemRefType>(rhs.getType());
  auto count = [](ArrayRef<int64_t> sizes) {
    int64_t product = 1;
    for (int64_t size : sizes)
      product *= size;
    return product;
  };
  int64_t m = count(left.getShape().drop_back(contract));
  int64_t k = count(right.getShape().take_front(contract));
  int64_t n = count(right.getShape().drop_front(contract));
  call("gemm_" + getName(left.getElementType()),
       {getMatrix(lhs, m, k), getMatrix(rhs, k, n), getMatrix(target, m, n)});
}
