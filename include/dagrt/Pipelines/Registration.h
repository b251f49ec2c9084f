//===- Registration.h - Everything dagrt registers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registration is explicit: loading a library registers nothing.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_REGISTRATION_H
#define DAGRT_PIPELINES_REGISTRATION_H

namespace mlir {
class DialectRegistry;
}

namespace dagrt {

/// Registers the dialect and that of the functions its programs stand in, and the interfaces'
/// models for other dialects' ops.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers every pass and pipeline of dagrt with the global pass registry, as `*-opt` tools do.
void registerPasses();

} // namespace dagrt

#endif // DAGRT_PIPELINES_REGISTRATION_H
