//===- KernelQuery.h - Asking for the time of a kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The calibrated model without IR: a call of a kernel, the coefficients that a device description
// has for it, the time, and how sure that is. Cost models, tables, the fit and dagrt-get-time all
// ask here. A new kernel is a formula in the folder Kernels and a line in the tables of
// KernelQuery.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELQUERY_H
#define DAGRT_COST_KERNELQUERY_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/Kernels/Attention.h"
#include "dagrt/Cost/Kernels/Collective.h"
#include "dagrt/Cost/Kernels/Gemm.h"
#include "dagrt/Cost/Kernels/Rowwise.h"

#include "llvm/ADT/SmallVector.h"

#include "llvm/Support/raw_ostream.h"

#include <string>
#include <variant>

namespace dagrt {

/// A kernel model: what it can be fitted by, and where its errors are alike.
struct Kernel {
  const char *name;
  llvm::ArrayRef<Coefficient> coefficients;
  llvm::ArrayRef<const char *> regimes;
  /// How strongly a fit holds coefficients where they start: a factor of e away counts, in each
  /// row, as this many errors of 5 %, and in all this many.
  double prior, totalPrior;
};

/// All of them, in the order of KernelCall.
llvm::ArrayRef<Kernel> getKernels();

/// The kernel of this name, or null.
const Kernel *findKernel(llvm::StringRef name);

/// A call with its sizes.
using KernelCall = std::variant<GemmCall, AttentionCall, RowwiseCall, CollectiveCall>;

/// A call, and which coefficients suit it.
struct KernelQuery {
  KernelCall call;
  /// Variants of the kernel whose coefficients serve, the best first: `fp32.batched`, `fp32`.
  llvm::SmallVector<std::string, 4> variants;
  /// How many of them are of the kind that was asked for. The others stand in only where no device
  /// that coefficients are borrowed from has one of these.
  size_t numProper = SIZE_MAX;

  const Kernel &getKernel() const { return getKernels()[call.index()]; }
};

/// True if two devices are so alike that what is wrong about one is wrong about the other: of one
/// architecture, with about the same cache, processors and bandwidth.
bool areTwins(const Device &a, const Device &b);

/// The coefficients for a query, and whose they are.
struct FoundCalibration {
  const KernelCalibration *calibration = nullptr; ///< Null if there are none anywhere.
  bool isBorrowed = false;                        ///< From another device.
  bool isSubstitute = false;                      ///< Of another variant than the best.
};

/// Looks for the best variant on the device itself first, then on each that it borrows from.
FoundCalibration findCalibration(const KernelQuery &query, const Device &device);

/// The trait of a device that so many laboratories measured, in a calibration's ranges.
inline constexpr llvm::StringLiteral kSources = "laboratories";

/// True if all measurements of the calibration's device are of one laboratory, and nothing tells
/// how those of another would differ.
bool isOfOneSource(const KernelCalibration &calibration);

/// True if that holds for what a device was fitted to, or, without that, for the device that it
/// borrows from first.
bool isOfOneSource(const Device &device);

/// A time, and how sure it is.
struct Prediction {
  KernelTime time;
  ErrorBar errorBar; ///< Factors of the time between which 80 % of measurements are expected.
  Provenance provenance = Provenance::modelled;
  FoundCalibration found;
  unsigned regime = 0;
  bool isRoofline = false; ///< Not an expected time, and without an error bar.
  /// What a table of measurements multiplied the model's time by, and by how many measurements.
  double tableFactor = 1;
  unsigned tableRows = 0;

  double getLowUs() const { return time.microseconds * errorBar.low; }
  double getHighUs() const { return time.microseconds * errorBar.high; }
  /// Half the width of the interval, in percent of the time.
  double getErrorPercent() const { return 50 * (errorBar.high - errorBar.low); }
};

/// The time of `call` with given coefficients: what a fit varies.
KernelTime predictTime(const KernelCall &call, const Device &device,
                       llvm::ArrayRef<double> coefficients);
/// A number of a call beyond whose measured range times are extrapolated.
struct Trait {
  const char *name;
  double value;
};
llvm::SmallVector<Trait, 2> getTraits(const KernelCall &call);

/// An index into the kernel's regimes.
unsigned getRegime(const KernelCall &call, const Device &device, const KernelTime &time);

/// The time of a query on a device, with the coefficients of its description.
Prediction predict(const KernelQuery &query, const Device &device);

/// What NCCL, or another library, runs for a collective, in the words of the tables; empty for
/// another kernel.
std::string getAlgorithm(const KernelQuery &query, const Device &device,
                         const Prediction &prediction);

/// FLOPs with their rate in FLOP/s, and bytes of the memory.
struct Ceilings {
  double flops = 0, flopRate = 1, bytes = 0;
};

/// What a call computes and moves at least; nothing for a collective.
Ceilings getLeastWork(const KernelCall &call, const Device &device);

/// The longer of what they take.
KernelTime getRooflineTime(const Ceilings &ceilings, const Device &device);

/// The roofline of a call, a bound from below: of a collective, what a rank sends at least at the
/// rate of its link.
Prediction predictRoofline(const KernelQuery &query, const Device &device);

/// Writes the key `calibration` of a device description.
void writeCalibrations(llvm::ArrayRef<KernelCalibration> calibrations, llvm::raw_ostream &os);

/// `bf16`: an element type as tables of measurements write it, or as MLIR does if they do not.
std::string getTypeName(mlir::Type elementType);

/// Bytes of an element of `fp64`, `fp32`, `fp16`, `bf16`, `fp8`, `int8` or `int4`, by any of their
/// names; 0 for any other name.
double getTypeBytes(llvm::StringRef type);

/// Rate of matmuls of such elements in FLOP/s, if the device's description has one.
std::optional<double> getMatrixFlops(const Device &device, llvm::StringRef type);

/// Why there is no rate for matmuls of `type`: the type, the device, its rates, and the key that
/// is missing.
std::string describeMissingRate(const Device &device, llvm::StringRef type);

/// What is multiplied, and the bytes of elements as they are stored.
struct ProductTypes {
  std::string name; ///< Of the type at whose rate the matmul runs.
  double leftBytes = 0, rightBytes = 0, resultBytes = 0;

  static ProductTypes get(mlir::Type lhs, mlir::Type rhs, mlir::Type result);
  /// Of a matmul of one type, written as GPUs usually do: fp8 as bf16, integers as int32.
  static ProductTypes get(llvm::StringRef type);
};

/// (query, key) pairs when the last `queries` of `keys` tokens attend to all up to themselves.
double getCausalPairs(double queries, double keys);

/// The names of ops that makeRowwiseQuery knows; getCollectiveNames() has those of collectives.
llvm::ArrayRef<llvm::StringRef> getRowwiseNames();

/// The default link of devices: `nvlink` or `pcie` by the data sheet inside a
/// node, `network` between several.
llvm::StringRef getUsualLink(const Device &device, double nodes);

/// Variants of the coefficients for a collective, the best first. Names are as in the columns
/// `link` and `impl`.
llvm::SmallVector<std::string, 4>
getCollectiveVariants(CommunicationKind kind, llvm::StringRef link, llvm::StringRef library);

/// Queries from names as people and tables write them. They fail for a type or an op that is not
/// known, or that the device has no rate for, and say what is expected in `error`.
mlir::FailureOr<KernelQuery> makeGemmQuery(llvm::StringRef type, double batch, double m, double k,
                                           double n, bool events, const Device &device,
                                           std::string &error);
mlir::FailureOr<KernelQuery> makeGemmQuery(const ProductTypes &types, double batch, double m,
                                           double k, double n, bool events, const Device &device,
                                           std::string &error);
mlir::FailureOr<KernelQuery> makeRowwiseQuery(llvm::StringRef op, llvm::StringRef type, double rows,
                                              double columns, bool events, std::string &error);
/// The rate of `call` is set from `type`. `library` is as in the column `impl`, or empty.
mlir::FailureOr<KernelQuery> makeAttentionQuery(AttentionCall call, llvm::StringRef type,
                                                llvm::StringRef library, const Device &device,
                                                std::string &error);
/// Names are as in the columns `op`, `link` and `impl`; bytes as nccl-tests counts them.
mlir::FailureOr<KernelQuery> makeCollectiveQuery(llvm::StringRef op, double bytes, double ranks,
                                                 double nodes, llvm::StringRef link,
                                                 llvm::StringRef library, const Device &device,
                                                 std::string &error);

} // namespace dagrt

#endif // DAGRT_COST_KERNELQUERY_H
