//===- UpstreamPasses.h - MLIR's passes in dagrt-opt -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_OPT_UPSTREAMPASSES_H
#define DAGRT_OPT_UPSTREAMPASSES_H

namespace dagrt {

/// Registers MLIR's passes on the dialects that programs come in: func, linalg, tosa, tensor,
/// arith, scf and shard, with the conversions from them and bufferization; and the clean-ups of any
/// op, such as canonicalize, cse and inline. `mlir-opt` with the plugin has the others.
void registerUpstreamPasses();

} // namespace dagrt

#endif // DAGRT_OPT_UPSTREAMPASSES_H
