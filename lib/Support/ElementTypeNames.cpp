//===- ElementTypeNames.cpp - Names of element types -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table of names. Letters count as written: MLIR and the frameworks agree on theirs.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/ElementTypeNames.h"

#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A type, what tables call it, and its other names.
struct TypeNames {
  StringRef table;
  Type (*get)(MLIRContext *context);
  std::initializer_list<StringRef> others;
};
} // namespace

template <typename T>
static Type getFloat(MLIRContext *context) {
  return T::get(context);
}

template <unsigned width>
static Type getInteger(MLIRContext *context) {
  return IntegerType::get(context, width);
}

static ArrayRef<TypeNames> getTypes() {
  static const TypeNames types[] = {
      {"fp64", getFloat<Float64Type>, {"f64", "float64", "double"}},
      {"fp32", getFloat<Float32Type>, {"f32", "float32", "float"}},
      {"fp16", getFloat<Float16Type>, {"f16", "float16", "half"}},
      {"bf16", getFloat<BFloat16Type>, {"bfloat16"}},
      {"fp8",
       getFloat<Float8E4M3FNType>,
       {"f8E4M3FN", "float8_e4m3fn", "fp8_e4m3", "fp8_e4m3fn", "float8"}},
      {"fp8", getFloat<Float8E5M2Type>, {"f8E5M2", "float8_e5m2", "fp8_e5m2"}},
      {"int8", getInteger<8>, {"i8"}},
      {"int4", getInteger<4>, {"i4"}},
      {"int32", getInteger<32>, {"i32"}},
  };
  return types;
}

static const TypeNames *findType(StringRef name) {
  for (const TypeNames &type : getTypes())
    if (name == type.table || llvm::is_contained(type.others, name))
      return &type;
  // Formats of fp8 differ in their scales, which are not modelled.
  bool isFormat = name.starts_with("fp8_") || name.starts_with("fp8-");
  return isFormat ? findType("fp8") : nullptr;
}

Type dagrt::parseElementType(StringRef name, MLIRContext *context) {
  const TypeNames *type = findType(name);
  return type ? type->get(context) : Type();
}

StringRef dagrt::getTableName(StringRef name) {
  const TypeNames *type = findType(name);
  return type ? type->table : "";
}

ArrayRef<StringRef> dagrt::getTableNames() {
  static const std::vector<StringRef> names = [] {
    std::vector<StringRef> all;
    for (const TypeNames &type : getTypes())
      if (!llvm::is_contained(all, type.table))
        all.push_back(type.table);
    return all;
  }();
  return names;
}

SmallVector<StringRef> dagrt::getSpellings(StringRef tableName) {
  SmallVector<StringRef> names = {tableName};
  for (const TypeNames &type : getTypes())
    if (type.table == tableName)
      llvm::append_range(names, type.others);
  return names;
}
