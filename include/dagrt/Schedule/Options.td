//===- Options.td - Options of passes that schedule programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_OPTIONS_TD
#define DAGRT_SCHEDULE_OPTIONS_TD

include "mlir/Pass/PassBase.td"

class OverlapOption
    : Option<"overlap", "overlap", "::dagrt::Overlap", "::dagrt::Overlap::Full",
             "Whether communication overlaps with compute on a device: full or none (default: full)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::Overlap::Full, "full", "They run at the same time"),
                 clEnumValN(::dagrt::Overlap::None, "none", "Communication occupies compute"))}]>;

class ResourcesOption
    : Option<"resources", "resources", "::dagrt::ResourceLimits", "::dagrt::ResourceLimits::Limited",
             "What ops wait for: limited or unlimited (default: limited)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::ResourceLimits::Limited, "limited", "Operands and devices"),
                 clEnumValN(::dagrt::ResourceLimits::Unlimited, "unlimited", "Operands only"))}]>;

class KvCacheOption
    : Option<"kvCache", "kv-cache", "::dagrt::KvCache", "::dagrt::KvCache::Keep",
             "Whether keys and values of causal attention stay in memory until the end: keep or none "
             "(default: keep)",
             [{::llvm::cl::values(
                 clEnumValN(::dagrt::KvCache::Keep, "keep", "A prefill that decoding follows"),
                 clEnumValN(::dagrt::KvCache::None, "none", "They are freed after their last use"))}]>;

#endif // DAGRT_SCHEDULE_OPTIONS_TD
