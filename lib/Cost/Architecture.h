//===- Architecture.h - What generations of devices have in common -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Facts that data sheets of devices do not have, by the name of an architecture.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_ARCHITECTURE_H
#define DAGRT_LIB_COST_ARCHITECTURE_H

#include "DescriptionFile.h"

#include "dagrt/Cost/Cluster.h"

namespace dagrt {

/// The facts of the architecture that `file` names, with those that it describes itself. Of a name
/// without a built-in description, those of `unknown`.
mlir::FailureOr<ArchitectureFacts> getArchitectureFacts(const DeviceFile &file,
                                                        llvm::StringRef path, mlir::Location loc);

} // namespace dagrt

#endif // DAGRT_LIB_COST_ARCHITECTURE_H
