//===- Rowwise.cpp - Times of elementwise kernels and of kernels on rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Such a kernel moves bytes, and does so in blocks of threads that run in waves:
//
//   time   = launch + hypot(memory, work)
//   memory = bytes * (miss / DRAM rate + (1 - miss) / L2 rate) + the same for rows read again
//   work   = waves * (block + step * steps)
//
// Bytes miss the L2 the more they exceed it. A row that a norm or a softmax reads a second time is
// found there while the rows of all resident blocks fit. A block of a norm, a gated activation or a
// rope is one row, and goes through it in steps of one access of each thread, which take a latency
// each: this, not bandwidth, bounds them in the middle of the sizes. The grids are those of the
// kernels of PyTorch (elementwise, layer norm, softmax) and vLLM (the others). Latencies are
// those of a device of 1.5 GHz and scale with the clock.
//
// A processor core (architecture `cpu`) goes through one row after the other, and through a row in
// steps of a few elements: its time grows with the elements from the first one on.
//
// CUDA events around a call include the host: it has a minimal time, which hides short kernels,
// and adds a smaller one to long kernels.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/Rowwise.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace dagrt;

namespace {
/// Indices into the coefficients.
enum Index {
  LaunchUs,
  Bandwidth,
  L2BytesPerClock,
  L2Part,
  BlockUs,
  StepUs,
  Quantum,
  Reread,
  EventUs,
  EventFloorUs,
  NumCoefficients
};

/// How a kernel goes about its work.
struct Grid {
  double blocks = 0;       ///< Of threads.
  double threads = 128;    ///< Of a block.
  double steps = 1;        ///< Accesses of a thread, one after the other.
  double rereads = 0;      ///< Times that a row is read beyond the first.
  double rowsPerBlock = 1; ///< That are live at once.
  bool isFlat = false;     ///< Blocks are small and many, and follow each other without waves.
};

/// Rows that a kernel reads and writes for each row of its result.
struct Traffic {
  double reads, writes;
};
} // namespace

static constexpr Coefficient kCoefficients[] = {
    {"launch_us", 1.6, 0.3, 5, "us from the start of an empty kernel to its end, at 1.5 GHz"},
    {"bandwidth", 0.87, 0.2, 0.97, "part of the memory's bandwidth that long kernels reach"},
    {"l2_bytes_per_clock", 20, 2, 100, "bytes from the L2 to one SM in a clock"},
    {"l2_part", 0.6, 0.05, 2, "part of the L2 at which half the bytes miss it"},
    {"block_us", 0.5, 0.02, 20, "us of a block of threads without its steps, at 1.5 GHz"},
    {"step_us", 0.35, 0.005, 10, "us of one step of all threads of an SM, at 1.5 GHz"},
    {"quantum", 0.6, 0.02, 1, "how far a part of a wave takes the time of a full one"},
    {"reread", 0.5, 0.02, 4, "part of the L2 at which half the rows read again miss it"},
    {"event_us", 16, 0.5, 80, "us that events around a call add to a long kernel"},
    {"event_floor_us", 31, 5, 150, "us that events around any call measure at least"},
};
static_assert(std::size(kCoefficients) == NumCoefficients);

// What stands in for facts that a description leaves out, and the clock of the latencies.
static constexpr double kDefaultSms = 100, kReferenceHz = 1.5e9;

// Elements of a block of an elementwise kernel: four for each of 128 threads.
static constexpr double kFlatElements = 512;

// Columns up to which a warp keeps a row of a softmax in registers.
static constexpr double kWarpColumns = 1024;

// A thread reads 16 bytes at once where a kernel is vectorised.
static constexpr double kVectorBytes = 16;

// Elements of a step of a loop on a core.
static constexpr double kLoopElements = 64;

llvm::ArrayRef<Coefficient> dagrt::getRowwiseCoefficients() { return kCoefficients; }

/// a^2 / (a^2 + b^2): a smooth step from 0 to 1 at a = b.
static double getShareAbove(double a, double b) { return a > 0 ? a * a / (a * a + b * b) : 0; }

/// The first power of two that is not below `x`.
static double roundToPowerOfTwo(double x) { return std::exp2(std::ceil(std::log2(x))); }

static Traffic getTraffic(RowwiseOp op) {
  switch (op) {
  case RowwiseOp::Add:
  case RowwiseOp::Mul:
  case RowwiseOp::SiluMul:
    return {2, 1};
  case RowwiseOp::AddRmsNorm:
    return {2, 2};
  default:
    return {1, 1};
  }
}

/// An elementwise kernel on `elements`.
static Grid getFlatGrid(double elements) {
  Grid grid;
  grid.blocks = elements / kFlatElements;
  grid.isFlat = true;
  return grid;
}

/// One block a row, of a thread for each `perThread` columns between 32 and `most`.
static Grid getRowGrid(double rows, double columns, double perThread, double most) {
  Grid grid;
  grid.blocks = rows;
  grid.threads = std::clamp(columns / perThread, 32.0, most);
  grid.steps = std::ceil(columns / (grid.threads * perThread));
  return grid;
}

/// PyTorch's: up to 1024 columns a warp keeps a row in registers, padded to a power of two; beyond,
/// a block reads it for the maximum, for the sum and for the result.
static Grid getSoftmaxGrid(double rows, double columns, double vector) {
  Grid grid;
  if (columns <= kWarpColumns) {
    grid.blocks = rows / 4;
    grid.steps = roundToPowerOfTwo(std::max(columns, 32.0)) / 32 / vector;
    grid.rowsPerBlock = 4;
    return grid;
  }
  grid.blocks = rows;
  grid.threads = std::clamp(roundToPowerOfTwo(columns / vector / 2), 32.0, 1024.0);
  grid.steps = 3 * std::ceil(columns / (grid.threads * vector));
  grid.rereads = 2;
  return grid;
}

/// A loop of a core: all elements one after the other, where each row costs something, too.
static Grid getLoopGrid(const RowwiseCall &call) {
  double rows = std::max(call.rows, 1.0), columns = std::max(call.columns, 1.0);
  Grid grid;
  bool hasRows = call.op == RowwiseOp::Softmax || call.op == RowwiseOp::LayerNorm ||
                 call.op == RowwiseOp::RmsNorm || call.op == RowwiseOp::AddRmsNorm ||
                 call.op == RowwiseOp::SiluMul || call.op == RowwiseOp::Rope;
  double elements = call.op == RowwiseOp::Other
                        ? std::max(call.bytesRead, call.bytesWritten) / call.elementBytes
                        : rows * columns;
  grid.blocks = hasRows ? rows : 1;
  grid.steps = elements / grid.blocks / kLoopElements;
  return grid;
}

static Grid getGrid(const RowwiseCall &call, const Device &device) {
  if (device.facts.isCore)
    return getLoopGrid(call);
  double rows = std::max(call.rows, 1.0), columns = std::max(call.columns, 1.0);
  double vector = kVectorBytes / call.elementBytes;
  Grid grid;
  switch (call.op) {
  case RowwiseOp::Softmax:
    return getSoftmaxGrid(rows, columns, vector);
  case RowwiseOp::SiluMul:
    return getRowGrid(rows, columns, 1, 1024);
  case RowwiseOp::Rope:
    return getRowGrid(rows, columns, 2, 512); // A thread turns a pair.
  case RowwiseOp::RmsNorm:
    grid = getRowGrid(rows, columns, 1, 1024);
    break;
  case RowwiseOp::AddRmsNorm:
    grid = getRowGrid(rows, columns, vector, 1024);
    break;
  case RowwiseOp::LayerNorm:
    grid = getRowGrid(rows, columns, vector, 128);
    grid.threads = 128;
    break;
  case RowwiseOp::Other:
    return getFlatGrid(std::max(call.bytesRead, call.bytesWritten) / call.elementBytes);
  default:
    return getFlatGrid(rows * columns);
  }
  // Norms go through a row twice.
  grid.steps *= 2;
  grid.rereads = 1;
  return grid;
}

/// Blocks that all SMs of `device` hold at once.
static double countPlaces(const Grid &grid, const Device &device) {
  if (device.facts.isCore)
    return 1;
  double threads = device.facts.threadsPerSm;
  double blockThreads = 32 * std::ceil(grid.threads / 32);
  double sms = device.smCount > 0 ? static_cast<double>(device.smCount) : kDefaultSms;
  return sms * std::clamp(std::floor(threads / blockThreads), 1.0, 32.0);
}

static double getClockHz(const Device &device) {
  return device.clockHz > 0 ? device.clockHz : kReferenceHz;
}

/// Microseconds of the traffic alone. `places` blocks are resident.
static double getMemoryUs(const RowwiseCall &call, const Grid &grid, double places,
                          const Device &device, llvm::ArrayRef<double> coefficients) {
  double sms = device.smCount > 0 ? static_cast<double>(device.smCount) : kDefaultSms;
  double rate = device.memoryBandwidth * coefficients[Bandwidth] * 1e-6;
  double l2Rate = std::hypot(rate, coefficients[L2BytesPerClock] * sms * getClockHz(device) * 1e-6);
  double bytes = getRowwiseBytes(call);
  double miss = getShareAbove(bytes, device.l2Bytes * coefficients[L2Part]);
  double time = bytes * (miss / rate + (1 - miss) / l2Rate);
  if (grid.rereads == 0)
    return time;
  double rows = std::max(call.rows, 1.0);
  double rowBytes = std::max(call.columns, 1.0) * call.elementBytes;
  double resident = std::min(rows, places * grid.rowsPerBlock) * rowBytes;
  // The L1 serves part of what does not go to memory, as if the L2 were twice as fast.
  double missAgain = miss * getShareAbove(resident, device.l2Bytes * coefficients[Reread]);
  return time +
         rows * rowBytes * grid.rereads * (missAgain / rate + 0.5 * (1 - missAgain) / l2Rate);
}

/// Microseconds of `waves` waves of blocks.
static double getWorkUs(const RowwiseCall &call, const Grid &grid, double waves,
                        const Device &device, llvm::ArrayRef<double> coefficients) {
  double scale = kReferenceHz / getClockHz(device);
  if (grid.isFlat) {
    std::optional<double> flops = call.isDouble ? device.fp64 : device.fp32;
    double flopsUs = flops && call.flops > 0 ? call.flops / *flops * 1e6 : 0;
    return scale * (coefficients[BlockUs] + coefficients[StepUs] * std::max(waves, 1.0)) + flopsUs;
  }
  double taken = std::max(waves + coefficients[Quantum] * (std::ceil(waves) - waves), 1.0);
  return scale * taken * (coefficients[BlockUs] + coefficients[StepUs] * grid.steps);
}

/// What events measure around a kernel of `kernelUs`: a maximum with a short bend.
static double getEventUs(double kernelUs, llvm::ArrayRef<double> coefficients) {
  double sum = kernelUs + coefficients[EventUs], floor = coefficients[EventFloorUs];
  double larger = std::max(sum, floor), ratio = std::min(sum, floor) / larger;
  return larger * std::pow(1 + std::pow(ratio, 20), 0.05);
}

double dagrt::getRowwiseBytes(const RowwiseCall &call) {
  if (call.op == RowwiseOp::Other)
    return call.bytesRead + call.bytesWritten;
  Traffic traffic = getTraffic(call.op);
  return std::max(call.rows, 1.0) * std::max(call.columns, 1.0) * call.elementBytes *
         (traffic.reads + traffic.writes);
}

/// FLOPs of an element of the result.
static double getFlopsPerElement(RowwiseOp op) {
  switch (op) {
  case RowwiseOp::Add:
  case RowwiseOp::Mul:
  case RowwiseOp::Relu:
  case RowwiseOp::Tanh:
    return 1;
  case RowwiseOp::Rope:
    return 3;
  case RowwiseOp::Silu:
  case RowwiseOp::RmsNorm:
  case RowwiseOp::Softmax:
    return 4;
  case RowwiseOp::SiluMul:
  case RowwiseOp::AddRmsNorm:
    return 5;
  case RowwiseOp::LayerNorm:
    return 7;
  case RowwiseOp::Gelu:
    return 8;
  case RowwiseOp::Other:
    return 0;
  }
  llvm_unreachable("all ops have FLOPs");
}

RowwiseExtras dagrt::getRowwiseExtras(const RowwiseCall &call) {
  if (call.op == RowwiseOp::Other)
    return {call.flops, 0};
  double rows = std::max(call.rows, 1.0), columns = std::max(call.columns, 1.0), bytes = 0;
  if (call.op == RowwiseOp::RmsNorm || call.op == RowwiseOp::AddRmsNorm)
    bytes = columns * call.elementBytes;
  else if (call.op == RowwiseOp::LayerNorm)
    bytes = 2 * columns * call.elementBytes;
  else if (call.op == RowwiseOp::Rope)
    bytes = rows * sizeof(int32_t);
  return {rows * columns * getFlopsPerElement(call.op), bytes};
}

/// The time of the kernel that `call` takes.
static KernelTime predictKernel(const RowwiseCall &call, const Device &device,
                                llvm::ArrayRef<double> coefficients) {
  Grid grid = getGrid(call, device);
  double places = countPlaces(grid, device);
  KernelTime time;
  time.bytes = getRowwiseBytes(call);
  time.waves = grid.blocks / places;
  time.memoryUs = getMemoryUs(call, grid, places, device, coefficients);
  time.computeUs = getWorkUs(call, grid, time.waves, device, coefficients);
  double launchUs = coefficients[LaunchUs] * kReferenceHz / getClockHz(device);
  double runUs = std::hypot(time.memoryUs, time.computeUs);
  time.microseconds = launchUs + runUs;
  if (call.events)
    time.microseconds = getEventUs(time.microseconds, coefficients);
  time.fixedUs = time.microseconds - runUs;
  time.bound = time.memoryUs > time.computeUs ? Bound::memory : Bound::compute;
  if (time.fixedUs > runUs)
    time.bound = Bound::latency;
  return time;
}

KernelTime dagrt::predictRowwise(const RowwiseCall &call, const Device &device,
                                 llvm::ArrayRef<double> coefficients) {
  assert(coefficients.size() == NumCoefficients && "expects the coefficients of this model");
  KernelTime time = predictKernel(call, device, coefficients);
  if (call.op != RowwiseOp::Softmax || device.facts.isCore)
    return time;
  // A row may as well be padded to what another kernel takes, if that is faster.
  RowwiseCall padded = call;
  padded.columns = std::max(kWarpColumns, roundToPowerOfTwo(call.columns)) + 1;
  KernelTime other = predictKernel(padded, device, coefficients);
  if (other.microseconds >= time.microseconds)
    return time;
  other.bytes = time.bytes;
  return other;
}

static constexpr const char *kRegimeNames[] = {"launch",      "cache",       "cache-edge", "memory",
                                               "event-floor", "event-short", "event-long"};

llvm::ArrayRef<const char *> dagrt::getRowwiseRegimes() { return kRegimeNames; }

unsigned dagrt::getRowwiseRegime(const RowwiseCall &call, const Device &device) {
  double bytes = getRowwiseBytes(call);
  double idealUs = bytes / device.memoryBandwidth * 1e6;
  if (call.events)
    return idealUs < 8 ? 4 : idealUs < 60 ? 5 : 6;
  if (idealUs < 2)
    return 0;
  if (bytes < device.l2Bytes * 0.5)
    return 1;
  return bytes < device.l2Bytes * 3 ? 2 : 3;
}
