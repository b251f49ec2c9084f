#include "dagrt/Partition/Passes.h"
#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Report/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/raw_ostream.h"

// The same as a textual pipeline, with options from code.
static void addPasses(mlir::PassManager &passes) {
  dagrt::PartitionTpPpPassOptions partition;
  partition.tp = 2;
  partition.pp = 1;
  partition.layout = dagrt::ActivationLayout::SequenceParallel;
  dagrt::CriticalPathPassOptions path;
  path.model = dagrt::ModelChoice::Roofline;
  path.format = dagrt::ReportFormatName::Json;
  passes.addPass(dagrt::createPartitionTpPpPass(partition));
  passes.addPass(dagrt::createCriticalPathPass(path));
}

// Parses the file named first and runs the textual pipeline named second, if there is one. `code`
// stands for a pipeline that is made in code.
int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  mlir::registerTransformsPasses();
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  auto passes = mlir::PassManager::on<mlir::ModuleOp>(&context);
  llvm::StringRef pipeline = argc > 2 ? argv[2] : "";
  if (pipeline == "code")
    addPasses(passes);
  else if (mlir::failed(mlir::parsePassPipeline(pipeline, passes)))
    return 1;
  if (!module || mlir::failed(passes.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}
