//===- Measurements.cpp - Tables of measured times -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A small reader of CSV (RFC 4180 without line breaks in fields) and, for each kind of table, a
// function that turns a row into a query. Columns are found by their names, so their order does not
// matter and those that are not known are passed over.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Measurements.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Kinds and columns
//===----------------------------------------------------------------------===//

namespace {
/// A kind of table, and the columns without which it says nothing.
struct TableFormat {
  StringRef name;
  std::vector<StringRef> required;
};
} // namespace

static const TableFormat &getFormat(TableKind kind) {
  static const TableFormat formats[] = {{"gemm", {"gpu", "dtype", "m", "k", "n"}},
                                        {"attention",
                                         {"phase", "gpu", "dtype", "batch", "q_len", "kv_len",
                                          "num_heads", "num_kv_heads", "head_dim"}},
                                        {"elementwise", {"op", "gpu", "dtype", "rows", "cols"}},
                                        {"collective", {"op", "gpu", "link", "num_gpus", "bytes"}}};
  return formats[static_cast<size_t>(kind)];
}

static constexpr TableKind kKinds[] = {TableKind::Gemm, TableKind::Attention,
                                       TableKind::Elementwise, TableKind::Collective};

std::optional<TableKind> dagrt::parseTableKind(StringRef name) {
  for (TableKind kind : kKinds)
    if (getFormat(kind).name == name)
      return kind;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// CSV
//===----------------------------------------------------------------------===//

/// Splits a line at its commas. Fields in quotes may hold commas; `storage` keeps those with
/// doubled quotes. False if a quote is not closed.
static bool splitLine(StringRef line, SmallVectorImpl<StringRef> &fields,
                      std::vector<std::string> &storage) {
  fields.clear();
  storage.clear();
  storage.reserve(line.count(',') + 1); // Views of these must stay valid.
  line = line.rtrim("\r\n");
  while (true) {
    if (!line.consume_front("\"")) {
      auto [field, rest] = line.split(',');
      fields.push_back(field.trim());
      if (field.size() == line.size())
        return true;
      line = rest;
      continue;
    }
    std::string text;
    size_t end = 0;
    for (;; ++end) {
      if (end >= line.size())
        return false;
      if (line[end] != '"')
        text += line[end];
      else if (end + 1 < line.size() && line[end + 1] == '"')
        text += line[++end];
      else
        break;
    }
    storage.push_back(std::move(text));
    fields.push_back(storage.back());
    line = line.drop_front(end + 1);
    if (line.empty())
      return true;
    if (!line.consume_front(","))
      return false;
  }
}

/// Removes the first line of `text` and returns it.
static StringRef takeLine(StringRef &text) {
  size_t end = text.find('\n');
  StringRef line = text.take_front(end);
  text = end == StringRef::npos ? StringRef() : text.drop_front(end + 1);
  return line;
}

/// The beginning of a line, for an error.
static std::string quoteLine(StringRef line) {
  constexpr size_t most = 100;
  line = line.rtrim("\r\n");
  return line.size() <= most ? line.str() : (line.take_front(most) + "...").str();
}

namespace {
/// One row by the names of its columns.
class Row {
public:
  Row(const llvm::StringMap<unsigned> &columns, StringRef path, MLIRContext *context)
      : columns(columns), path(path), context(context) {}

  SmallVector<StringRef, 16> fields;
  std::vector<std::string> storage;
  int64_t line = 0;

  Location getLoc() const { return FileLineColLoc::get(context, path, line, 1); }

  /// The field of a column, empty if there is none.
  StringRef get(StringRef column) const {
    auto it = columns.find(column);
    return it == columns.end() || it->second >= fields.size() ? StringRef() : fields[it->second];
  }

  /// A whole number from 1 (or 0) on.
  FailureOr<double> getCount(StringRef column, bool allowZero = false) const {
    uint64_t value = 0;
    StringRef text = get(column);
    if (llvm::to_integer(text, value, 10) && (value > 0 || allowZero) && value <= INT64_MAX)
      return static_cast<double>(value);
    return emitError(getLoc()) << "expects '" << column << "' to be a whole number from "
                               << (allowZero ? "0" : "1") << " to 2^63 - 1, got '" << text << "'";
  }

private:
  const llvm::StringMap<unsigned> &columns;
  StringRef path;
  MLIRContext *context;
};
} // namespace

//===----------------------------------------------------------------------===//
// Rows to queries
//===----------------------------------------------------------------------===//

/// Puts `counts` into `values`, in order.
static LogicalResult readCounts(const Row &row, ArrayRef<StringRef> names,
                                MutableArrayRef<double> values) {
  for (auto [name, value] : llvm::zip_equal(names, values)) {
    FailureOr<double> count = row.getCount(name);
    if (failed(count))
      return failure();
    value = *count;
  }
  return success();
}

/// Times around a call of a framework, by events or by the host's clock, or of the kernel alone.
static bool hasEvents(const Row &row) {
  StringRef timing = row.get("timing");
  return timing.starts_with_insensitive("CUDA events") || timing.starts_with_insensitive("host");
}

static FailureOr<KernelQuery> readGemm(const Row &row, const Device &device, std::string &error) {
  double sizes[3], batch = 1;
  if (failed(readCounts(row, {"m", "k", "n"}, sizes)) ||
      (!row.get("batch").empty() && failed(readCounts(row, {"batch"}, batch))))
    return failure();
  return makeGemmQuery(row.get("dtype"), batch, sizes[0], sizes[1], sizes[2], hasEvents(row),
                       device, error);
}

static FailureOr<KernelQuery> readAttention(const Row &row, const Device &device,
                                            std::string &error) {
  double sizes[6];
  if (failed(readCounts(row, {"batch", "q_len", "kv_len", "num_heads", "num_kv_heads", "head_dim"},
                        sizes)))
    return failure();
  StringRef phase = row.get("phase");
  if (phase != "prefill" && phase != "decode") {
    error = ("expects 'phase' to be prefill or decode, got '" + phase + "'").str();
    return failure();
  }
  if (sizes[1] > sizes[2]) {
    error = "expects 'kv_len' to count the new tokens too, got a smaller number than 'q_len'";
    return failure();
  }
  AttentionCall call;
  call.isDecode = phase == "decode";
  call.batch = sizes[0];
  call.queries = sizes[1];
  call.keys = sizes[2];
  call.heads = sizes[3];
  call.keyHeads = sizes[4];
  call.headDim = sizes[5];
  call.pairs = getCausalPairs(sizes[1], sizes[2]);
  return makeAttentionQuery(call, row.get("dtype"), row.get("impl"), device, error);
}

static FailureOr<KernelQuery> readElementwise(const Row &row, std::string &error) {
  double sizes[2];
  if (failed(readCounts(row, {"rows", "cols"}, sizes)))
    return failure();
  return makeRowwiseQuery(row.get("op"), row.get("dtype"), sizes[0], sizes[1], hasEvents(row),
                          error);
}

static FailureOr<KernelQuery> readCollective(const Row &row, const Device &device,
                                             std::string &error) {
  double ranks = 1, nodes = 1;
  FailureOr<double> bytes = row.getCount("bytes", /*allowZero=*/true);
  if (failed(bytes) || failed(readCounts(row, {"num_gpus"}, ranks)) ||
      (!row.get("nodes").empty() && failed(readCounts(row, {"nodes"}, nodes))))
    return failure();
  if (nodes > ranks) {
    error = "expects at least one GPU on each node, got more 'nodes' than 'num_gpus'";
    return failure();
  }
  return makeCollectiveQuery(row.get("op"), *bytes, ranks, nodes, row.get("link"), row.get("impl"),
                             device, error);
}

static FailureOr<KernelQuery> readQuery(const Row &row, TableKind kind, const Device &device,
                                        std::string &error) {
  switch (kind) {
  case TableKind::Gemm:
    return readGemm(row, device, error);
  case TableKind::Attention:
    return readAttention(row, device, error);
  case TableKind::Elementwise:
    return readElementwise(row, error);
  case TableKind::Collective:
    return readCollective(row, device, error);
  }
  llvm_unreachable("all kinds are read");
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

void DeviceCache::add(Device replacement) {
  std::string name = replacement.name;
  devices[name] = std::make_unique<Device>(std::move(replacement));
}

FailureOr<const Device *> DeviceCache::get(StringRef name, Location loc) {
  // A pair is how it is linked, not what it is.
  if (name == "h100-nvl-pair")
    name = "h100-nvl";
  std::unique_ptr<Device> &device = devices[name];
  if (device)
    return device.get();
  FailureOr<Device> loaded = loadDevice(name, loc);
  if (failed(loaded)) {
    devices.erase(name);
    return failure();
  }
  device = std::make_unique<Device>(std::move(*loaded));
  return device.get();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// The columns of the header line by name.
static FailureOr<llvm::StringMap<unsigned>> readHeader(StringRef line, StringRef path,
                                                       MLIRContext *context) {
  SmallVector<StringRef, 16> fields;
  std::vector<std::string> storage;
  Location loc = FileLineColLoc::get(context, path, 1, 1);
  line.consume_front("\xef\xbb\xbf"); // A byte order mark, which spreadsheets write.
  if (!splitLine(line, fields, storage) || fields.front().empty())
    return emitError(loc) << "expects a line with the names of the columns, got '"
                          << quoteLine(line) << "'";
  llvm::StringMap<unsigned> columns;
  for (auto [index, name] : llvm::enumerate(fields))
    if (!columns.try_emplace(name, index).second)
      return emitError(loc) << "expects columns with different names, got '" << name << "' twice";
  return columns;
}

static SmallVector<StringRef> getMissing(TableKind kind, const llvm::StringMap<unsigned> &columns) {
  SmallVector<StringRef> missing;
  for (StringRef name : getFormat(kind).required)
    if (!columns.contains(name))
      missing.push_back(name);
  return missing;
}

FailureOr<TableKind> dagrt::guessTableKind(StringRef text, StringRef path, MLIRContext *context) {
  FailureOr<llvm::StringMap<unsigned>> columns = readHeader(takeLine(text), path, context);
  if (failed(columns))
    return failure();
  for (TableKind kind : kKinds)
    if (getMissing(kind, *columns).empty())
      return kind;
  InFlightDiagnostic error = emitError(FileLineColLoc::get(context, path, 1, 1))
                             << "expects the columns of a table of measurements: ";
  for (TableKind kind : kKinds)
    error << (kind == kKinds[0] ? "" : "; ") << "for " << getFormat(kind).name << " "
          << llvm::join(getFormat(kind).required, ",");
  return error;
}

/// Reads the time of a row into it. Tables without the column are asked about, not learned from.
static LogicalResult readTime(const Row &row, Measurement &measurement) {
  StringRef text = row.get("time_us");
  measurement.microseconds = 0;
  if (text.empty())
    return success();
  if (!llvm::to_float(text, measurement.microseconds) ||
      !(measurement.microseconds > 0 && measurement.microseconds < 1e13))
    return emitError(row.getLoc())
           << "expects 'time_us' to be a time above 0 and below 1e13, got '" << text << "'";
  return success();
}

/// Reads one row; errors are emitted.
static LogicalResult readRow(const Row &row, TableKind kind, DeviceCache &devices,
                             Measurement &measurement) {
  FailureOr<const Device *> device = devices.get(row.get("gpu"), row.getLoc());
  if (failed(device) || failed(readTime(row, measurement)))
    return failure();
  std::string error;
  FailureOr<KernelQuery> query = readQuery(row, kind, **device, error);
  if (failed(query))
    return error.empty() ? failure() : LogicalResult(emitError(row.getLoc()) << error);
  measurement.device = *device;
  measurement.query = std::move(*query);
  measurement.id = row.get("id").str();
  measurement.source = row.get("source").str();
  measurement.line = row.line;
  return success();
}

LogicalResult dagrt::readMeasurements(StringRef text, StringRef path, TableKind kind,
                                      DeviceCache &devices, MLIRContext *context,
                                      llvm::function_ref<LogicalResult(Measurement &)> visit) {
  FailureOr<llvm::StringMap<unsigned>> columns = readHeader(takeLine(text), path, context);
  if (failed(columns))
    return failure();
  if (SmallVector<StringRef> missing = getMissing(kind, *columns); !missing.empty())
    return emitError(FileLineColLoc::get(context, path, 1, 1))
           << "expects the columns " << llvm::join(getFormat(kind).required, ",") << " of a "
           << getFormat(kind).name << " table, got none named " << llvm::join(missing, ",");
  Row row(*columns, path, context);
  Measurement measurement;
  int64_t errors = 0;
  for (row.line = 2; !text.empty(); ++row.line) {
    StringRef line = takeLine(text);
    if (line.trim().empty())
      continue;
    bool isRead = true;
    if (!splitLine(line, row.fields, row.storage) || row.fields.size() != columns->size()) {
      emitError(row.getLoc()) << "expects a row of " << columns->size() << " fields, got '"
                              << quoteLine(line) << "'";
      isRead = false;
    } else {
      isRead = succeeded(readRow(row, kind, devices, measurement));
    }
    if (!isRead && ++errors == 10)
      break;
    if (isRead && errors == 0 && failed(visit(measurement)))
      return failure();
  }
  return success(errors == 0);
}
