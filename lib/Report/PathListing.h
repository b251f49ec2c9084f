//===- PathListing.h - The folded critical path as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_PATHLISTING_H
#define DAGRT_LIB_REPORT_PATHLISTING_H

#include "dagrt/Report/Report.h"

namespace dagrt {

/// The meshes of a class of devices: `base`, `base+pool` where they share it.
std::string getClassLabel(const Timeline &timeline, unsigned deviceClass);

/// Writes the ops of the critical path that take time, repeats folded.
void listCriticalPath(llvm::raw_ostream &os, const FunctionReport &function);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_PATHLISTING_H
