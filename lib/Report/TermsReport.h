//===- TermsReport.h - Published terms beside the program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `--compare-terms` found, and its two renderings.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_TERMSREPORT_H
#define DAGRT_LIB_REPORT_TERMSREPORT_H

#include "Terms.h"

namespace dagrt {

struct TermsReport {
  const TermsFile &file;
  std::string sizes; ///< The binding, `seq_len=2048`; empty if there is none.
  std::vector<ComparedTerm> rows;
};

void renderTermsText(const TermsReport &report, llvm::raw_ostream &os);
void renderTermsJson(const TermsReport &report, llvm::raw_ostream &os);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_TERMSREPORT_H
