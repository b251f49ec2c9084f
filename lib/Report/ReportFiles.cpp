//===- ReportFiles.cpp - Reports of several modules in one file -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parts are kept by the place of their module: the number of the input, then the number of each
// nested module among the ops of its parent. So their order is that of the program, whichever
// thread is first. A dialect interface leads from a context to the files.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/ReportFiles.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Support/OutputFile.h"

#include "mlir/IR/DialectInterface.h"

#include "llvm/Support/Errc.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// The number of `module` among the ops of its parent.
static unsigned getPlace(Operation *module) {
  unsigned place = 0;
  for (Operation &op : *module->getBlock()) {
    if (&op == module)
      break;
    ++place;
  }
  return place;
}

std::string ReportFiles::getName(ModuleOp module, unsigned input) const {
  std::string name;
  for (Operation *op = module; op; op = op->getParentOp()) {
    auto symbol = op->getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName());
    std::string part;
    if (symbol)
      part = "@" + symbol.str();
    else if (op->getParentOp())
      part = "#" + std::to_string(getPlace(op) + 1);
    else if (isSplit)
      part = "#" + std::to_string(input + 1);
    if (!part.empty())
      name = name.empty() ? part : part + "::" + name;
  }
  return llvm::json::isUTF8(name) ? name : llvm::json::fixUTF8(name);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// An object that holds the objects of all parts.
static std::string joinObjects(const std::map<std::vector<unsigned>, ReportPart> &parts) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("version", 1);
    json.attributeArray("warnings", [&] {
      for (const auto &[key, part] : parts)
        for (const std::string &warning : part.warnings)
          json.value(warning);
    });
    json.attributeArray(parts.begin()->second.array, [&] {
      for (const auto &[key, part] : parts)
        for (const std::string &object : part.objects)
          json.rawValue(object);
    });
  });
  json.flush();
  os << '\n';
  return text;
}

static llvm::Error refuseFile(StringRef option, StringRef path, const Twine &reason) {
  return llvm::createStringError(llvm::errc::io_error,
                                 "expects option '" + option +
                                     "' to name a file that can be written, got '" + path +
                                     "': " + reason);
}

llvm::Error ReportFiles::writeFile(StringRef path, const File &file) {
  std::string text;
  if (file.parts.size() > 1 && !file.parts.begin()->second.array.empty())
    text = joinObjects(file.parts);
  else
    for (const auto &[key, part] : file.parts)
      text += (text.empty() ? "" : "\n") + part.alone;
  if (path.empty()) {
    llvm::errs() << text;
    return llvm::Error::success();
  }
  llvm::Error error = replaceFile(path, text);
  if (!error)
    return error;
  return refuseFile(file.parts.begin()->second.option, path, llvm::toString(std::move(error)));
}

/// True if `a` and `b` are one file, by whatever way they name it.
static bool isSameFile(StringRef a, StringRef b) {
  if (llvm::sys::fs::exists(a) && llvm::sys::fs::exists(b))
    return llvm::sys::fs::is_regular_file(a) && llvm::sys::fs::equivalent(a, b);
  SmallString<128> paths[] = {a, b};
  for (SmallString<128> &path : paths) {
    (void)llvm::sys::fs::make_absolute(path);
    llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  }
  return paths[0] == paths[1];
}

void ReportFiles::keepFree(StringRef path, StringRef use) {
  if (!path.empty() && path != "-")
    others.emplace_back(path, use);
}

llvm::Error ReportFiles::add(StringRef path, ModuleOp module, unsigned input, ReportPart part) {
  Key key;
  Operation *root = module;
  for (; root->getParentOp(); root = root->getParentOp())
    key.push_back(getPlace(root));
  key.push_back(input);
  std::reverse(key.begin(), key.end());
  // What people read on standard error comes when it is known.
  if (path.empty() && part.array.empty()) {
    llvm::errs() << part.alone;
    return llvm::Error::success();
  }
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto &[other, use] : others)
    if (!path.empty() && path != "-" && isSameFile(path, other))
      return refuseFile(part.option, path, use);
  File &file = files[path.str()];
  // A program of its own replaces the file, unless all inputs share it.
  if (when == When::AtOnce && file.root != root)
    file.parts.clear();
  file.root = root;
  if (part.isSingle && !file.parts.empty() && !file.parts.count(key))
    return refuseFile(part.option, path, "it holds that of another module already");
  if (when == When::AtEnd && file.parts.count(key))
    return refuseFile(part.option, path, "it holds another report of the same module already");
  file.parts[key] = std::move(part);
  return when == When::AtOnce ? writeFile(path, file) : llvm::Error::success();
}

llvm::Error ReportFiles::write() {
  for (auto &[path, file] : files)
    if (llvm::Error error = writeFile(path, file))
      return error;
  files.clear();
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// From a context to its files
//===----------------------------------------------------------------------===//

namespace {
class ReportFilesOfContext final : public DialectInterface::Base<ReportFilesOfContext> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReportFilesOfContext)
  explicit ReportFilesOfContext(Dialect *dialect)
      : Base(dialect), own(ReportFiles::When::AtOnce), files(&own) {}

  /// Of the context of `dialect`: made at the first call, while the dialect is loaded.
  static ReportFilesOfContext &get(Dialect *dialect) {
    if (!dialect->getRegisteredInterface<ReportFilesOfContext>())
      dialect->addInterfaces<ReportFilesOfContext>();
    auto *found = dialect->getRegisteredInterface<ReportFilesOfContext>();
    return *const_cast<ReportFilesOfContext *>(found);
  }

  void share(ReportFiles &shared) { files = &shared; }

  /// The number of this context's input, among those that report: tools make contexts for other
  /// purposes, too.
  unsigned getInput() {
    std::call_once(isNumbered, [this] { input = files->startInput(); });
    return input;
  }

  ReportFiles own;
  ReportFiles *files;

private:
  std::once_flag isNumbered;
  unsigned input = 0;
};
} // namespace

void dagrt::registerReportFiles(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *, DagrtDialect *dialect) { ReportFilesOfContext::get(dialect); });
}

namespace {
/// Shares files between the contexts of a registry.
struct ShareFiles final : DialectExtension<ShareFiles, DagrtDialect> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ShareFiles)
  explicit ShareFiles(ReportFiles &files) : files(files) {}
  void apply(MLIRContext *, DagrtDialect *dialect) const override {
    ReportFilesOfContext::get(dialect).share(files);
  }
  ReportFiles &files;
};
} // namespace

void dagrt::shareReportFiles(DialectRegistry &registry, ReportFiles &files) {
  registry.addExtension(TypeID::get<ShareFiles>(), std::make_unique<ShareFiles>(files));
}

/// Says in a part that others will stand beside which module it is about.
static void nameModule(ReportPart &part, StringRef name, MakeObjects makeObjects) {
  if (makeObjects)
    part.objects = makeObjects(name);
  else if (!part.isSingle && !name.empty())
    part.alone = ("module " + name + "\n\n" + part.alone).str();
}

LogicalResult dagrt::addReport(ModuleOp module, StringRef path, ReportPart part,
                               MakeObjects makeObjects) {
  auto *dialect = module.getContext()->getLoadedDialect<DagrtDialect>();
  auto *found = const_cast<ReportFilesOfContext *>(
      dialect ? dialect->getRegisteredInterface<ReportFilesOfContext>() : nullptr);
  ReportFiles alone(ReportFiles::When::AtOnce);
  ReportFiles &files = found ? *found->files : alone;
  unsigned input = found ? found->getInput() : 0;
  if (files.isShared(module))
    nameModule(part, files.getName(module, input), makeObjects);
  if (llvm::Error error = files.add(path, module, input, std::move(part)))
    return module.emitError() << llvm::toString(std::move(error));
  return success();
}

LogicalResult dagrt::addDocument(ModuleOp module, StringRef path, std::string text, bool isJson) {
  std::string document = isJson ? text : std::string();
  auto makeObjects = [&](StringRef name) {
    std::string object;
    llvm::raw_string_ostream os(object);
    llvm::json::OStream json(os, /*IndentSize=*/2);
    json.object([&] {
      json.attribute("module", name);
      json.attributeBegin("report");
      json.rawValue(StringRef(document).rtrim());
      json.attributeEnd();
    });
    return std::vector<std::string>{object};
  };
  ReportPart part;
  part.alone = std::move(text);
  part.array = isJson ? "modules" : "";
  return addReport(module, path, std::move(part), isJson ? MakeObjects(makeObjects) : nullptr);
}

LogicalResult dagrt::addDrawing(ModuleOp module, StringRef option, StringRef path,
                                std::string text) {
  ReportPart part;
  part.alone = std::move(text);
  part.option = option;
  part.isSingle = true;
  return addReport(module, path, std::move(part));
}
