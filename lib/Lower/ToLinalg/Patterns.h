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

/// The matmul over the last `contract` dims of `lhs`, with elements of `type`; `lead` dims come
/// first in both. After these, the first dims of `rhs` are the dims `batch` of `lhs`.
mlir::Value emitMatmul(Emitter &emit, mlir::Value lhs, mlir::Value rhs, unsigned lead,
                       unsigned contract, mlir::Type type, llvm::ArrayRef<int64_t> batch = {});

/// cap * tanh(x / cap), of a scalar.
mlir::Value emitCap(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, double cap);

/// `count` numbers from `first` on.
llvm::SmallVector<unsigned> countFrom(unsigned first, unsigned count);

/// The map of a tensor that has the devices, if any, and the last of `rank` dims.
mlir::AffineMap selectLast(Emitter &emit, unsigned rank, unsigned last, unsigned lead);

/// The token that stands at each index of `order`, and past the `tokens` of the order the index
/// itself; the other way round with `inverse`.
mlir::Value emitTable(Emitter &emit, TokenOrderAttr order, int64_t tokens, int64_t size,
                      bool inverse);

// The families, each in a file of lib/Lower/Ops.
void populateAttentionPatterns(const LinalgTypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateAttentionMergePatterns(const LinalgTypeConverter &converter,
                                    mlir::RewritePatternSet &patterns);
void populateCachePatterns(const LinalgTypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateCommunicationPatterns(const LinalgTypeConverter &converter,
                                   mlir::RewritePatternSet &patterns);
void populateElementwisePatterns(const LinalgTypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateEmbeddingPatterns(const LinalgTypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateMatmulPatterns(const LinalgTypeConverter &converter,
                            mlir::RewritePatternSet &patterns);
void populateMovementPatterns(const LinalgTypeConverter &converter,
                              mlir::RewritePatternSet &patterns);
void populateNormPatterns(const LinalgTypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateRopePatterns(const LinalgTypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateStructurePatterns(const LinalgTypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateUpstreamPatterns(const LinalgTypeConverter &converter,
                              mlir::RewritePatternSet &patterns);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_TOLINALG_PATTERNS_H
