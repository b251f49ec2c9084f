//===- DecoderBuilder.h - What builds the logical form of a decoder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The builder behind buildDecoder: single ops with their roles and stored weights, and from
// them the parts of a model. Its parts are in files of their own: attention in
// BuildAttention.cpp, arguments and caches in BuildCaches.cpp, the rest in BuildDecoder.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_DECODERBUILDER_H
#define DAGRT_LIB_IMPORT_DECODERBUILDER_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Distribution.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Import/DecoderSpec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <numeric>
#include <optional>

namespace dagrt {

/// Where the outputs of a linear map lie among those of the stored weight: output
/// `(j0, j1, ...)` is number `offset + j0 * strides[0] + ...` of `total`.
struct StoredOutputs {
  int64_t total = 0, offset = 0;
  llvm::SmallVector<int64_t, 3> strides;
};

using Sizes = llvm::SmallVector<int64_t, 4>;
/// The same for what may have a symbolic batch or number of tokens.
using Shape = llvm::SmallVector<GlobalSize, 5>;

inline int64_t getProduct(llvm::ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<int64_t>());
}

/// Strides of a row-major tensor, the last one `step`.
inline llvm::SmallVector<int64_t, 3> getRowMajorStrides(llvm::ArrayRef<int64_t> sizes,
                                                        int64_t step = 1) {
  llvm::SmallVector<int64_t, 3> strides(sizes.size());
  for (size_t i = sizes.size(); i-- > 0; step *= sizes[i])
    strides[i] = step;
  return strides;
}

/// All outputs of the stored weight, in order.
inline StoredOutputs getWholeOutputs(llvm::ArrayRef<int64_t> sizes) {
  return {getProduct(sizes), 0, getRowMajorStrides(sizes)};
}

/// A size as an expression, and back.
inline SizeAttr toSize(mlir::MLIRContext *context, GlobalSize size) {
  return size.symbol ? size.symbol : SizeAttr::getConstant(context, size.number);
}
inline GlobalSize fromSize(SizeAttr size) {
  if (size.isConstant())
    return size.getValue();
  return {mlir::ShapedType::kDynamic, size};
}

class DecoderBuilder {
public:
  DecoderBuilder(const DecoderSpec &spec, const ImportOptions &options, mlir::Location loc);
  mlir::OwningOpRef<mlir::ModuleOp> build();

private:
  // Types, names and single ops.
  mlir::RankedTensorType getType(const Shape &shape);
  mlir::RankedTensorType getType(const Shape &shape, mlir::Type type);
  Shape getTokenShape(llvm::ArrayRef<int64_t> trailing);
  mlir::Location getRoleLoc(llvm::StringRef role);
  template <typename OpT, typename... Args>
  OpT create(llvm::StringRef role, Args &&...args);
  std::string getWeightName(llvm::StringRef part, llvm::StringRef suffix) const;
  mlir::Value createParameter(llvm::StringRef role, llvm::StringRef name,
                              llvm::ArrayRef<int64_t> sizes, ViewAttr view, int64_t fanIn);
  mlir::Value createLinear(llvm::StringRef role, mlir::Value x, llvm::StringRef part,
                           llvm::ArrayRef<int64_t> in, llvm::ArrayRef<int64_t> out,
                           const StoredOutputs &stored);
  mlir::Value createBias(llvm::StringRef role, mlir::Value x, llvm::StringRef part,
                         llvm::ArrayRef<int64_t> out, const StoredOutputs &stored);
  mlir::Value createNorm(llvm::StringRef role, NormKind kind, mlir::Value x, llvm::StringRef part);
  mlir::Value createNorm(llvm::StringRef role, NormKind kind, mlir::Value x, llvm::StringRef part,
                         llvm::ArrayRef<int64_t> weights, int64_t normed, bool hasBias);
  mlir::Value createAdd(llvm::StringRef role, mlir::Value a, mlir::Value b);
  mlir::Value createScale(llvm::StringRef role, mlir::Value x, double by);

  // The parts of the model.
  mlir::Value buildEmbedding(mlir::Value tokens);
  mlir::Value addPositions(mlir::Value x);
  mlir::Value buildLogits(mlir::Value x);
  StoredOutputs getHeadOutputs(unsigned which) const;
  mlir::Value buildHeads(unsigned which, mlir::Value x);
  mlir::Value createHeadNorm(llvm::StringRef role, mlir::Value heads, llvm::StringRef part);
  const RopeSpec *findRope() const;
  RopeAttr getRope(const RopeSpec &rope) const;
  double getScale() const;
  mlir::Value buildAttentionCore(mlir::Value query, mlir::Value key, mlir::Value value);

  // Caches.
  bool isWindowed() const { return !spec.slides.empty() && spec.slides[layer]; }
  GlobalSize getNumSlots(bool isWindow) const;
  SizeAttr getVisible() const;
  void addArguments(mlir::func::FuncOp function);
  mlir::Value getSlotPositions();
  mlir::Value updateCache(llvm::StringRef role, mlir::Value rows);
  void keepCache(llvm::StringRef role, mlir::Value rows);
  void setResults(mlir::func::FuncOp function, mlir::Value output);
  mlir::Value buildAttention(mlir::Value x);
  mlir::Value buildActivation(mlir::Value x);
  mlir::Value buildFFN(mlir::Value x);
  mlir::Value buildLayer(mlir::Value x);
  SizeAttr getLastToken() const;
  mlir::Value buildHead(mlir::Value x);
  void setDefaultSizes(mlir::ModuleOp module);

  const DecoderSpec &spec;
  const ImportOptions &options;
  mlir::Location loc;
  mlir::OpBuilder builder;
  mlir::Type elementType;
  GlobalSize batch, tokens;
  /// Of a step with a cache: tokens in the cache before it, and slots of the cache.
  GlobalSize context = 0, capacity = 0;
  /// The current layer, -1 outside of layers.
  int64_t layer = -1;
  /// Positions of the tokens; null if nothing reads them.
  mlir::Value positions;
  /// The heads' slopes; null without ALiBi.
  mlir::Value slopes;
  /// The caches of all layers before the step, in the order of arguments: keys, values of layer 0,
  /// ...; none in a prefill.
  llvm::SmallVector<mlir::BlockArgument> caches;
  /// Positions of the slots of full caches, and of those of a window; null before their first use.
  mlir::Value fullSlots, windowSlots;
  /// What the step returns beside its output: caches, each with the argument that it updates.
  struct ReturnedCache {
    mlir::Value value;
    std::optional<unsigned> argument; ///< None in a prefill.
    SlotsAttr slots;
  };
  llvm::SmallVector<ReturnedCache> returned;
};

template <typename OpT, typename... Args>
OpT DecoderBuilder::create(llvm::StringRef role, Args &&...args) {
  OpT op = OpT::create(builder, getRoleLoc(role), std::forward<Args>(args)...);
  op->setDiscardableAttr(DagrtDialect::kRoleAttrName,
                         RoleAttr::get(builder.getContext(), role, layer));
  return op;
}

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_DECODERBUILDER_H
