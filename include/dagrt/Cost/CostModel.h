//===- CostModel.h - The interface of cost models -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cost model answers how long an op takes. Models are made by name from a registry that is
// passed explicitly, so that an embedder can add one or replace one.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_COSTMODEL_H
#define DAGRT_COST_COSTMODEL_H

#include "dagrt/Cost/AnnotateCost.h"
#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/Communication.h"
#include "dagrt/Cost/MeasurementTable.h"
#include "dagrt/IR/Work.h"

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <memory>

namespace dagrt {

/// A time and what is known about it.
struct Cost {
  double picoseconds = 0;
  Bound bound = Bound::none;
  Provenance provenance = Provenance::modelled;
  std::string algorithm;
  /// The error bar: by how much less and more it may be, -1 when unknown.
  double belowPercent = -1, abovePercent = -1;
};

/// Makes an error at the op that is being costed.
using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

class CostModel {
public:
  virtual ~CostModel();

  /// The time of `work` on one device.
  virtual mlir::FailureOr<Cost> getComputeCost(const Work &work, const Device &device,
                                               EmitError emitError) const = 0;

  /// The time of a collective or transfer. By default its roofline (docs/cost.md).
  virtual mlir::FailureOr<Cost> getCommunicationCost(const CommunicationShape &shape,
                                                     const Cluster &cluster,
                                                     EmitError emitError) const;
};

/// `Get_Time(m, k, n)`: the time of a matmul whose operands and result are of
/// `elementType`.
mlir::FailureOr<Cost> getTime(const CostModel &model, const GemmShape &shape,
                              mlir::Type elementType, const Device &device, EmitError emitError);

/// The work of such a matmul.
Work getGemmWork(const GemmShape &shape, mlir::Type elementType);

/// Cost models by name.
class CostModelRegistry {
public:
  using Factory = std::function<mlir::FailureOr<std::unique_ptr<CostModel>>(
      const CostOptions &options, EmitError emitError)>;

  /// The models that dagrt brings.
  static CostModelRegistry getBuiltin();

  /// Adds a model, or replaces the one of this name.
  void add(llvm::StringRef name, Factory factory);

  /// True if there is a model of this name.
  bool has(llvm::StringRef name) const;

  /// Makes the model that `options` name.
  mlir::FailureOr<std::unique_ptr<CostModel>> create(const CostOptions &options,
                                                     EmitError emitError) const;

private:
  std::vector<std::pair<std::string, Factory>> models;
};

/// The model fitted to measurements (docs/accuracy.md).
std::unique_ptr<CostModel> createCalibratedModel(std::unique_ptr<MeasurementTable> table = nullptr);

/// The same with measurements from files on top, whose paths are separated by commas.
mlir::FailureOr<std::unique_ptr<CostModel>> createTableModel(llvm::StringRef paths,
                                                             EmitError emitError);

/// A lower bound by the data sheet: max(FLOPs / peak rate, bytes / memory bandwidth), and what a
/// rank sends at least over the rate of its link. No latency, no efficiency.
std::unique_ptr<CostModel> createRooflineModel();

/// `annotateCosts` with models of the caller's own.
llvm::LogicalResult annotateCosts(mlir::func::FuncOp function, const CostOptions &options,
                                  const CostModelRegistry &registry,
                                  CostSummary *summary = nullptr);

} // namespace dagrt

#endif // DAGRT_COST_COSTMODEL_H
