//===- DagrtInterfaces.h - Sharding rule, work, communication -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTINTERFACES_H
#define DAGRT_IR_DAGRTINTERFACES_H

#include "dagrt/IR/ShardingRule.h"
#include "dagrt/IR/Work.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "dagrt/IR/DagrtInterfaces.h.inc"

#endif // DAGRT_IR_DAGRTINTERFACES_H
