//===- MeasuredDevice.h - The interface of measured devices -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device runs kernels and says how long they took; what is measured, and what is written of it,
// is the same for all devices (MeasureMachine.h). There are two: one core of the machine, and one
// of its GPUs. Names of types and ops are those of the tables that models are fitted to.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASUREDDEVICE_H
#define DAGRT_CALIBRATE_MEASUREDDEVICE_H

#include "Repeat.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dagrt {

/// What is measured: matmuls of all `tokens` with all pairs of `sides`, and the two of
/// attention for all heads, lengths and sizes of heads; ops on all `rows` with all `columns`;
/// collectives of all `groups` of devices with all `bytes`.
struct Sizes {
  std::vector<int64_t> tokens, sides;
  std::vector<int64_t> heads, lengths, headSizes;
  std::vector<int64_t> rows, columns;
  std::vector<int64_t> groups, bytes;
  std::vector<int64_t> peaks; ///< Sides of the matmuls whose best rate is the peak.
};

/// C[m, n] = A[m, k] B[k, n], `batch` times.
struct ProductShape {
  int64_t m, k, n, batch = 1;
};

/// What a description of a device says.
struct DeviceFacts {
  std::string title;        ///< As the system calls it.
  std::string architecture; ///< `cpu`, `hopper`, ...
  int64_t smCount = 1;
  double clockHz = 0;         ///< 0 if it says nothing about the rates.
  double memoryBytes = 0;     ///< Of one device.
  double cacheBytes = 0;      ///< Of the last level.
  double memoryBandwidth = 0; ///< Bytes/s.
};

/// An op of a group of devices, and what a device sends and gets. A part is what one device gives
/// or, if it sends all, gives to each other.
struct CollectiveOp {
  const char *name;
  bool isShared; ///< Tables count the bytes of all devices together, not of one.
  bool sendsAll; ///< Sends a part for each device.
  bool getsAll;  ///< Receives a part from each device.
};

/// A `send_recv` is one message from the first device to the second.
inline constexpr CollectiveOp kCollectiveOps[] = {
    {"all_gather", true, false, true},  {"all_reduce", false, false, false},
    {"all_to_all", true, true, true},   {"reduce_scatter", true, true, false},
    {"send_recv", false, false, false},
};

/// An op on rows, and the arrays that it has beside one operand and one result.
struct RowOp {
  const char *name;
  bool hasPair = false;   ///< A row of the operand is twice as long: a gate, and what it gates.
  bool hasSecond = false; ///< There is another operand, not only one row of weights.
  bool hasSum = false;    ///< There is another result.
};

inline constexpr RowOp kRowOps[] = {
    {"add", false, true},
    {"add_rmsnorm", false, true, true},
    {"copy"},
    {"gelu"},
    {"layernorm"},
    {"mul", false, true},
    {"relu"},
    {"rmsnorm"},
    {"rope"},
    {"silu"},
    {"silu_mul", true},
    {"softmax"},
    {"tanh"},
};

class MeasuredDevice {
public:
  virtual ~MeasuredDevice() = default;

  virtual DeviceFacts getFacts() = 0;
  virtual Sizes getSizes(bool isQuick) const = 0;

  /// The types that matmuls or ops on rows may have.
  virtual llvm::ArrayRef<const char *> getTypes() const = 0;

  /// The column `timing`.
  virtual std::string getTiming() const = 0;

  /// Each gives nothing if the device cannot do this, or has not the memory for it.
  virtual std::optional<Timing> timeProduct(const ProductShape &shape, llvm::StringRef type) = 0;
  virtual std::optional<Timing> timeRows(const RowOp &op, int64_t rows, int64_t columns,
                                         llvm::StringRef type) = 0;

  /// A collective of the first `ranks` devices with parts of `part` numbers of fp32.
  virtual std::optional<Timing> timeCollective(const CollectiveOp &op, int64_t ranks,
                                               int64_t part) = 0;

  /// The columns `link` and `impl` of collectives.
  virtual std::string getLink() const = 0;
  virtual std::string getLibrary() const = 0;

  /// How many devices there are, of which this is one.
  virtual int64_t getNumDevices() const = 0;

  /// False in a process that only takes part in collectives: another one writes.
  virtual bool isFirst() const { return true; }

  /// What went wrong, after which nothing is timed any more; empty if nothing did.
  virtual std::string getError() const { return ""; }
};

/// One core; in a job that mpirun started, all ranks measure theirs at once. Nothing, and an
/// `error` for people, if that cannot be.
std::unique_ptr<MeasuredDevice> makeCpuCore(const MeasureOptions &options, std::string &error);

/// The first GPU that CUDA shows, and the others for collectives. Nothing, and an `error` for
/// people, if there is none.
std::unique_ptr<MeasuredDevice> makeCudaGpu(const MeasureOptions &options, std::string &error);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASUREDDEVICE_H
