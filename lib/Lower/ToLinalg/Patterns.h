//===- Patterns.h - Conversion of the dialect to linalg -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placed value becomes a tensor of what all devices of its mesh hold: the devices are its first
// dim, in the order of the mesh. An op is one pattern; a new op joins with one more.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_TOLINALG_PATTERNS_H
#define DAGRT_LIB_LOWER_TOLINALG_PATTERNS_H

#include "Emitter.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/Transforms/DialectConversion.h"

namespace dagrt {

/// Drops encodings, puts the devices first, and makes every float an f64 if asked to.
class LinalgTypeConverter : public mlir::TypeConverter {
public:
  LinalgTypeConverter(mlir::ModuleOp module, bool toF64);
  bool isToF64() const { return toF64; }

private:
  bool toF64;
};

/// 1 if a value of this type has the devices as its first dim, else 0.
inline unsigned getLead(mlir::Type type) { return getDist(type) ? 1 : 0; }

/// The product over the last `contract` dims of `lhs`, with elements of `type`; `lead` dims come
/// first in both.
mlir::Value emitMatmul(Emitter &emit, mlir::Value lhs, mlir::Value rhs, unsigned lead,
                       unsigned contract, mlir::Type type);

/// cap * tanh(x / cap), of a scalar.
mlir::Value emitCap(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, double cap);

void populateStepPatterns(const LinalgTypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateComputePatterns(const LinalgTypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
void populateAttentionPatterns(const LinalgTypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateStructurePatterns(const LinalgTypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateCommunicationPatterns(const LinalgTypeConverter &converter,
                                   mlir::RewritePatternSet &patterns);
void populateUpstreamPatterns(const LinalgTypeConverter &converter,
                              mlir::RewritePatternSet &patterns);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_TOLINALG_PATTERNS_H
