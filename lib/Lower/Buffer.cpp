//===- Buffer.cpp - Elements as compiled code holds them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Jit.h"

#include "llvm/ADT/APFloat.h"

#include <cstring>

using namespace mlir;
using namespace dagrt;

bool Buffer::canHold(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<Float64Type, Float32Type, Float16Type, BFloat16Type>(type);
}

/// Bytes of an element; a bit takes a byte.
static int64_t getElementSize(Type type) {
  return std::max<int64_t>(type.getIntOrFloatBitWidth() / 8, 1);
}

Buffer::Buffer(Type elementType, int64_t elements)
    : elementType(elementType), bytes(elements * getElementSize(elementType)) {}

template <typename T>
static void storeAs(ArrayRef<double> numbers, char *bytes) {
  for (auto [i, number] : llvm::enumerate(numbers)) {
    T element = static_cast<T>(number);
    std::memcpy(bytes + i * sizeof(T), &element, sizeof(T));
  }
}

template <typename T>
static void loadAs(MutableArrayRef<double> numbers, const char *bytes) {
  for (auto [i, number] : llvm::enumerate(numbers)) {
    T element;
    std::memcpy(&element, bytes + i * sizeof(T), sizeof(T));
    number = static_cast<double>(element);
  }
}

/// Floats of 16 bits, which C++ has no type for.
static void storeHalves(ArrayRef<double> numbers, char *bytes, const llvm::fltSemantics &type) {
  for (auto [i, number] : llvm::enumerate(numbers)) {
    APFloat value(number);
    bool losesInfo;
    value.convert(type, APFloat::rmNearestTiesToEven, &losesInfo);
    auto bits = static_cast<uint16_t>(value.bitcastToAPInt().getZExtValue());
    std::memcpy(bytes + i * sizeof(bits), &bits, sizeof(bits));
  }
}

static void loadHalves(MutableArrayRef<double> numbers, const char *bytes,
                       const llvm::fltSemantics &type) {
  for (auto [i, number] : llvm::enumerate(numbers)) {
    uint16_t bits;
    std::memcpy(&bits, bytes + i * sizeof(bits), sizeof(bits));
    number = APFloat(type, llvm::APInt(16, bits)).convertToDouble();
  }
}

void Buffer::store(ArrayRef<double> numbers, int64_t first) {
  char *to = bytes.data() + first * getElementSize(elementType);
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (auto type = dyn_cast<FloatType>(elementType)) {
    if (width == 64)
      return storeAs<double>(numbers, to);
    if (width == 32)
      return storeAs<float>(numbers, to);
    return storeHalves(numbers, to, type.getFloatSemantics());
  }
  if (width == 64)
    return storeAs<int64_t>(numbers, to);
  if (width == 32)
    return storeAs<int32_t>(numbers, to);
  if (width == 16)
    return storeAs<int16_t>(numbers, to);
  storeAs<int8_t>(numbers, to);
}

void Buffer::load(MutableArrayRef<double> numbers, int64_t first) const {
  const char *from = bytes.data() + first * getElementSize(elementType);
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (auto type = dyn_cast<FloatType>(elementType)) {
    if (width == 64)
      return loadAs<double>(numbers, from);
    if (width == 32)
      return loadAs<float>(numbers, from);
    return loadHalves(numbers, from, type.getFloatSemantics());
  }
  if (width == 64)
    return loadAs<int64_t>(numbers, from);
  if (width == 32)
    return loadAs<int32_t>(numbers, from);
  if (width == 16)
    return loadAs<int16_t>(numbers, from);
  loadAs<int8_t>(numbers, from);
}
