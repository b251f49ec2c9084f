//===- CostModel.cpp - The registry of cost models -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all cost models share: the bound of communication, the work of a matmul alone, and models
// by name.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/CostModel.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

CostModel::~CostModel() = default;

FailureOr<Cost> CostModel::getCommunicationCost(const CommunicationShape &shape,
                                                const Cluster &cluster, EmitError) const {
  CommunicationTime time = getCommunicationTime(shape, cluster);
  Cost cost;
  cost.picoseconds = time.microseconds * 1e6;
  if (time.microseconds > 0)
    cost.bound = Bound::link;
  return cost;
}

Work dagrt::getGemmWork(const GemmShape &shape, Type elementType) {
  Work work;
  work.kind = WorkKind::Gemm;
  work.elementType = work.lhsType = work.rhsType = elementType;
  work.gemm = shape;
  double bytes = getElementBytes(elementType), batch = shape.batch, m = shape.m, k = shape.k,
         n = shape.n;
  work.flops = work.totalFlops = work.logicalFlops = 2 * batch * m * k * n;
  work.bytesRead = batch * (m * k + k * n) * bytes;
  work.bytesWritten = batch * m * n * bytes;
  return work;
}

FailureOr<Cost> dagrt::getTime(const CostModel &model, const GemmShape &shape, Type elementType,
                               const Device &device, EmitError emitError) {
  for (int64_t size : {shape.batch, shape.m, shape.k, shape.n})
    if (size < 0)
      return emitError() << "expects sizes that are not negative, got batch " << shape.batch
                         << ", m " << shape.m << ", k " << shape.k << ", n " << shape.n;
  return model.getComputeCost(getGemmWork(shape, elementType), device, emitError);
}

CostModelRegistry CostModelRegistry::getBuiltin() {
  CostModelRegistry registry;
  using Model = FailureOr<std::unique_ptr<CostModel>>;
  auto expectNoTable = [](const CostOptions &options, EmitError emitError) -> LogicalResult {
    if (options.table.empty())
      return success();
    return emitError() << "expects no table for the cost model '" << options.model << "', got '"
                       << options.table << "'";
  };
  registry.add("calibrated", [=](const CostOptions &options, EmitError emitError) -> Model {
    if (failed(expectNoTable(options, emitError)))
      return failure();
    return createCalibratedModel(nullptr);
  });
  registry.add("roofline", [=](const CostOptions &options, EmitError emitError) -> Model {
    if (failed(expectNoTable(options, emitError)))
      return failure();
    return createRooflineModel();
  });
  registry.add("table", [](const CostOptions &options, EmitError emitError) -> Model {
    if (options.table.empty())
      return emitError() << "expects a table of measurements for the cost model 'table', got none";
    return createTableModel(options.table, emitError);
  });
  return registry;
}

void CostModelRegistry::add(StringRef name, Factory factory) {
  for (auto &[known, existing] : models)
    if (known == name) {
      existing = std::move(factory);
      return;
    }
  models.push_back({name.str(), std::move(factory)});
}

bool CostModelRegistry::has(StringRef name) const {
  return llvm::any_of(models, [&](const auto &model) { return model.first == name; });
}

FailureOr<std::unique_ptr<CostModel>> CostModelRegistry::create(const CostOptions &options,
                                                                EmitError emitError) const {
  std::vector<std::string> names;
  for (const auto &[name, factory] : models) {
    if (name == options.model)
      return factory(options, emitError);
    names.push_back(name);
  }
  return emitError() << "expects one of the cost models " << llvm::join(names, ", ") << ", got '"
                     << options.model << "'";
}
