//===- Uncounted.h - Ops whose time is not counted -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops that take time that is not counted, as all formats of all reports write them.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_UNCOUNTED_H
#define DAGRT_REPORT_UNCOUNTED_H

#include "dagrt/Cost/Coverage.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/JSON.h"

namespace dagrt {

/// One line that begins with `uncounted`, or nothing if there are no such ops. `what` comes first,
/// if it is there.
void writeUncounted(llvm::raw_ostream &os, llvm::ArrayRef<NamedOps> ops, llvm::StringRef what = "");

/// The key `uncounted`, in an object: an array of all of `ops`.
void writeUncountedJson(llvm::json::OStream &json, llvm::ArrayRef<NamedOps> ops);

/// One line of the branches that count by their longest body, or nothing if there are none.
void writeBranches(llvm::raw_ostream &os, llvm::ArrayRef<NamedOps> branches);

/// The key `longest_branches`, in an object, or nothing if there are none.
void writeBranchesJson(llvm::json::OStream &json, llvm::ArrayRef<NamedOps> branches);

/// Emits an error at the first op of the functions in `module` whose time is not counted, if there
/// is any.
llvm::LogicalResult verifyCounted(mlir::Operation *module);

} // namespace dagrt

#endif // DAGRT_REPORT_UNCOUNTED_H
