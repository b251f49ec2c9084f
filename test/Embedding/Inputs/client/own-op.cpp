// An op of another dialect that joins dagrt: it is partitioned, costed, evaluated and lowered.

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Evaluator.h"
#include "dagrt/Lower/LowerInterfaces.h"
#include "dagrt/Pipelines/Registration.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/DialectConversion.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace example {

/// `example.square`: x * x, of each element.
class SquareOp : public Op<SquareOp, OpTrait::ZeroRegions, OpTrait::OneResult, OpTrait::OneOperand,
                           OpTrait::OneTypedResult<RankedTensorType>::Impl, OpTrait::ZeroSuccessors,
                           MemoryEffectOpInterface::Trait, dagrt::ShardingRuleOpInterface::Trait,
                           dagrt::WorkOpInterface::Trait, dagrt::LocalComputeOpInterface::Trait> {
public:
  using Op::Op;
  static StringRef getOperationName() { return "example.square"; }
  static ArrayRef<StringRef> getAttributeNames() { return {}; }
  void getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &) {}

  /// Any dim may be sharded; a sum that is pending is not the square's.
  dagrt::ShardingRule getShardingRule() {
    return dagrt::getElementwiseRule(*this, dagrt::PartialRule::None);
  }
  /// One multiplication for each element that is read and written.
  dagrt::Work getWork() {
    return dagrt::getStreamingWork(*this, dagrt::WorkKind::Elementwise, /*flopsPerElement=*/1);
  }
  SmallVector<dagrt::Array> computeLocal(ArrayRef<const dagrt::Array *> operands,
                                         ArrayRef<SmallVector<int64_t>>) {
    dagrt::Array result = *operands[0];
    for (double &element : result.elements)
      element *= element;
    return {result};
  }
};

struct SquarePattern final : ConversionPattern {
  SquarePattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, SquareOp::getOperationName(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, operands[0], operands[0]);
    return success();
  }
};

struct ExampleToLinalg final : dagrt::ToLinalgDialectInterface {
  using ToLinalgDialectInterface::ToLinalgDialectInterface;
  void populatePatterns(const TypeConverter &converter,
                        RewritePatternSet &patterns) const override {
    patterns.add<SquarePattern>(converter, patterns.getContext());
  }
};

class ExampleDialect : public Dialect {
public:
  explicit ExampleDialect(MLIRContext *context)
      : Dialect(getDialectNamespace(), context, TypeID::get<ExampleDialect>()) {
    addOperations<SquareOp>();
    addInterfaces<ExampleToLinalg>();
  }
  static StringRef getDialectNamespace() { return "example"; }
};

} // namespace example

static LogicalResult runPasses(ModuleOp module, StringRef pipeline) {
  auto passes = PassManager::on<ModuleOp>(module.getContext());
  return failure(failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(module)));
}

/// The outputs of the first function, on inputs that follow from a seed.
static std::vector<dagrt::Array> run(ModuleOp module) {
  auto function = *module.getOps<func::FuncOp>().begin();
  dagrt::EvaluatorOptions options;
  if (failed(dagrt::checkEvaluable(function, options)))
    return {};
  auto outputs = dagrt::evaluate(function, dagrt::makeInputs(function, options), options);
  return failed(outputs) ? std::vector<dagrt::Array>() : *outputs;
}

/// Partitions the program in the file, compares what both compute, and prints the partition with
/// its costs and then as linalg.
int main(int, char **argv) {
  DialectRegistry registry;
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  registry.insert<example::ExampleDialect>();
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto model = parseSourceFile<ModuleOp>(argv[1], &context);
  OwningOpRef<ModuleOp> placed = model ? model->clone() : ModuleOp();
  if (!placed || failed(runPasses(*placed, "partition-tp-pp{tp=2 pp=1},annotate-cost")))
    return 1;
  std::vector<dagrt::Array> expected = run(*model), got = run(*placed);
  if (expected.empty() || got.size() != expected.size())
    return 1;
  double largest = 0, error = 0;
  for (auto [a, b] : llvm::zip_equal(expected[0].elements, got[0].elements)) {
    largest = std::max(largest, std::abs(a));
    error = std::max(error, std::abs(a - b));
  }
  llvm::outs() << "error " << (error <= 1e-12 * largest ? "below" : "above") << " 1e-12\n";
  placed->print(llvm::outs());
  if (failed(runPasses(*placed, "dagrt-hoist-parameters,convert-dagrt-to-linalg")))
    return 1;
  placed->print(llvm::outs());
  return 0;
}
