//===- PlansReport.h - A comparison of plans, rendered -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_PLANSREPORT_H
#define DAGRT_LIB_PIPELINES_PLANSREPORT_H

#include "Crossovers.h"
#include "PlansFile.h"

#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/Coverage.h"

namespace dagrt {

/// All that a report on plans shows.
struct PlansReport {
  std::vector<Plan> plans;
  Cluster cluster;
  std::string model;
  /// True if cluster or model are those that the program's costs were computed for.
  bool costsTakenOver = false;
  std::string kvCache; ///< `keep` or `none`.
  /// The name that is swept; empty for a comparison at the sizes as they are.
  std::string name;
  /// The numbers of the other names.
  SizeBinding sizes;
  Comparison comparison;
  /// Ops of each plan's program that take time that is not counted.
  std::vector<std::vector<NamedOps>> uncounted;
};

/// For people; at most 100 columns.
void renderPlansText(const PlansReport &report, llvm::raw_ostream &os);
/// For programs; docs/plans.md describes it.
void renderPlansJson(const PlansReport &report, llvm::raw_ostream &os);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_PLANSREPORT_H
