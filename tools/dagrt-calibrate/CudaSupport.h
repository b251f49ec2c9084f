//===- CudaSupport.h - Errors, memory and clocks of CUDA -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// CUDA objects that measurements use. The first CUDA error is kept, and nothing is timed after it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_CUDASUPPORT_H
#define DAGRT_CALIBRATE_CUDASUPPORT_H

#include "Repeat.h"

#include "llvm/ADT/Twine.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace dagrt {

/// The first error, for people.
class CudaErrors {
public:
  /// False, and the error is kept, if `status` is one. `what` is what was to be done.
  bool check(cudaError_t status, const char *what) {
    return status == cudaSuccess || fail(what, cudaGetErrorString(status));
  }

  /// Keeps an error, of CUDA or of a library on top of it. False.
  bool fail(const char *what, const char *why) {
    if (text.empty())
      text = (llvm::Twine("expects a GPU that can ") + what + ", got: " + why).str();
    return false;
  }

  const std::string &get() const { return text; }

private:
  std::string text;
};

/// Memory of the GPU that is current when it is made; empty if there was not enough.
class CudaBuffer {
public:
  CudaBuffer() = default;
  explicit CudaBuffer(int64_t bytes) {
    if (cudaMalloc(&data, bytes) == cudaSuccess)
      return;
    data = nullptr;
    cudaGetLastError(); // Not enough memory is an answer, not a fault.
  }
  CudaBuffer(CudaBuffer &&other) noexcept : data(std::exchange(other.data, nullptr)) {}
  CudaBuffer &operator=(CudaBuffer &&other) noexcept {
    std::swap(data, other.data);
    return *this;
  }
  ~CudaBuffer() { cudaFree(data); }

  explicit operator bool() const { return data; }
  void *get() const { return data; }

private:
  void *data = nullptr;
};

/// A queue of the GPU that is current when it is made, and a clock for what is in it.
class CudaQueue {
public:
  explicit CudaQueue(CudaErrors &errors);
  ~CudaQueue();
  CudaQueue(const CudaQueue &) = delete;
  CudaQueue &operator=(const CudaQueue &) = delete;

  cudaStream_t get() const { return stream; }

  bool start() { return errors.check(cudaEventRecord(begin, stream), "time kernels"); }
  bool stop() { return errors.check(cudaEventRecord(end, stream), "time kernels"); }

  /// Waits for all that is queued.
  bool wait() { return errors.check(cudaStreamSynchronize(stream), "run kernels"); }

  /// Microseconds from `start` to `stop`, which it waits for; 0 after an error.
  double getUs();

private:
  CudaErrors &errors;
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr, end = nullptr;
};

} // namespace dagrt

#endif // DAGRT_CALIBRATE_CUDASUPPORT_H
