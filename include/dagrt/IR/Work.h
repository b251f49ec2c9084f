//===- Work.h - What ops compute and communicate -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Work and communication, independent of hardware: what the cost models read.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_WORK_H
#define DAGRT_IR_WORK_H

#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

#include <optional>
#include <vector>

namespace dagrt {

/// The family of kernels that runs an op.
enum class WorkKind {
  None, ///< Takes no time: parameters, positions, views.
  Gemm,
  Attention,
  Softmax,
  Norm,
  Elementwise,
  Rope,
  Embedding,
  /// Takes time, but nothing says how much: an op on vectors or unranked tensors. Reports list it.
  Unknown,
};

/// `gemm`, `attention`, ...
llvm::StringRef getWorkKindName(WorkKind kind);

/// `batch` matmuls `[m, k] x [k, n]`: the arguments of Get_Time.
struct GemmShape {
  int64_t batch = 1, m = 0, k = 0, n = 0;
  bool operator==(const GemmShape &o) const {
    return batch == o.batch && m == o.m && k == o.k && n == o.n;
  }
};

/// One fused attention kernel on the busiest device.
struct AttentionShape {
  int64_t batch = 0, queries = 0, keys = 0, heads = 0, keyHeads = 0, headDim = 0;
  int64_t valueDim = 0;       ///< Of values and results; headDim is that of queries and keys.
  bool valuesAreKeys = false; ///< A value is the first elements of its key, and is not read again.
  /// (query, key) pairs that the mask lets through, for one batch element and head.
  double pairs = 0;
  bool causal = false;
  std::optional<int64_t> window;
  /// Scores have a soft cap or ALiBi's bias.
  bool hasOtherScores = false;
};

/// What an op does.
struct Work {
  WorkKind kind = WorkKind::None;
  /// Element type of the op's result.
  mlir::Type elementType;
  /// Of matmuls, element types of what is multiplied; null where it is that of the result.
  mlir::Type lhsType, rhsType;
  std::optional<GemmShape> gemm;
  std::optional<AttentionShape> attention;
  /// What the kernel is called in tables of measurements (`rmsnorm`, `add`); empty if there is no
  /// name for what it does, and then only its bytes say how long it takes.
  llvm::StringRef kernel;
  /// Rows and columns of norms, softmax, rope and elementwise ops on the busiest device:
  /// columns is the last dim (of several normalized dims, all their elements; of rope, all of a
  /// token).
  int64_t rows = 0, columns = 0;

  /// On the busiest device: FLOPs of real elements, bytes read and written.
  double flops = 0, bytesRead = 0, bytesWritten = 0;
  /// FLOPs of real elements, summed over the devices of the mesh.
  double totalFlops = 0;
  /// FLOPs of the op in the logical form. totalFlops is this times the number of replicas.
  double logicalFlops = 0;

  double bytes() const { return bytesRead + bytesWritten; }
};

/// The element type at whose rate a matmul runs: the wider of the operands' types, and a float
/// rather than an integer (a matmul of bf16 and int4 is one of bf16). What sums are kept in does
/// not matter, but for f64: no unit adds results of narrower types in it.
mlir::Type getProductType(mlir::Type lhs, mlir::Type rhs, mlir::Type result);
mlir::Type getProductType(const Work &work);

/// Size of an element in bytes, as devices store it: a power of two, half a byte for 4 bits and at
/// least one for a single bit.
double getElementBytes(mlir::Type elementType);

/// Number of elements of a tensor on the busiest device (which is the first), and their bytes;
/// symbolic sizes count as 0.
double getLocalElements(mlir::Type type);
double getLocalBytes(mlir::Type type);

/// Number of elements of a tensor's global shape; symbolic sizes count as 0.
double getGlobalElements(mlir::Type type);

/// The product of the sizes; 0 if one is symbolic, or it is not below 2^63.
int64_t getProduct(llvm::ArrayRef<int64_t> sizes);

/// Rows of `columns` elements each; 0 if there are none. Sizes that overflow are reported by
/// each user of them.
int64_t countRows(double elements, int64_t columns);

/// A product of sizes as a formula writes it, factor by factor: `1024·seq_len`. Null factors have
/// no name.
using SizeProduct = llvm::SmallVector<SizeAttr, 4>;

/// What one device has of a value of `type`, around `op`; nothing if it is no ranked tensor.
SizeProduct getSizesOnDevice(mlir::Operation *op, mlir::Type type);

/// One size for several, multiplied, which formulas write as one number; null if one has no name.
SizeAttr multiplySizes(llvm::ArrayRef<SizeAttr> sizes, mlir::MLIRContext *context);

/// The result that the work of `op` is counted by: the tensor with the most elements on one device,
/// the first of several; null if it makes no tensor.
mlir::Value getLargestResult(mlir::Operation *op);

/// The leading sizes and the last size of the largest result of `op` on one device.
llvm::SmallVector<SizeProduct, 3> getRowsAndColumns(mlir::Operation *op);

/// Work of an op that reads its tensor operands and writes its results once and does
/// `flopsPerElement` operations for each element of the largest result.
Work getStreamingWork(mlir::Operation *op, WorkKind kind, double flopsPerElement);

/// Work of a matmul of the first two operands, whose shape on one device is `local` and in the
/// model `global`.
Work getGemmWork(mlir::Operation *op, GemmShape local, GemmShape global);

/// Sets `totalFlops` and `logicalFlops` of an op whose work spreads evenly over real
/// elements: `logicalFlops` is given, and each of the factors' shards is computed by as many
/// devices as hold replicas of it.
void setTotalFlops(mlir::Operation *op, Work &work, double logicalFlops);

/// A collective or transfer.
struct Communication {
  CommunicationKind kind = CommunicationKind::Transfer;
  /// Mesh of a collective, source of a transfer.
  mlir::FlatSymbolRefAttr mesh;
  /// Destination of a transfer, else null.
  mlir::FlatSymbolRefAttr destination;
  /// Axes of a collective: each of its groups runs over these.
  AxesAttr axes;
  /// Payload in bytes, by the convention of nccl-tests, of the busiest group: all_reduce and
  /// shift: the buffer of a rank; all_gather, reduce_scatter, all_to_all: what the ranks of a group
  /// have in common, without the padding of the dim that is gathered or scattered; a transfer:
  /// the real elements that cross, once for each receiver.
  double bytes = 0;
  /// Type of what is sent, and, for a transfer, of what arrives.
  mlir::RankedTensorType source, target;
  /// Of a collective of another dialect, whose grid is no mesh of ours: the device ids of each
  /// group, in the order of their ranks.
  std::vector<std::vector<int64_t>> groups;
  int64_t shiftBy = 1; ///< Of a shift: how many ranks further along.
};

} // namespace dagrt

#endif // DAGRT_IR_WORK_H
