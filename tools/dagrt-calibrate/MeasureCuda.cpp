//===- MeasureCuda.cpp - Times of kernels on a GPU -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels are timed on the GPU's own clock, without what the host needs to start them. With warm
// caches, a CUDA graph replays the kernel many times; an untimed replay before the timed one keeps
// the GPU busy until that is queued. With cold caches, each run follows a fill of twice the L2, in
// the shadow of which it is queued. The median counts. Matmuls are those of cuBLASLt: the first
// algorithm that it proposes for weights that are stored [n, k].
//
//===----------------------------------------------------------------------===//

#include "CudaRows.h"
#include "CudaSupport.h"
#include "MeasuredDevice.h"
#include "dagrt/Cost/Cluster.h"

#ifdef DAGRT_HAS_NCCL
#include "MeasureNccl.h"
#endif

#include "mlir/IR/MLIRContext.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cublasLt.h>

#include <map>

using namespace dagrt;

// Long enough to not see the ends of a replay.
static constexpr double kShortestSampleUs = 500;

// What cuBLAS recommends for Hopper.
static constexpr int64_t kWorkspaceBytes = 32 << 20;

// Most GPUs have a 64th of the rate for fp64; larger matmuls of it would take minutes.
static constexpr double kMostDoubleFlops = 2e11;

static constexpr const char *kTypes[] = {"bf16", "fp16", "fp8", "fp32", "fp64"};

//===----------------------------------------------------------------------===//
// Queues
//===----------------------------------------------------------------------===//

CudaQueue::CudaQueue(CudaErrors &errors) : errors(errors) {
  errors.check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "queue kernels") &&
      errors.check(cudaEventCreate(&begin), "time kernels") &&
      errors.check(cudaEventCreate(&end), "time kernels");
}

CudaQueue::~CudaQueue() {
  cudaEventDestroy(end);
  cudaEventDestroy(begin);
  cudaStreamDestroy(stream);
}

double CudaQueue::getUs() {
  float milliseconds = 0;
  if (!errors.check(cudaEventSynchronize(end), "run kernels") ||
      !errors.check(cudaEventElapsedTime(&milliseconds, begin, end), "time kernels"))
    return 0;
  return milliseconds * 1e3;
}

namespace {
/// Some runs of a kernel, recorded.
class Replay {
public:
  /// `launch` puts one run into the queue.
  Replay(CudaQueue &queue, llvm::function_ref<void()> launch, int64_t count, CudaErrors &errors) {
    if (!errors.check(cudaStreamBeginCapture(queue.get(), cudaStreamCaptureModeThreadLocal),
                      "record kernels"))
      return;
    for (int64_t i = 0; i < count; ++i)
      launch();
    if (errors.check(cudaStreamEndCapture(queue.get(), &graph), "record kernels"))
      errors.check(cudaGraphInstantiate(&exec, graph, 0), "record kernels");
  }
  ~Replay() {
    if (exec)
      cudaGraphExecDestroy(exec);
    if (graph)
      cudaGraphDestroy(graph);
  }
  Replay(const Replay &) = delete;
  Replay &operator=(const Replay &) = delete;

  cudaGraphExec_t get() const { return exec; }

private:
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
};
} // namespace

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

namespace {
/// cuBLASLt's names of a type, of its compute type and of its scale type.
struct ProductType {
  cudaDataType_t element, result, scale;
  cublasComputeType_t compute;
  int64_t elementBytes, resultBytes;
};
} // namespace

static std::optional<ProductType> getProductType(llvm::StringRef type) {
  return llvm::StringSwitch<std::optional<ProductType>>(type)
      .Case("fp64", {{CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F, 8, 8}})
      .Case("fp32", {{CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, 4, 4}})
      .Case("fp16", {{CUDA_R_16F, CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F, 2, 2}})
      .Case("bf16", {{CUDA_R_16BF, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, 2, 2}})
      // Results of fp8 matmuls are bf16.
      .Case("fp8", {{CUDA_R_8F_E4M3, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, 1, 2}})
      .Default(std::nullopt);
}

namespace {
/// A matmul as cuBLASLt takes it, column-major, so that C^T[n, m] = B[n, k] A^T[k, m].
class Product {
public:
  Product(cublasLtHandle_t handle, const ProductShape &shape, const ProductType &type);
  ~Product();
  Product(const Product &) = delete;
  Product &operator=(const Product &) = delete;

  /// False if cuBLAS has no algorithm for it.
  explicit operator bool() const { return isSupported; }

  cublasStatus_t start(const void *a, const void *b, void *c, void *workspace,
                       cudaStream_t stream) const;

private:
  /// `batch` matrices one behind the other.
  bool addLayout(cublasLtMatrixLayout_t &layout, cudaDataType_t type, int64_t rows, int64_t columns,
                 int32_t batch);
  bool findAlgorithm();

  cublasLtHandle_t handle;
  bool isDouble, isSupported;
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t weights = nullptr, input = nullptr, output = nullptr;
  cublasLtMatmulHeuristicResult_t found = {};
};
} // namespace

Product::Product(cublasLtHandle_t handle, const ProductShape &shape, const ProductType &type)
    : handle(handle), isDouble(type.scale == CUDA_R_64F) {
  auto batch = static_cast<int32_t>(shape.batch);
  cublasOperation_t transpose = CUBLAS_OP_T;
  isSupported =
      cublasLtMatmulDescCreate(&description, type.compute, type.scale) == CUBLAS_STATUS_SUCCESS &&
      cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
                                     sizeof(transpose)) == CUBLAS_STATUS_SUCCESS &&
      addLayout(weights, type.element, shape.k, shape.n, batch) &&
      addLayout(input, type.element, shape.k, shape.m, batch) &&
      addLayout(output, type.result, shape.n, shape.m, batch) && findAlgorithm();
}

Product::~Product() {
  for (cublasLtMatrixLayout_t layout : {weights, input, output})
    if (layout)
      cublasLtMatrixLayoutDestroy(layout);
  if (description)
    cublasLtMatmulDescDestroy(description);
}

bool Product::addLayout(cublasLtMatrixLayout_t &layout, cudaDataType_t type, int64_t rows,
                        int64_t columns, int32_t batch) {
  int64_t stride = rows * columns;
  return cublasLtMatrixLayoutCreate(&layout, type, rows, columns, rows) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch,
                                          sizeof(batch)) == CUBLAS_STATUS_SUCCESS &&
         cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                          &stride, sizeof(stride)) == CUBLAS_STATUS_SUCCESS;
}

bool Product::findAlgorithm() {
  cublasLtMatmulPreference_t preference = nullptr;
  if (cublasLtMatmulPreferenceCreate(&preference) != CUBLAS_STATUS_SUCCESS)
    return false;
  size_t bytes = kWorkspaceBytes;
  int count = 0;
  bool isFound =
      cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                           &bytes, sizeof(bytes)) == CUBLAS_STATUS_SUCCESS &&
      cublasLtMatmulAlgoGetHeuristic(handle, description, weights, input, output, output,
                                     preference, 1, &found, &count) == CUBLAS_STATUS_SUCCESS &&
      count == 1;
  cublasLtMatmulPreferenceDestroy(preference);
  return isFound;
}

cublasStatus_t Product::start(const void *a, const void *b, void *c, void *workspace,
                              cudaStream_t stream) const {
  const double ones[] = {1, 0};
  const float singles[] = {1, 0};
  const void *alpha = isDouble ? static_cast<const void *>(&ones[0]) : &singles[0];
  const void *beta = isDouble ? static_cast<const void *>(&ones[1]) : &singles[1];
  return cublasLtMatmul(handle, description, alpha, b, weights, a, input, beta, c, output, c,
                        output, &found.algo, workspace, kWorkspaceBytes, stream);
}

//===----------------------------------------------------------------------===//
// The GPU
//===----------------------------------------------------------------------===//

namespace {
class CudaGpu : public MeasuredDevice {
public:
  explicit CudaGpu(const MeasureOptions &options);
  ~CudaGpu() override;

  DeviceFacts getFacts() override;
  Sizes getSizes(bool isQuick) const override;
  llvm::ArrayRef<const char *> getTypes() const override { return kTypes; }
  std::string getTiming() const override {
    return options.caches == Caches::Warm ? "kernel, CUDA graph replay"
                                          : "kernel, CUDA events after a sweep of the L2";
  }

  std::optional<Timing> timeProduct(const ProductShape &shape, llvm::StringRef type) override;
  std::optional<Timing> timeRows(const RowOp &op, int64_t rows, int64_t columns,
                                 llvm::StringRef type) override;
  std::optional<Timing> timeCollective(const CollectiveOp &op, int64_t ranks,
                                       int64_t part) override;

  std::string getLink() const override;
  std::string getLibrary() const override;
  int64_t getNumDevices() const override;
  std::string getError() const override { return errors.get(); }

private:
  int getAttribute(cudaDeviceAttr attribute);

  /// A buffer of `count` numbers; empty if there is no memory for it.
  CudaBuffer makeOperand(llvm::StringRef type, int64_t count, int64_t elementBytes);

  /// `launch` puts one run into the queue.
  std::optional<Timing> timeLaunches(llvm::function_ref<void()> launch);
  Timing timeWarm(llvm::function_ref<void()> launch);
  Timing timeCold(llvm::function_ref<void()> launch);

  MeasureOptions options;
  CudaErrors errors;
  CudaQueue queue{errors};
  cublasLtHandle_t cublas = nullptr;
  CudaBuffer workspace;
#ifdef DAGRT_HAS_NCCL
  NcclGroup group{errors};
#endif
};
} // namespace

CudaGpu::CudaGpu(const MeasureOptions &options) : options(options), workspace(kWorkspaceBytes) {
  if (!workspace)
    errors.fail("keep 32 MiB for cuBLAS", "not enough memory");
  if (cublasStatus_t status = cublasLtCreate(&cublas); status != CUBLAS_STATUS_SUCCESS)
    errors.fail("run cuBLAS", cublasLtGetStatusString(status));
}

CudaGpu::~CudaGpu() {
  if (cublas)
    cublasLtDestroy(cublas);
}

int CudaGpu::getAttribute(cudaDeviceAttr attribute) {
  int value = 0;
  errors.check(cudaDeviceGetAttribute(&value, attribute, 0), "say what it is");
  return value;
}

DeviceFacts CudaGpu::getFacts() {
  DeviceFacts facts;
  cudaDeviceProp properties = {};
  errors.check(cudaGetDeviceProperties(&properties, 0), "say what it is");
  facts.title = properties.name;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  facts.architecture = getCudaArchitecture(properties.major * 10 + properties.minor, &context);
  facts.smCount = properties.multiProcessorCount;
  facts.memoryBytes = static_cast<double>(properties.totalGlobalMem);
  facts.cacheBytes = properties.l2CacheSize;
  // Both in kHz; memory sends two bits a clock and line.
  facts.clockHz = getAttribute(cudaDevAttrClockRate) * 1e3;
  facts.memoryBandwidth = 2.0 * getAttribute(cudaDevAttrMemoryClockRate) * 1e3 *
                          getAttribute(cudaDevAttrGlobalMemoryBusWidth) / 8;
  return facts;
}

Sizes CudaGpu::getSizes(bool isQuick) const {
  Sizes sizes;
  for (int64_t ranks = 2; ranks <= getNumDevices(); ranks *= 2)
    sizes.groups.push_back(ranks);
  sizes.peaks = {4096, 8192};
  if (isQuick) {
    sizes.tokens = {1, 256};
    sizes.sides = {1024, 4096};
    sizes.heads = {8};
    sizes.lengths = sizes.headSizes = {64, 128};
    sizes.rows = {16, 256, 4096};
    sizes.columns = {1024, 4096};
    sizes.bytes = {1024, 1 << 20, 64 << 20};
    return sizes;
  }
  sizes.tokens = {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
  sizes.sides = {1024, 2048, 4096, 8192, 14336, 28672};
  sizes.heads = {8, 32, 128};
  sizes.lengths = {128, 512, 2048, 4096};
  sizes.headSizes = {64, 128};
  sizes.rows = {1, 16, 128, 1024, 4096, 16384};
  sizes.columns = {1024, 2048, 4096, 8192, 16384};
  for (int64_t bytes = 1024; bytes <= 1 << 30; bytes *= 4)
    sizes.bytes.push_back(bytes);
  return sizes;
}

CudaBuffer CudaGpu::makeOperand(llvm::StringRef type, int64_t count, int64_t elementBytes) {
  CudaBuffer buffer(count * elementBytes);
  if (buffer && !startFill(type.str().c_str(), buffer.get(), count, queue.get()))
    return {};
  return buffer;
}

std::optional<Timing> CudaGpu::timeProduct(const ProductShape &shape, llvm::StringRef type) {
  auto [m, k, n, batch] = shape;
  std::optional<ProductType> product = getProductType(type);
  double flops = 2.0 * static_cast<double>(batch * m) * static_cast<double>(k * n);
  if (!product || (type == "fp64" && flops > kMostDoubleFlops))
    return std::nullopt;
  Product call(cublas, shape, *product);
  if (!call)
    return std::nullopt;
  CudaBuffer a = makeOperand(type, batch * m * k, product->elementBytes);
  CudaBuffer b = makeOperand(type, batch * n * k, product->elementBytes);
  CudaBuffer c(batch * m * n * product->resultBytes);
  if (!a || !b || !c)
    return std::nullopt;
  return timeLaunches([&] {
    cublasStatus_t status = call.start(a.get(), b.get(), c.get(), workspace.get(), queue.get());
    if (status != CUBLAS_STATUS_SUCCESS)
      errors.fail("run cuBLAS", cublasLtGetStatusString(status));
  });
}

std::optional<Timing> CudaGpu::timeRows(const RowOp &op, int64_t rows, int64_t columns,
                                        llvm::StringRef type) {
  int64_t bytes =
      llvm::StringSwitch<int64_t>(type).Cases({"fp16", "bf16"}, 2).Case("fp32", 4).Default(0);
  if (bytes == 0)
    return std::nullopt;
  int64_t count = rows * columns;
  CudaBuffer x = makeOperand(type, op.hasPair ? 2 * count : count, bytes);
  CudaBuffer y = makeOperand(type, op.hasSecond ? count : columns, bytes);
  CudaBuffer result(count * bytes), another(op.hasSum ? count * bytes : bytes);
  if (!x || !y || !result || !another)
    return std::nullopt;
  CudaRows arrays = {rows, columns, x.get(), y.get(), result.get(), another.get()};
  std::string typeName = type.str();
  if (!startRows(op.name, typeName.c_str(), arrays, queue.get()))
    return std::nullopt;
  return timeLaunches([&] {
    startRows(op.name, typeName.c_str(), arrays, queue.get());
    errors.check(cudaGetLastError(), "start kernels");
  });
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

Timing CudaGpu::timeWarm(llvm::function_ref<void()> launch) {
  // One sample runs once and the others as often as each other, so that two are recorded.
  std::map<int64_t, Replay> replays;
  auto timeRuns = [&](int64_t count) {
    cudaGraphExec_t replay =
        replays.try_emplace(count, queue, launch, count, errors).first->second.get();
    auto start = [&] { return errors.check(cudaGraphLaunch(replay, queue.get()), "run kernels"); };
    if (!replay || !start() || !queue.start() || !start() || !queue.stop())
      return 0.0;
    return queue.getUs() / static_cast<double>(count);
  };
  return repeat(timeRuns, kShortestSampleUs, options);
}

Timing CudaGpu::timeCold(llvm::function_ref<void()> launch) {
  int64_t bytes = 2 * static_cast<int64_t>(getAttribute(cudaDevAttrL2CacheSize));
  CudaBuffer sweep(bytes);
  if (!sweep)
    errors.fail("sweep its L2", "not enough memory");
  auto timeRun = [&](int64_t) {
    if (!errors.get().empty() ||
        !errors.check(cudaMemsetAsync(sweep.get(), 1, bytes, queue.get()), "sweep its L2") ||
        !queue.start())
      return 0.0;
    launch();
    return queue.stop() ? queue.getUs() : 0.0;
  };
  return repeat(timeRun, /*shortestUs=*/0, options);
}

std::optional<Timing> CudaGpu::timeLaunches(llvm::function_ref<void()> launch) {
  // Loads the kernel, which cannot be recorded.
  launch();
  if (!errors.get().empty() || !queue.wait())
    return std::nullopt;
  Timing timing = options.caches == Caches::Warm ? timeWarm(launch) : timeCold(launch);
  return errors.get().empty() ? std::optional<Timing>(timing) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Several GPUs
//===----------------------------------------------------------------------===//

#ifdef DAGRT_HAS_NCCL
std::optional<Timing> CudaGpu::timeCollective(const CollectiveOp &op, int64_t ranks, int64_t part) {
  return group.time(op, ranks, part, options);
}
std::string CudaGpu::getLibrary() const { return getNcclName(); }
int64_t CudaGpu::getNumDevices() const { return group.getNumDevices(); }
#else
std::optional<Timing> CudaGpu::timeCollective(const CollectiveOp &op, int64_t ranks, int64_t part) {
  return std::nullopt;
}
std::string CudaGpu::getLibrary() const { return "none"; }
int64_t CudaGpu::getNumDevices() const { return 1; }
#endif

std::string CudaGpu::getLink() const {
  // Over PCI Express, GPUs cannot change each other's memory atomically.
  int isAtomic = 0;
  if (getNumDevices() > 1)
    cudaDeviceGetP2PAttribute(&isAtomic, cudaDevP2PAttrNativeAtomicSupported, 0, 1);
  return isAtomic ? "nvlink" : "pcie";
}

std::unique_ptr<MeasuredDevice> dagrt::makeCudaGpu(const MeasureOptions &options,
                                                   std::string &error) {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0)
    status = cudaSetDevice(0);
  if (status != cudaSuccess || count == 0) {
    error = "expects a GPU that CUDA can use, got: ";
    error += status == cudaSuccess ? "none" : cudaGetErrorString(status);
    return nullptr;
  }
  auto gpu = std::make_unique<CudaGpu>(options);
  error = gpu->getError();
  return error.empty() ? std::move(gpu) : nullptr;
}
