//===- Cluster.cpp - Descriptions of devices and clusters -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds a description by name or file, checks that what must be there is there, and turns the
// units of its keys into FLOP/s, bytes and bytes/s.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Cluster.h"

#include "Architecture.h"
#include "CalibrationFile.h"
#include "DescriptionFile.h"

#include "dagrt/Cost/KernelQuery.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/NearestName.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <mutex>
#include <set>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Finding descriptions
//===----------------------------------------------------------------------===//

static constexpr BuiltinDescription kDevices[] = {
#include "BuiltinDevices.inc"
};

/// Coefficients fitted to all devices together: the last resort.
static constexpr BuiltinDescription kGeneric[] = {
#include "BuiltinGeneric.inc"
};

static constexpr BuiltinDescription kClusters[] = {
#include "BuiltinClusters.inc"
};

static std::vector<std::string> getNames(ArrayRef<BuiltinDescription> builtins) {
  std::vector<std::string> names;
  for (const BuiltinDescription &builtin : builtins)
    names.push_back(builtin.name);
  llvm::sort(names);
  return names;
}

std::vector<std::string> dagrt::getBuiltinDevices() { return getNames(kDevices); }
std::vector<std::string> dagrt::getBuiltinClusters() { return getNames(kClusters); }

/// The text of a description. A name without a built-in description that does not look like a
/// path either is most likely a typo.
static FailureOr<DescriptionText> findDescription(StringRef nameOrFile,
                                                  ArrayRef<BuiltinDescription> builtins,
                                                  StringRef what, Location loc) {
  if (const BuiltinDescription *builtin = findBuiltin(builtins, nameOrFile))
    return DescriptionText{(nameOrFile + ".yaml (built in)").str(), builtin->text};
  bool isPath = nameOrFile.contains('/') || nameOrFile.contains('.');
  if (!isPath && !llvm::sys::fs::exists(nameOrFile)) {
    std::vector<std::string> names = getNames(builtins);
    InFlightDiagnostic error = emitError(loc)
                               << "expects a " << what << " description: a file, or one of "
                               << llvm::join(names, ", ") << "; got '" << nameOrFile << "'";
    return error << suggestName(nameOrFile, names);
  }
  if (llvm::sys::fs::is_directory(nameOrFile))
    return emitError(loc) << "expects a file with a " << what << " description, got the directory '"
                          << nameOrFile << "'";
  auto buffer = readInputFile(nameOrFile, kLargestDescription);
  if (!buffer)
    return emitError(loc) << "expects a readable file with a " << what << " description, got '"
                          << nameOrFile << "': " << llvm::toString(buffer.takeError());
  return DescriptionText{nameOrFile.str(), (*buffer)->getBuffer().str()};
}

/// What `read` makes of the built-in description `name`, read once in a process: it does not
/// change, and takes as long to read as a model does.
template <typename T>
static FailureOr<T> readOnce(StringRef name, llvm::function_ref<FailureOr<T>()> read) {
  static std::mutex mutex;
  static llvm::StringMap<T> known;
  std::lock_guard<std::mutex> lock(mutex);
  if (auto it = known.find(name); it != known.end())
    return it->second;
  FailureOr<T> result = read();
  if (succeeded(result))
    known.try_emplace(name, *result);
  return result;
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

std::optional<double> Device::getMatrixFlops(Type elementType) const {
  return dagrt::getMatrixFlops(*this, getTypeName(elementType));
}

std::optional<double> Device::getVectorFlops(Type elementType) const {
  return elementType.isF64() ? fp64 : fp32;
}

static std::optional<double> scale(const std::optional<Positive> &value, double unit) {
  return value ? std::optional<double>(value->value * unit) : std::nullopt;
}

/// The value of a key that must be there, or an error that names it.
static FailureOr<double> require(const std::optional<Positive> &value, double unit, StringRef key,
                                 Location loc) {
  if (value)
    return value->value * unit;
  return emitError(loc) << "expects the key '" << key << "', got none";
}

/// `dgx.yaml` describes `dgx` unless it says otherwise.
static std::string getName(StringRef name, StringRef path) {
  return (name.empty() ? llvm::sys::path::stem(path) : name).str();
}

/// What a driver's context, communication libraries and captured graphs take of a device's memory
/// where its description is silent: 0.4 GB of NCCL's buffers and 3.5 GB of all else, as
/// ai-dynamo/aiconfigurator reserves them.
static constexpr double kReservedGb = 3.9;

/// Takes over what a description says of a device, whether or not all is there that must be.
static void setFacts(const DeviceFile &file, Device &device) {
  device.architecture = file.architecture;
  device.source = file.source;
  device.hypothetical = file.hypothetical;
  device.fp64 = scale(file.fp64, 1e12);
  device.fp32 = scale(file.fp32, 1e12);
  device.fp16 = scale(file.fp16, 1e12);
  device.bf16 = scale(file.bf16, 1e12);
  device.fp8 = scale(file.fp8, 1e12);
  device.int8 = scale(file.int8, 1e12);
  device.int4 = scale(file.int4, 1e12);
  device.memoryBytes = scale(file.memoryGb, 1e9).value_or(0);
  device.reservedBytes = file.reservedGb ? file.reservedGb->value * 1e9
                                         : device.facts.reservedBytes.value_or(kReservedGb * 1e9);
  device.memoryBandwidth = scale(file.memoryBandwidthGbs, 1e9).value_or(0);
  device.l2Bytes = scale(file.l2Mb, 1e6).value_or(0);
  device.smCount = file.smCount ? file.smCount->value : 0;
  device.clockHz = scale(file.boostMhz, 1e6).value_or(0);
  device.peerBandwidth = scale(file.peerBandwidthGbs, 1e9).value_or(0);
}

/// Reads the calibrations of the device that `device` is like, of the one that this one is like,
/// and so on.
static LogicalResult borrowCalibrations(std::string name, Device &device, Location loc) {
  if (name.empty())
    name = device.facts.coefficientsOf;
  std::set<std::string> seen = {device.name};
  while (!name.empty()) {
    bool isLast = !seen.insert(name).second;
    FailureOr<DescriptionText> text =
        isLast ? DescriptionText{"generic.yaml (built in)", kGeneric[0].text}
               : findDescription(name, kDevices, "device", loc);
    DeviceFile file;
    if (failed(text) || failed(parseDescription(*text, loc.getContext(), file)))
      return failure();
    FailureOr<std::vector<KernelCalibration>> more = checkCalibrations(
        file.calibration, FileLineColLoc::get(loc.getContext(), text->path, 1, 1));
    if (failed(more))
      return failure();
    Device donor;
    setFacts(file, donor);
    for (KernelCalibration &calibration : *more) {
      calibration.isTwins = areTwins(device, donor);
      calibration.donor = isLast ? "all devices together" : name;
    }
    llvm::append_range(device.borrowed, *more);
    if (!isLast)
      device.donors.push_back(name);
    name = isLast ? "" : !file.calibratedLike.empty() ? file.calibratedLike : device.name;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Links
//===----------------------------------------------------------------------===//

StringRef dagrt::getLinkKindName(LinkKind kind) {
  switch (kind) {
  case LinkKind::NvLink:
    return "nvlink";
  case LinkKind::Pcie:
    return "pcie";
  case LinkKind::Network:
    return "network";
  }
  llvm_unreachable("all kinds have names");
}

/// Fitted to all_reduce of 64 MB and more on 4 and 8 GPUs (docs/cost.md).
static constexpr double kNvlsEfficiency = 0.65;

LinkTerms dagrt::getDefaultTerms(LinkKind kind) {
  switch (kind) {
  case LinkKind::NvLink:
    return {0.8, 7, 1, kNvlsEfficiency};
  case LinkKind::Pcie:
    return {0.4, 12, 1, kNvlsEfficiency};
  case LinkKind::Network:
    return {0.95, 17, 1, kNvlsEfficiency};
  }
  llvm_unreachable("all kinds have defaults");
}

/// The built-in clusters of `device`, in order.
static std::vector<ClusterFile> findBuiltinClusters(StringRef device, MLIRContext *context) {
  std::vector<ClusterFile> found;
  for (const BuiltinDescription &builtin : kClusters) {
    ClusterFile file;
    // Most are of another device: reading one takes longer than looking for its name.
    if (StringRef(builtin.text).contains("device: " + device.str()) &&
        succeeded(parseDescription({builtin.name, builtin.text}, context, file)) &&
        file.device == device)
      found.push_back(std::move(file));
  }
  return found;
}

/// The link of this kind of the first built-in cluster of `device`, or nothing.
static std::optional<LinkFile> findBuiltinLink(StringRef device, StringRef kind,
                                               MLIRContext *context) {
  for (const ClusterFile &file : findBuiltinClusters(device, context))
    for (const std::optional<LinkFile> &link : {file.intra, file.inter})
      if (link && link->kind == kind)
        return link;
  return std::nullopt;
}

/// What a user's link changes of the one that coefficients were fitted to.
static LinkCorrection getCorrection(const LinkFile &file, const Device &device,
                                    const LinkTerms &defaults, MLIRContext *context) {
  LinkCorrection correction;
  if (!file.efficiency && !file.latencyUs && !file.latencyScale && !file.nvlsEfficiency)
    return correction;
  std::optional<LinkFile> like = findBuiltinLink(device.name, file.kind, context);
  if (!like && !device.donors.empty())
    like = findBuiltinLink(device.donors.front(), file.kind, context);
  LinkFile fitted = like.value_or(LinkFile());
  auto getRatio = [](const std::optional<Positive> &value, const std::optional<Positive> &fitted,
                     double fallback) {
    return value ? value->value / (fitted ? fitted->value : fallback) : 1;
  };
  correction.rate = getRatio(file.efficiency, fitted.efficiency, defaults.efficiency);
  correction.nvlsRate = getRatio(file.nvlsEfficiency, fitted.nvlsEfficiency, kNvlsEfficiency);
  correction.latency = getRatio(file.latencyScale, fitted.latencyScale, 1);
  if (!file.latencyUs)
    return correction;
  // A latency is the start and the way: a longer one adds the difference, a shorter one is a part.
  double fittedUs = fitted.latencyUs ? fitted.latencyUs->value : defaults.latencyUs;
  correction.message = std::min(file.latencyUs->value / fittedUs, 1.0);
  correction.messageUs = std::max(file.latencyUs->value - fittedUs, 0.0);
  return correction;
}

/// `loc` is in the file.
static FailureOr<Link> checkLink(const LinkFile &file, StringRef key, FileLineColLoc loc) {
  Link link;
  loc = FileLineColLoc::get(loc.getFilename(), file.at.line, file.at.column);
  if (file.kind == "nvlink")
    link.kind = LinkKind::NvLink;
  else if (file.kind == "pcie")
    link.kind = LinkKind::Pcie;
  else if (file.kind == "network")
    link.kind = LinkKind::Network;
  else
    return emitError(loc) << "expects the 'kind' of '" << key
                          << "' to be nvlink, pcie or network, got '" << file.kind << "'";
  FailureOr<double> bandwidth =
      require(file.bandwidthGbs, 1e9, (key + ".bandwidth_gbs").str(), loc);
  if (failed(bandwidth))
    return failure();
  for (auto [name, value] : {std::pair("efficiency", file.efficiency),
                             std::pair("nvls_efficiency", file.nvlsEfficiency)})
    if (value && value->value > 1)
      return emitError(loc) << "expects '" << key << '.' << name
                            << "' to be a part of the bandwidth, at most 1, got " << value->value;
  if (file.nvls && link.kind != LinkKind::NvLink)
    return emitError(loc) << "expects 'nvls' of links of kind nvlink alone, got it on '" << key
                          << "' of kind " << file.kind;
  if (file.nvlsEfficiency && !file.nvls)
    return emitError(loc) << "expects '" << key
                          << ".nvls_efficiency' of a link whose switch can reduce, with 'nvls: "
                             "true', got it without";
  LinkTerms defaults = getDefaultTerms(link.kind);
  link.bandwidth = *bandwidth;
  link.efficiency = scale(file.efficiency, 1).value_or(defaults.efficiency);
  link.latencyUs = file.latencyUs ? file.latencyUs->value : defaults.latencyUs;
  link.latencyScale = scale(file.latencyScale, 1).value_or(defaults.latencyScale);
  link.nvls = file.nvls;
  link.measuredAs = file.measuredAs.empty() ? (file.kind + "/nccl-tests") : file.measuredAs;
  link.nvlsEfficiency = scale(file.nvlsEfficiency, 1).value_or(defaults.nvlsEfficiency);
  link.nodeBandwidth = scale(file.nodeBandwidthGbs, 1e9);
  return link;
}

/// Notes the links that such a device usually has.
static LogicalResult setUsualLinks(Device &device, FileLineColLoc loc) {
  std::vector<ClusterFile> clusters = findBuiltinClusters(device.name, loc.getContext());
  if (clusters.empty())
    return success();
  const ClusterFile &usual = clusters.front();
  for (auto [key, file, link] : {std::tuple("intra", &usual.intra, &device.usualIntra),
                                 std::tuple("inter", &usual.inter, &device.usualInter)}) {
    if (!*file)
      continue;
    FailureOr<Link> checked = checkLink(**file, key, loc);
    if (failed(checked))
      return failure();
    *link = std::move(*checked);
  }
  return success();
}

static FailureOr<Device> readDevice(StringRef nameOrFile, Location loc) {
  FailureOr<DescriptionText> text = findDescription(nameOrFile, kDevices, "device", loc);
  DeviceFile file;
  if (failed(text) || failed(parseDescription(*text, loc.getContext(), file)))
    return failure();
  FileLineColLoc start = FileLineColLoc::get(loc.getContext(), text->path, 1, 1);
  // Norms, activations and softmax run at the fp32 rate, whatever the model's type is.
  if (failed(require(file.memoryGb, 1e9, "memory_gb", start)) ||
      failed(require(file.memoryBandwidthGbs, 1e9, "memory_bandwidth_gbs", start)) ||
      failed(require(file.fp32, 1e12, "fp32_tflops", start)))
    return failure();
  if (file.reservedGb && file.reservedGb->value >= file.memoryGb->value)
    return emitError(start) << "expects 'reserved_gb' to be less than the " << file.memoryGb->value
                            << " GB of 'memory_gb', got " << file.reservedGb->value;
  Device device;
  device.name = getName(file.name, text->path);
  FailureOr<ArchitectureFacts> facts = getArchitectureFacts(file, text->path, start);
  if (failed(facts))
    return failure();
  device.facts = std::move(*facts);
  setFacts(file, device);
  device.measurements = file.measurements;
  FailureOr<std::vector<KernelCalibration>> own = checkCalibrations(file.calibration, start);
  if (failed(own) || failed(borrowCalibrations(file.calibratedLike, device, loc)))
    return failure();
  device.calibrations = std::move(*own);
  if (failed(setUsualLinks(device, start)))
    return failure();
  return device;
}

FailureOr<Device> dagrt::loadDevice(StringRef nameOrFile, Location loc) {
  auto read = [&]() { return readDevice(nameOrFile, loc); };
  return findBuiltin(kDevices, nameOrFile) ? readOnce<Device>(nameOrFile, read) : read();
}

//===----------------------------------------------------------------------===//
// Clusters
//===----------------------------------------------------------------------===//

/// The device of a cluster: built in, or a file beside the cluster's.
static FailureOr<Device> loadDeviceOf(StringRef name, StringRef clusterPath, Location loc) {
  if (llvm::is_contained(getBuiltinDevices(), name) || llvm::sys::path::is_absolute(name))
    return loadDevice(name, loc);
  SmallString<128> path(llvm::sys::path::parent_path(clusterPath));
  llvm::sys::path::append(path, name);
  bool isPath = name.contains('/') || name.contains('.') || llvm::sys::fs::exists(path);
  return loadDevice(isPath ? StringRef(path) : name, loc);
}

/// Checks the links: there must be one wherever two devices can be apart.
static LogicalResult checkLinks(const ClusterFile &file, Cluster &cluster, FileLineColLoc loc) {
  for (auto [key, link, checked] : {std::tuple("intra", &file.intra, &cluster.intra),
                                    std::tuple("inter", &file.inter, &cluster.inter)}) {
    if (!*link)
      continue;
    FailureOr<Link> result = checkLink(**link, key, loc);
    if (failed(result))
      return failure();
    result->correction =
        getCorrection(**link, cluster.device, getDefaultTerms(result->kind), loc.getContext());
    *checked = std::move(*result);
  }
  if (cluster.devicesPerNode > 1 && !cluster.intra)
    return emitError(loc) << "expects the key 'intra' for the link between the "
                          << cluster.devicesPerNode << " devices of a node, got none";
  if (cluster.nodes > 1 && !cluster.inter)
    return emitError(loc) << "expects the key 'inter' for the link between the " << cluster.nodes
                          << " nodes, got none";
  return success();
}

static FailureOr<Cluster> readCluster(StringRef nameOrFile, Location loc) {
  FailureOr<DescriptionText> text = findDescription(nameOrFile, kClusters, "cluster", loc);
  ClusterFile file;
  if (failed(text) || failed(parseDescription(*text, loc.getContext(), file)))
    return failure();
  FileLineColLoc start = FileLineColLoc::get(loc.getContext(), text->path, 1, 1);
  Cluster cluster;
  cluster.name = getName(file.name, text->path);
  cluster.source = file.source;
  cluster.hypothetical = file.hypothetical;
  if (file.device.empty())
    return emitError(start) << "expects the key 'device', got none";
  if (!file.devicesPerNode)
    return emitError(start) << "expects the key 'devices_per_node', got none";
  cluster.devicesPerNode = file.devicesPerNode->value;
  cluster.nodes = file.nodes ? file.nodes->value : 1;
  FailureOr<Device> device = loadDeviceOf(file.device, text->path, start);
  if (failed(device))
    return failure();
  cluster.device = std::move(*device);
  if (failed(checkLinks(file, cluster, start)))
    return failure();
  for (const auto &[key, time] : file.fixedTimes.times)
    cluster.fixedTimes.push_back({key, std::llround(time.value * 1e6)});
  // The reader gives the keys in an order of its own.
  llvm::sort(cluster.fixedTimes,
             [](const FixedTime &a, const FixedTime &b) { return a.key < b.key; });
  return cluster;
}

FailureOr<Cluster> dagrt::loadCluster(StringRef nameOrFile, Location loc) {
  auto read = [&]() { return readCluster(nameOrFile, loc); };
  return findBuiltin(kClusters, nameOrFile) ? readOnce<Cluster>(nameOrFile, read) : read();
}

//===----------------------------------------------------------------------===//
// In IR
//===----------------------------------------------------------------------===//

static DictionaryAttr getLinkAttr(Builder &builder, const Link &link) {
  NamedAttrList facts;
  facts.set("kind", builder.getStringAttr(getLinkKindName(link.kind)));
  facts.set("bandwidth_gbs", builder.getF64FloatAttr(link.bandwidth / 1e9));
  facts.set("efficiency", builder.getF64FloatAttr(link.efficiency));
  if (link.nvls)
    facts.set("nvls", builder.getUnitAttr());
  return facts.getDictionary(builder.getContext());
}

ClusterAttr dagrt::getClusterAttr(MLIRContext *context, const Cluster &cluster) {
  Builder builder(context);
  const Device &device = cluster.device;
  NamedAttrList facts, links;
  auto add = [&](StringRef key, std::optional<double> value, double unit) {
    if (value)
      facts.set(key, builder.getF64FloatAttr(*value / unit));
  };
  add("fp64_tflops", device.fp64, 1e12);
  add("fp32_tflops", device.fp32, 1e12);
  add("fp16_tflops", device.fp16, 1e12);
  add("bf16_tflops", device.bf16, 1e12);
  add("fp8_tflops", device.fp8, 1e12);
  add("int8_tops", device.int8, 1e12);
  add("int4_tops", device.int4, 1e12);
  add("memory_gb", device.memoryBytes, 1e9);
  add("reserved_gb", device.reservedBytes, 1e9);
  add("memory_bandwidth_gbs", device.memoryBandwidth, 1e9);
  if (isOfOneSource(device))
    facts.set("one_source", builder.getUnitAttr());
  if (!device.facts.isKnown)
    facts.set("unknown_architecture", builder.getStringAttr(device.architecture));
  if (cluster.intra)
    links.set("intra", getLinkAttr(builder, *cluster.intra));
  if (cluster.inter)
    links.set("inter", getLinkAttr(builder, *cluster.inter));
  auto deviceAttr = DeviceAttr::get(context, device.name, facts.getDictionary(context));
  return ClusterAttr::get(context, cluster.name, cluster.nodes, cluster.devicesPerNode, deviceAttr,
                          links.getDictionary(context));
}
