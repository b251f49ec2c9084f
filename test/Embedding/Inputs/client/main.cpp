#include "dagrt/Pipelines/Registration.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/raw_ostream.h"

// Parses the file named first and runs the textual pipeline named second, if there is one.
int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  mlir::registerTransformsPasses();
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  auto passes = mlir::PassManager::on<mlir::ModuleOp>(&context);
  if (!module || (argc > 2 && mlir::failed(mlir::parsePassPipeline(argv[2], passes))) ||
      mlir::failed(passes.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}
