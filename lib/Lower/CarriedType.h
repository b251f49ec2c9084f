//===- CarriedType.h - The tensor that a value brings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_CARRIEDTYPE_H
#define DAGRT_LIB_LOWER_CARRIEDTYPE_H

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/BuiltinTypes.h"

namespace dagrt {

/// The tensor that a value is, or that a message brings; null for other types.
inline mlir::RankedTensorType getCarriedType(mlir::Type type) {
  if (auto message = mlir::dyn_cast<MessageType>(type))
    return message.getPayload();
  return mlir::dyn_cast<mlir::RankedTensorType>(type);
}

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_CARRIEDTYPE_H
