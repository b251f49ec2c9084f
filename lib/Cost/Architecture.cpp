//===- Architecture.cpp - What generations of devices have in common -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Built-in descriptions are the files in the folder Architectures. A device's own description may
// have facts beside: of a new architecture all, or those in which it differs.
//
//===----------------------------------------------------------------------===//

#include "Architecture.h"

#include "dagrt/Support/NearestName.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>

using namespace mlir;
using namespace dagrt;

static constexpr BuiltinDescription kArchitectures[] = {
#include "BuiltinArchitectures.inc"
};

static constexpr StringLiteral kUnknown = "unknown";

template <typename Written>
static void setRate(const std::optional<Written> &written, double unit, double &value) {
  if (written)
    value = written->value * unit;
}

/// Three rates: of one node, of two, and of more.
static LogicalResult
setRates(const std::optional<std::vector<Quantity<Unit::GigabytesPerSecond>>> &written,
         StringRef key, Location loc, double (&values)[3]) {
  if (!written)
    return success();
  if (written->size() != 3)
    return emitError(loc) << "expects 'nccl." << key
                          << "' to have three rates, of one node, of two and of more, got "
                          << written->size();
  for (auto [value, rate] : llvm::zip_equal(values, *written))
    value = rate.value;
  return success();
}

static LogicalResult setNcclFacts(const NcclFile &file, Location loc, NcclFacts &facts) {
  setRate(file.ll128Channel, 1, facts.ll128Channel);
  setRate(file.ring, 1, facts.ring);
  setRate(file.nvlsEfficiency, 1, facts.nvlsEfficiency);
  if (file.switchChunks)
    facts.switchChunks = file.switchChunks->value;
  if (failed(setRates(file.lowLatency, "ll_gbs", loc, facts.lowLatency)))
    return failure();
  return setRates(file.treeChannel, "tree_channel_gbs", loc, facts.treeChannel);
}

static LogicalResult setSmVersions(ArrayRef<Count> versions, Location loc,
                                   ArchitectureFacts &facts) {
  if (versions.size() != 2 || versions[0].value > versions[1].value)
    return emitError(loc)
           << "expects 'sm_versions' to be the first and the last compute capability "
              "times 10, as in [80, 87]";
  facts.firstSm = versions[0].value;
  facts.lastSm = versions[1].value;
  return success();
}

/// Takes over what the file says.
static LogicalResult setFacts(const ArchitectureFile &file, Location loc,
                              ArchitectureFacts &facts) {
  if (file.smVersions && failed(setSmVersions(*file.smVersions, loc, facts)))
    return failure();
  if (!file.coefficientsOf.empty())
    facts.coefficientsOf = file.coefficientsOf;
  if (file.order)
    facts.order = file.order->value;
  facts.isCore = file.isCore.value_or(facts.isCore);
  facts.nvls = file.nvls.value_or(facts.nvls);
  if (file.threadsPerSm)
    facts.threadsPerSm = static_cast<double>(file.threadsPerSm->value);
  if (file.reservedGb)
    facts.reservedBytes = file.reservedGb->value * 1e9;
  setRate(file.pcieGbs, 1e9, facts.pcieRate);
  setRate(file.networkGbs, 1e9, facts.networkRate);
  return file.nccl ? setNcclFacts(*file.nccl, loc, facts.nccl) : success();
}

/// The facts of a built-in description, which is right.
static ArchitectureFacts readBuiltin(const BuiltinDescription &builtin, MLIRContext *context) {
  ArchitectureFile file;
  ArchitectureFacts facts;
  LogicalResult read = parseDescription({builtin.name, builtin.text}, context, file);
  if (succeeded(read))
    read = setFacts(file, FileLineColLoc::get(context, builtin.name, 1, 1), facts);
  assert(succeeded(read) && "expects built-in descriptions to be right");
  (void)read;
  return facts;
}

ArchitectureFacts dagrt::getBuiltinArchitecture(StringRef name, MLIRContext *context) {
  const BuiltinDescription *builtin = findBuiltin(kArchitectures, name);
  ArchitectureFacts facts =
      readBuiltin(*(builtin ? builtin : findBuiltin(kArchitectures, kUnknown)), context);
  facts.isKnown = builtin && name != kUnknown;
  return facts;
}

std::string dagrt::getCudaArchitecture(int64_t smVersion, MLIRContext *context) {
  for (const BuiltinDescription &builtin : kArchitectures) {
    ArchitectureFacts facts = readBuiltin(builtin, context);
    if (facts.firstSm <= smVersion && smVersion <= facts.lastSm)
      return builtin.name;
  }
  return "sm_" + std::to_string(smVersion);
}

FailureOr<ArchitectureFacts> dagrt::getArchitectureFacts(const DeviceFile &file, StringRef path,
                                                         Location loc) {
  ArchitectureFacts facts = getBuiltinArchitecture(file.architecture, loc.getContext());
  const std::optional<ArchitectureFile> &own = file.architectureFacts;
  if (!own)
    return facts;
  facts.isKnown = facts.isDescribed = true;
  Location at = getFileLocation(loc.getContext(), path, own->at);
  std::vector<std::string> devices = getBuiltinDevices();
  if (!own->coefficientsOf.empty() && !llvm::is_contained(devices, own->coefficientsOf)) {
    InFlightDiagnostic error = emitError(at)
                               << "expects 'coefficients_of' to be a built-in device, got '"
                               << own->coefficientsOf << "'";
    return error << suggestName(own->coefficientsOf, devices);
  }
  if (failed(setFacts(*own, at, facts)))
    return failure();
  return facts;
}

static std::string describeUnknown(StringRef device, StringRef architecture) {
  std::string what =
      architecture.empty()
          ? ("the description of " + device + " names no architecture").str()
          : ("the architecture '" + architecture + "' of " + device + " is not known").str();
  return what + ": constants of others stand in";
}

std::string dagrt::describeUnknownArchitecture(const Device &device) {
  return device.facts.isKnown ? "" : describeUnknown(device.name, device.architecture);
}

std::string dagrt::describeUnknownArchitecture(ClusterAttr cluster) {
  if (!cluster)
    return "";
  auto name = cluster.getDevice().getFacts().getAs<StringAttr>("unknown_architecture");
  return name ? describeUnknown(cluster.getDevice().getName(), name.getValue()) : "";
}
