//===- ShortNames.h - Names of passes without their prefix -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_OPT_SHORTNAMES_H
#define DAGRT_OPT_SHORTNAMES_H

#include "PassNames.h"

namespace dagrt {

/// Registers each of `passes` that is called `dagrt-NAME` as NAME, too, unless that is taken.
void registerShortNames(const PassNames &passes);

} // namespace dagrt

#endif // DAGRT_OPT_SHORTNAMES_H
