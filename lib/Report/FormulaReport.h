//===- FormulaReport.h - Parts of reports that show formulas -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_FORMULAREPORT_H
#define DAGRT_LIB_REPORT_FORMULAREPORT_H

#include "Formula.h"
#include "dagrt/Report/Report.h"

#include "llvm/Support/JSON.h"

namespace dagrt {

/// What a term stands for on a path.
struct TermUse {
  unsigned term = 0;
  int64_t count = 0, picoseconds = 0;
  int64_t shortest = 0, longest = 0;       ///< Of one of them.
  std::vector<std::string> labels, meshes; ///< Each once.
};

/// The terms of a formula at the timeline's binding, those that take longest in all first.
std::vector<TermUse> collectTermUses(const Timeline &timeline, const Formula &formula);

int64_t sumTimes(const Formula &formula, llvm::ArrayRef<unsigned> items);

/// One line for each term and each end of a fold, with times.
void writeFormulaTree(llvm::raw_ostream &os, const FormulaTerms &terms, const Formula &formula);

void writeLegend(llvm::raw_ostream &os, const FormulaTerms &terms, const Timeline &timeline,
                 const Formula &formula);

/// The keys of a formula, inside an object.
void writeFormulaJson(llvm::json::OStream &json, const FormulaTerms &terms,
                      const Timeline &timeline, const Formula &formula);

/// The first three lines of a report: how long, where, why.
void writeSummary(llvm::raw_ostream &os, const Report &report, const FunctionReport &function);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_FORMULAREPORT_H
