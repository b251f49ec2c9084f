#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/raw_ostream.h"

// Parses a mesh, and prints what the dialect's interface says about it.
int main() {
  mlir::MLIRContext context;
  context.loadDialect<dagrt::DagrtDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      R"(dagrt.mesh @pool <"sp" = 5> devices [8, 9, 10, 11, 12])", &context);
  if (!module)
    return 1;
  for (auto mesh : module->getOps<dagrt::MeshOp>())
    llvm::outs() << mesh.getSymName() << " has " << mesh.getDevices().size() << " devices\n";
  return 0;
}
