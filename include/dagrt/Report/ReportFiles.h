//===- ReportFiles.h - Reports of several modules in one file -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass that reports runs once for each module: for the modules inside one, side by side, and for
// the parts of a split input, each in a context of its own. What they say goes to the same file, in
// the order of the modules.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_REPORTFILES_H
#define DAGRT_REPORT_REPORTFILES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dagrt {

/// What a report says of one module.
struct ReportPart {
  /// The file, if this is its only part.
  std::string alone;
  /// JSON objects, one for each function, to be the elements of an array beside those of other
  /// modules. Unused by formats of which parts simply follow each other.
  std::vector<std::string> objects;
  /// The name of that array (`functions`); empty for such formats.
  llvm::StringRef array;
  /// The option that names the file, for errors.
  llvm::StringRef option = "report";
  /// True if a file holds no more than one part.
  bool isSingle = false;
  std::vector<std::string> warnings;
};

/// Collects parts of files by the modules they are about. Thread-safe.
class ReportFiles {
public:
  /// When files are written: with each part that comes, or when `write` is called, for a tool that
  /// knows when all passes have run. `isSplit` says that modules come from several inputs.
  enum class When { AtOnce, AtEnd };
  explicit ReportFiles(When when, bool isSplit = false) : when(when), isSplit(isSplit) {}

  /// Refuses reports to the file `path`, which a tool needs for what `use` says: `the program is
  /// written there`. Standard streams and devices are shared.
  void keepFree(llvm::StringRef path, llvm::StringRef use);

  /// The name by which a report calls `module`: `@a::@b`, or `#2` for the second input or nested
  /// module where there is no name.
  std::string getName(mlir::ModuleOp module, unsigned input) const;

  /// True if other modules may add to a file that `module` adds to.
  bool isShared(mlir::ModuleOp module) const { return isSplit || module->getParentOp(); }

  /// Adds the part of `module`, which comes from input number `input`, to the file `path`; an empty
  /// path is standard error. A part of the same module is replaced if files are written
  /// at once, and an error if they are written at the end: it would be lost.
  llvm::Error add(llvm::StringRef path, mlir::ModuleOp module, unsigned input, ReportPart part);

  /// Writes all files that have not been written.
  llvm::Error write();

  /// Numbers inputs: called once for each context that reports.
  unsigned startInput() { return inputs++; }

private:
  /// The input, then the positions of the nested modules.
  using Key = std::vector<unsigned>;
  struct File {
    mlir::Operation *root = nullptr;
    std::map<Key, ReportPart> parts;
  };
  llvm::Error writeFile(llvm::StringRef path, const File &file);

  When when;
  bool isSplit;
  unsigned inputs = 0;
  std::mutex mutex;
  std::map<std::string, File> files;
  /// Files that no report may replace, and why.
  std::vector<std::pair<std::string, std::string>> others;
};

/// Gives each context of `registry` files of its own, which are written at once.
void registerReportFiles(mlir::DialectRegistry &registry);

/// Lets the passes of all contexts of `registry` report to `files`, which must outlive them.
void shareReportFiles(mlir::DialectRegistry &registry, ReportFiles &files);

/// Makes the JSON objects of a part, each with the name of its module.
using MakeObjects = llvm::function_ref<std::vector<std::string>(llvm::StringRef module)>;

/// Adds a part to the report at `path` (empty: standard error), or says on `module` why it cannot
/// be written. Of a format of JSON, `makeObjects` is asked if other modules may share the file.
llvm::LogicalResult addReport(mlir::ModuleOp module, llvm::StringRef path, ReportPart part,
                              MakeObjects makeObjects = nullptr);

/// The same for a report about a module and not a function: of several, JSON is an array `modules`
/// of objects with the keys `module` and `report`.
llvm::LogicalResult addDocument(mlir::ModuleOp module, llvm::StringRef path, std::string text,
                                bool isJson);

/// Writes a trace or graph, of which a file holds one: another module that names the same file is
/// an error on it.
llvm::LogicalResult addDrawing(mlir::ModuleOp module, llvm::StringRef option, llvm::StringRef path,
                               std::string text);

} // namespace dagrt

#endif // DAGRT_REPORT_REPORTFILES_H
