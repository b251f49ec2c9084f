//===- Patterns.cpp - What patterns of several families share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <numeric>

using namespace mlir;
using namespace dagrt;

SmallVector<unsigned> dagrt::countFrom(unsigned first, unsigned count) {
  SmallVector<unsigned> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

AffineMap dagrt::selectLast(Emitter &emit, unsigned rank, unsigned last, unsigned lead) {
  SmallVector<unsigned> dims = countFrom(0, lead);
  llvm::append_range(dims, countFrom(rank - last, last));
  return emit.select(rank, dims);
}

Value dagrt::emitTable(Emitter &emit, TokenOrderAttr order, int64_t tokens, int64_t size,
                       bool inverse) {
  SmallVector<int32_t> table(size);
  std::iota(table.begin(), table.end(), 0);
  int32_t place = 0;
  for (auto [first, count] : order.getRuns(tokens))
    for (int64_t token = first; token < first + count; ++token, ++place)
      table[inverse ? token : place] = static_cast<int32_t>(inverse ? place : token);
  auto type = RankedTensorType::get(size, emit.builder.getI32Type());
  return arith::ConstantOp::create(emit.builder, emit.loc,
                                   DenseElementsAttr::get(type, ArrayRef<int32_t>(table)));
}
