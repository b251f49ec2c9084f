//===- FakeCuda.cpp - A machine with two GPUs that take a known time -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded before CUDA, cuBLAS and NCCL, this takes the place of those of their functions that
// dagrt-calibrate calls. Nothing is computed: each queue has a clock, which a kernel moves on by a
// time that follows from its arguments. So a test knows what must be measured, on a machine without
// a GPU. Starting a kernel outside of a recording costs 4 us more, which must not be measured.
// FAKE_CUDA_FAILS names what goes wrong: `launch`, `product` or `collective`.
//
//===----------------------------------------------------------------------===//

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

namespace {
constexpr double kStartUs = 4;
constexpr double kRowBlockUs = 0.01, kRowUs = 3;
constexpr double kProductUs = 5, kFlopsPerUs = 5e8;
constexpr double kSweepBytesPerUs = 1e6;
constexpr double kCollectiveUs = 10, kCollectiveBytesPerUs = 1e5;
constexpr size_t kMemoryBytes = size_t(80) << 30;

struct Queue {
  double nowUs = 0;
  bool isRecorded = false;
  double recordedUs = 0;

  void add(double us) {
    if (isRecorded)
      recordedUs += us;
    else
      nowUs += us + kStartUs;
  }
};

struct Layout {
  uint64_t rows, columns;
  int32_t batch = 1;
};

struct Rank {
  int number;
};

std::map<void *, size_t> allocations;
cudaError_t lastError = cudaSuccess;
size_t allocatedBytes = 0, nextAddress = 1 << 20;

bool fails(std::string_view what) {
  const char *wanted = std::getenv("FAKE_CUDA_FAILS");
  return wanted && what == wanted;
}

Queue &getQueue(cudaStream_t stream) { return *reinterpret_cast<Queue *>(stream); }
double &getTime(void *opaque) { return *static_cast<double *>(opaque); }

ncclResult_t addCollective(double parts, size_t count, cudaStream_t stream) {
  if (fails("collective"))
    return ncclSystemError;
  getQueue(stream).add(kCollectiveUs + parts * count * sizeof(float) / kCollectiveBytesPerUs);
  return ncclSuccess;
}
} // namespace

extern "C" {

//===----------------------------------------------------------------------===//
// The runtime
//===----------------------------------------------------------------------===//

cudaError_t cudaGetDeviceCount(int *count) {
  *count = 2;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetLastError() { return std::exchange(lastError, cudaSuccess); }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int) {
  std::strcpy(properties->name, "Fake H100");
  properties->major = 9;
  properties->minor = 0;
  properties->multiProcessorCount = 132;
  properties->totalGlobalMem = kMemoryBytes;
  properties->l2CacheSize = 50 << 20;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int) {
  static const std::map<int, int> values = {{cudaDevAttrL2CacheSize, 50 << 20},
                                            {cudaDevAttrClockRate, 1980000},
                                            {cudaDevAttrMemoryClockRate, 2619000},
                                            {cudaDevAttrGlobalMemoryBusWidth, 5120}};
  *value = values.at(attribute);
  return cudaSuccess;
}
cudaError_t cudaDeviceGetP2PAttribute(int *value, cudaDeviceP2PAttr, int, int) {
  *value = 1;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void **data, size_t bytes) {
  if (allocatedBytes + bytes > kMemoryBytes)
    return cudaErrorMemoryAllocation;
  *data = reinterpret_cast<void *>(nextAddress);
  nextAddress += (bytes + 511) / 256 * 256;
  allocations[*data] = bytes;
  allocatedBytes += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void *data) {
  if (!data)
    return cudaSuccess;
  auto it = allocations.find(data);
  if (it == allocations.end())
    std::abort();
  allocatedBytes -= it->second;
  allocations.erase(it);
  return cudaSuccess;
}
cudaError_t cudaMemset(void *, int, size_t) { return cudaSuccess; }
cudaError_t cudaMemsetAsync(void *, int, size_t bytes, cudaStream_t stream) {
  getQueue(stream).add(bytes / kSweepBytesPerUs);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(new Queue);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete &getQueue(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  getQueue(stream).isRecorded = true;
  getQueue(stream).recordedUs = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
  getQueue(stream).isRecorded = false;
  *graph = reinterpret_cast<cudaGraph_t>(new double(getQueue(stream).recordedUs));
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
  *exec = reinterpret_cast<cudaGraphExec_t>(new double(getTime(graph)));
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  getQueue(stream).nowUs += getTime(exec);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete &getTime(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete &getTime(exec);
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
  *event = reinterpret_cast<cudaEvent_t>(new double(0));
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete &getTime(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  getTime(event) = getQueue(stream).nowUs;
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = static_cast<float>((getTime(end) - getTime(begin)) / 1e3);
  return cudaSuccess;
}

// What nvcc makes of `<<<...>>>`, before CUDA 13 and since.
cudaError_t cudaLaunchKernel(const void *, dim3 grid, dim3, void **, size_t, cudaStream_t stream) {
  if (fails("launch"))
    return lastError = cudaErrorLaunchFailure;
  getQueue(stream).add(kRowUs + kRowBlockUs * grid.x);
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *) {
  *kernel = nullptr;
  return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void **arguments,
                               size_t bytes, cudaStream_t stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, bytes, stream);
}

//===----------------------------------------------------------------------===//
// cuBLAS
//===----------------------------------------------------------------------===//

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
  *handle = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *description, cublasComputeType_t,
                                        cudaDataType_t) {
  *description = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t, cublasLtMatmulDescAttributes_t,
                                              const void *, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type,
                                          uint64_t rows, uint64_t columns, int64_t) {
  // Libraries do not have all matmuls.
  if (type == CUDA_R_8F_E4M3 && rows < 128)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  *layout = reinterpret_cast<cublasLtMatrixLayout_t>(new Layout{rows, columns});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete reinterpret_cast<Layout *>(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void *value, size_t) {
  if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)
    std::memcpy(&reinterpret_cast<Layout *>(layout)->batch, value, sizeof(int32_t));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  *preference = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t,
                                                    const void *, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t *, int *count) {
  *count = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t, const void *, const void *,
                              cublasLtMatrixLayout_t weights, const void *,
                              cublasLtMatrixLayout_t input, const void *, const void *,
                              cublasLtMatrixLayout_t, void *, cublasLtMatrixLayout_t,
                              const cublasLtMatmulAlgo_t *, void *, size_t, cudaStream_t stream) {
  if (fails("product"))
    return CUBLAS_STATUS_EXECUTION_FAILED;
  auto *left = reinterpret_cast<Layout *>(input), *right = reinterpret_cast<Layout *>(weights);
  if (left->rows != right->rows || left->batch != right->batch)
    return CUBLAS_STATUS_INVALID_VALUE;
  double flops = 2.0 * left->rows * left->columns * right->columns * left->batch;
  getQueue(stream).add(kProductUs + flops / kFlopsPerUs);
  return CUBLAS_STATUS_SUCCESS;
}

//===----------------------------------------------------------------------===//
// NCCL
//===----------------------------------------------------------------------===//

ncclResult_t ncclGetVersion(int *version) {
  *version = 22707;
  return ncclSuccess;
}
ncclResult_t ncclCommInitAll(ncclComm_t *communicators, int count, const int *) {
  for (int rank = 0; rank < count; ++rank)
    communicators[rank] = reinterpret_cast<ncclComm_t>(new Rank{rank});
  return ncclSuccess;
}
ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  delete reinterpret_cast<Rank *>(communicator);
  return ncclSuccess;
}
ncclResult_t ncclGroupStart() { return ncclSuccess; }
ncclResult_t ncclGroupEnd() { return ncclSuccess; }
ncclResult_t ncclAllGather(const void *, void *, size_t count, ncclDataType_t, ncclComm_t,
                           cudaStream_t stream) {
  return addCollective(1, count, stream);
}
ncclResult_t ncclAllReduce(const void *, void *, size_t count, ncclDataType_t, ncclRedOp_t,
                           ncclComm_t, cudaStream_t stream) {
  return addCollective(2, count, stream);
}
ncclResult_t ncclReduceScatter(const void *, void *, size_t count, ncclDataType_t, ncclRedOp_t,
                               ncclComm_t, cudaStream_t stream) {
  return addCollective(1, count, stream);
}
ncclResult_t ncclSend(const void *, size_t count, ncclDataType_t, int, ncclComm_t,
                      cudaStream_t stream) {
  return addCollective(1, count, stream);
}
ncclResult_t ncclRecv(void *, size_t, ncclDataType_t, int, ncclComm_t, cudaStream_t) {
  return ncclSuccess;
}
}
