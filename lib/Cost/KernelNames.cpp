//===- KernelNames.cpp - Kernel calls by name -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Data types, ops and libraries are written as in the tables of measurements. Each kernel says here
// which variants of its coefficients suit a call, the best first.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/KernelQuery.h"
#include "dagrt/Cost/Kernels/CollectiveKinds.h"
#include "dagrt/Support/ElementTypeNames.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Data types
//===----------------------------------------------------------------------===//

double dagrt::getTypeBytes(StringRef type) {
  return llvm::StringSwitch<double>(getTableName(type))
      .Case("fp64", 8)
      .Case("fp32", 4)
      .Cases({"fp16", "bf16"}, 2)
      .Cases({"fp8", "int8"}, 1)
      .Case("int4", 0.5)
      .Default(0);
}

std::optional<double> dagrt::getMatrixFlops(const Device &device, StringRef type) {
  return llvm::StringSwitch<std::optional<double>>(getTableName(type))
      .Case("fp64", device.fp64)
      .Case("fp32", device.fp32)
      .Case("fp16", device.fp16)
      .Case("bf16", device.bf16)
      .Case("fp8", device.fp8)
      .Case("int8", device.int8)
      .Case("int4", device.int4)
      .Default(std::nullopt);
}

/// The types that matmuls have a rate for.
static ArrayRef<StringRef> getRateNames() { return getTableNames().drop_back(); }

std::string dagrt::getTypeName(Type elementType) {
  if (elementType.isF64())
    return "fp64";
  if (elementType.isF32())
    return "fp32";
  if (elementType.isF16())
    return "fp16";
  if (elementType.isBF16())
    return "bf16";
  // Formats differ in their scales and exponents. A scale alone (E8M0) is no operand, and no unit
  // has E3M4.
  if (isa<Float8E4M3FNType, Float8E5M2Type, Float8E4M3Type, Float8E4M3FNUZType, Float8E5M2FNUZType,
          Float8E4M3B11FNUZType>(elementType))
    return "fp8";
  if (elementType.isInteger(8))
    return "int8";
  if (elementType.isInteger(4))
    return "int4";
  std::string name;
  llvm::raw_string_ostream(name) << elementType;
  return name;
}

std::string dagrt::describeMissingRate(const Device &device, StringRef type) {
  SmallVector<StringRef> rates;
  for (StringRef name : getRateNames())
    if (getMatrixFlops(device, name))
      rates.push_back(name);
  bool hasKey = getTypeBytes(type) > 0;
  StringRef name = getTableName(type);
  std::string key = (name + (name.starts_with("int") ? "_tops" : "_tflops")).str();
  return ("expects a device with a rate for " + type +
          (hasKey ? " (key '" + key + "')" : " (there is no key for it)") + ", got '" +
          device.name + "' with rates for " + llvm::join(rates, ", ") +
          "; choose another device or data type" + (hasKey ? ", or describe the rate" : ""))
      .str();
}

/// Checks that `type` is one, and, if `device` is not null, that it has a rate for it.
static LogicalResult checkType(StringRef type, const Device *device, std::string &error) {
  if (device && getMatrixFlops(*device, type))
    return success();
  if (getTypeBytes(type) == 0)
    error = ("expects a data type that is one of " + llvm::join(getRateNames(), ", ") + "; got '" +
             type + "'")
                .str();
  else if (device)
    error = describeMissingRate(*device, type);
  return failure(!error.empty());
}

/// `type`, and what is calibrated in its stead: the types of the same rate before the others.
static SmallVector<StringRef> getNearTypes(StringRef type) {
  type = getTableName(type);
  if (type == "bf16")
    return {"bf16", "fp16"};
  if (type == "fp16")
    return {"fp16", "bf16"};
  if (type == "fp8")
    return {"fp8", "bf16", "fp16"};
  // Integers have the units, and the libraries the kernels, of fp8.
  if (type == "int8")
    return {"int8", "fp8", "bf16", "fp16"};
  if (type == "int4")
    return {"int4", "int8", "fp8", "bf16", "fp16"};
  if (type == "fp64")
    return {"fp64", "fp32", "bf16"};
  return {"fp32", "bf16", "fp16"};
}

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

ProductTypes ProductTypes::get(Type lhs, Type rhs, Type result) {
  Type type = getProductType(lhs, rhs, result);
  auto getBytes = [&](Type operand) { return getElementBytes(operand ? operand : type); };
  return {getTypeName(type), getBytes(lhs), getBytes(rhs), getElementBytes(result)};
}

ProductTypes ProductTypes::get(StringRef type) {
  StringRef name = getTableName(type);
  double bytes = getTypeBytes(name);
  return {name.str(), bytes, bytes, name.starts_with("int") ? 4 : std::max(bytes, 2.0)};
}

FailureOr<KernelQuery> dagrt::makeGemmQuery(StringRef type, double batch, double m, double k,
                                            double n, bool events, const Device &device,
                                            std::string &error) {
  if (failed(checkType(type, &device, error)))
    return failure();
  return makeGemmQuery(ProductTypes::get(type), batch, m, k, n, events, device, error);
}

FailureOr<KernelQuery> dagrt::makeGemmQuery(const ProductTypes &types, double batch, double m,
                                            double k, double n, bool events, const Device &device,
                                            std::string &error) {
  StringRef type = types.name;
  std::optional<double> rate = getMatrixFlops(device, type);
  if (!rate) {
    error = describeMissingRate(device, type);
    return failure();
  }
  GemmCall call;
  call.batch = batch;
  call.m = m;
  call.k = k;
  call.n = n;
  call.elementBytes = getTypeBytes(type);
  call.leftBytes = types.leftBytes;
  call.rightBytes = types.rightBytes;
  call.resultBytes = types.resultBytes;
  call.matrixFlops = *rate;
  call.events = events;
  KernelQuery query{call, {}};
  for (StringRef near : getNearTypes(type)) {
    if (batch > 1)
      query.variants.push_back((near + ".batched").str());
    query.variants.push_back(near.str());
    if (getTypeBytes(near) == call.elementBytes)
      query.numProper = query.variants.size();
  }
  return query;
}

//===----------------------------------------------------------------------===//
// Elementwise ops and ops on rows
//===----------------------------------------------------------------------===//

namespace {
/// An op as tables write it, and which one has kernels like its own.
struct RowwiseName {
  StringRef name;
  RowwiseOp op;
  StringRef alike;
};
} // namespace

static constexpr RowwiseName kRowwiseNames[] = {
    {"add", RowwiseOp::Add, ""},          {"mul", RowwiseOp::Mul, "add"},
    {"relu", RowwiseOp::Relu, "add"},     {"gelu", RowwiseOp::Gelu, ""},
    {"tanh", RowwiseOp::Tanh, "gelu"},    {"silu", RowwiseOp::Silu, "gelu"},
    {"silu_mul", RowwiseOp::SiluMul, ""}, {"layernorm", RowwiseOp::LayerNorm, ""},
    {"rmsnorm", RowwiseOp::RmsNorm, ""},  {"add_rmsnorm", RowwiseOp::AddRmsNorm, "rmsnorm"},
    {"softmax", RowwiseOp::Softmax, ""},  {"rope", RowwiseOp::Rope, ""},
    {"copy", RowwiseOp::Other, "add"},
};

ArrayRef<StringRef> dagrt::getRowwiseNames() {
  static const std::vector<StringRef> names = [] {
    std::vector<StringRef> all;
    for (const RowwiseName &name : kRowwiseNames)
      all.push_back(name.name);
    return all;
  }();
  return names;
}

FailureOr<KernelQuery> dagrt::makeRowwiseQuery(StringRef op, StringRef type, double rows,
                                               double columns, bool events, std::string &error) {
  const auto *it = llvm::find_if(kRowwiseNames, [&](const RowwiseName &n) { return n.name == op; });
  if (it == std::end(kRowwiseNames)) {
    error = ("expects an 'op' that is one of " + llvm::join(getRowwiseNames(), ", ") + "; got '" +
             op + "'")
                .str();
    return failure();
  }
  if (failed(checkType(type, nullptr, error)))
    return failure();
  RowwiseCall call;
  call.op = it->op;
  call.elementBytes = getTypeBytes(type);
  call.rows = rows;
  call.columns = columns;
  call.events = events;
  call.isDouble = getTableName(type) == "fp64";
  if (call.op == RowwiseOp::Other)
    call.bytesRead = call.bytesWritten = rows * columns * call.elementBytes;
  KernelQuery query{call, {}};
  // What is timed around a call says less about the kernel than the kernel of an op that is like
  // it.
  for (StringRef timing : {events ? ".events" : ".kernel", events ? ".kernel" : ".events"})
    for (StringRef name : {it->name, it->alike})
      if (!name.empty())
        query.variants.push_back((name + timing).str());
  return query;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

double dagrt::getCausalPairs(double queries, double keys) {
  return queries * (keys - queries) + queries * (queries + 1) / 2;
}

/// Whose kernels `library` has, as tables write it, and whose are like them. `any` is what all
/// libraries of a device were fitted to together.
static SmallVector<StringRef> getAttentionVariants(StringRef library) {
  if (library.starts_with("trtllm") || library.starts_with("tensorrt"))
    return {"trtllm", "any"};
  if (library.starts_with("sglang"))
    return {"sglang", "vllm", "any"};
  if (library.starts_with("flashinfer"))
    return {"sglang", "any"};
  if (library.starts_with("vllm") || library.starts_with("fa") || library.starts_with("flash"))
    return {"vllm", "any"};
  return {"any"};
}

FailureOr<KernelQuery> dagrt::makeAttentionQuery(AttentionCall call, StringRef type,
                                                 StringRef library, const Device &device,
                                                 std::string &error) {
  if (failed(checkType(type, &device, error)))
    return failure();
  if (call.keyHeads > call.heads) {
    error = "expects at most as many key heads as query heads, got more";
    return failure();
  }
  call.elementBytes = getTypeBytes(type);
  call.matrixFlops = *getMatrixFlops(device, type);
  KernelQuery query{call, {}};
  for (StringRef variant : getAttentionVariants(library))
    query.variants.push_back(variant.str());
  return query;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

/// `network` is any network: what is known of the links inside a node serves, and NCCL's constants
/// for the rest. Nothing measured on one network, as `internode`, tells of another.
static SmallVector<StringRef, 4> getNearLinks(StringRef link) {
  if (link.contains("pcie"))
    return {link, "pcie", "nvlink-pair+pcie"};
  if (link == "network")
    return {link, "nvlink", "pcie", "nvlink-pair+pcie"};
  if (link == "nvlink")
    return {link};
  return {link, "nvlink"};
}

/// `custom-trtllm` and its like are libraries; `nccl/a100_dgx` is NCCL, called from a framework.
static SmallVector<std::string, 3> getNearLibraries(StringRef library) {
  std::string family = library.split('/').first.lower();
  SmallVector<std::string, 3> near;
  for (StringRef name : {StringRef(family), StringRef("nccl-tests"), StringRef("nccl")})
    if (!name.empty() && !llvm::is_contained(near, name))
      near.push_back(name.str());
  return near;
}

SmallVector<std::string, 4> dagrt::getCollectiveVariants(CommunicationKind kind, StringRef link,
                                                         StringRef library) {
  SmallVector<std::string, 4> variants;
  for (StringRef nearLink : getNearLinks(link))
    for (StringRef group : getCollectiveKind(kind).calibratedAs)
      for (const std::string &nearLibrary : getNearLibraries(library))
        variants.push_back((nearLink + "." + group + "." + nearLibrary).str());
  return variants;
}

/// More are not to be counted exactly, and are nowhere.
static constexpr double kMostRanks = 1 << 20;

StringRef dagrt::getUsualLink(const Device &device, double nodes) {
  if (nodes > 1)
    return "network";
  if (device.usualIntra)
    return device.usualIntra->kind == LinkKind::Pcie ? "pcie" : "nvlink";
  return device.peerBandwidth > device.facts.pcieRate ? "nvlink" : "pcie";
}

/// Sets what the links are like: those of the built-in cluster of such devices, or what the data
/// sheet and the kind of link say.
static void setLinks(CollectiveCall &call, StringRef link, const Device &device) {
  bool isPcie = link.contains("pcie") || device.peerBandwidth == 0 ||
                (link == "network" && getUsualLink(device, 1) == "pcie");
  call.link = isPcie ? LinkKind::Pcie : LinkKind::NvLink;
  call.linkRate = isPcie ? device.facts.pcieRate : device.peerBandwidth;
  bool hasSwitch = device.facts.nvls;
  if (const std::optional<Link> &usual = device.usualIntra; usual && usual->kind == call.link) {
    call.linkRate = usual->getSharedBandwidth(call.mostOnNode);
    hasSwitch = usual->nvls;
  }
  call.nvls = !isPcie && (link == "nvlink" || link == "network") && hasSwitch;
  call.networkRate = device.facts.networkRate;
  if (const std::optional<Link> &usual = device.usualInter)
    call.networkRate = usual->getSharedBandwidth(call.mostOnNode);
}

FailureOr<KernelQuery> dagrt::makeCollectiveQuery(StringRef op, double bytes, double ranks,
                                                  double nodes, StringRef link, StringRef library,
                                                  const Device &device, std::string &error) {
  std::optional<CommunicationKind> kind = findCollectiveKind(op);
  if (!kind) {
    error = ("expects an 'op' that is one of " + llvm::join(getCollectiveNames(), ", ") +
             "; got '" + op + "'")
                .str();
    return failure();
  }
  if (ranks > kMostRanks) {
    error = "expects at most 1048576 devices in a collective, got more";
    return failure();
  }
  if (link.empty()) {
    error = "expects a 'link' (nvlink, pcie, internode, ...), got none";
    return failure();
  }
  CollectiveCall call;
  call.kind = *kind;
  call.bytes = bytes;
  call.ranks = static_cast<int64_t>(ranks);
  call.nodes = static_cast<int64_t>(nodes);
  call.mostOnNode = (call.ranks + call.nodes - 1) / call.nodes;
  call.fewestOnNode = call.ranks / call.nodes;
  setLinks(call, link, device);
  call.hasOneShot = library.lower().find("custom") == 0;
  return KernelQuery{call, getCollectiveVariants(*kind, link, library)};
}
