//===- YamlFile.h - Reading files of YAML or JSON -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All files that people write for dagrt (devices, clusters, strategies, plans, terms) are read
// here, so that all errors are alike: at the line and column of the key, with the keys that are
// known and the one that may have been meant. Each kind of file declares its keys, as LLVM's YAML
// traits:
//
//   template <> struct llvm::yaml::MappingTraits<Plan> {
//     static void mapping(IO &io, Plan &plan) {
//       dagrt::YamlKeys keys(io);
//       keys.map("name", plan.name);
//     }
//   };
//
// Every key is optional to the reader. A missing key is reported afterwards, at the mapping's
// position.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_YAMLFILE_H
#define DAGRT_SUPPORT_YAMLFILE_H

#include "dagrt/Support/TextPosition.h"

#include "llvm/Support/YAMLTraits.h"

#include <string>
#include <vector>

namespace dagrt {

/// A scalar, and where it stands. One that the reader had to copy (for its escapes) stands nowhere.
struct YamlText {
  std::string text;
  TextPosition at;
};

/// Reads one text. The readers of scalars and mappings get it from their context.
class YamlReader {
public:
  /// What to write instead of `key` where `nearest` is known.
  using SuggestFn = std::string (*)(llvm::StringRef key, llvm::StringRef nearest);

  /// `what` is `description of a device`.
  YamlReader(llvm::StringRef text, llvm::StringRef what, TextErrorHandler emitError,
             SuggestFn suggest = nullptr)
      : text(text), what(what), lines(text), emitError(emitError), suggest(suggest) {}

  static YamlReader &get(llvm::yaml::IO &io) { return get(io.getContext()); }
  static YamlReader &get(void *context) { return *static_cast<YamlReader *>(context); }

  /// Reads exactly one document.
  template <typename T>
  mlir::LogicalResult read(T &value) {
    if (mlir::failed(checkNesting()))
      return mlir::failure();
    llvm::yaml::Input input(text, this, report, this);
    if (!input.setCurrentDocument())
      return reject("an empty file");
    llvm::yaml::EmptyContext empty;
    llvm::yaml::yamlize(input, value, true, empty);
    if (input.error() || hasError)
      return reject("text that does not read as one");
    if (input.nextDocument())
      return reject("several documents; keep one and drop the '---' between them");
    return mlir::success(!hasError);
  }

  /// The key whose value is read.
  llvm::StringRef getKey() const { return key; }

  /// What the reader of a scalar returns that is none: the message lives as long as this.
  llvm::StringRef refuse(const llvm::Twine &why);

  TextPosition getPosition(const char *at) const { return lines.getPosition(at); }

private:
  friend class YamlKeys;
  mlir::LogicalResult checkNesting();
  mlir::LogicalResult reject(const llvm::Twine &got);
  std::string describe(llvm::StringRef message) const;
  static void report(const llvm::SMDiagnostic &diagnostic, void *context);

  llvm::StringRef text, what;
  TextLines lines;
  TextErrorHandler emitError;
  SuggestFn suggest;
  llvm::StringRef key;
  std::vector<std::string> keys; ///< That the mapping last read knows.
  std::string message;
  bool hasError = false;
};

/// Maps the keys of one mapping, and notes them for errors.
class YamlKeys {
public:
  explicit YamlKeys(llvm::yaml::IO &io) : io(io) {}
  /// Nested mappings are read in between, so the names are handed over at the end.
  ~YamlKeys() { YamlReader::get(io).keys = std::move(names); }

  /// Errors list the key unless it `isShown` not: another name of one that they do list.
  template <typename T>
  void map(llvm::StringRef name, T &value, bool isShown = true) {
    if (isShown)
      names.push_back(name.str());
    YamlReader::get(io).key = name;
    io.mapOptional(name, value);
  }

  /// Reports the mapping.
  void refuse(const llvm::Twine &why) { io.setError(why); }

  /// Where the mapping begins.
  TextPosition getPosition() const;

private:
  llvm::yaml::IO &io;
  std::vector<std::string> names;
};

} // namespace dagrt

LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(dagrt::YamlText)

template <>
struct llvm::yaml::ScalarTraits<dagrt::YamlText> {
  static void output(const dagrt::YamlText &value, void *, raw_ostream &os) { os << value.text; }
  static StringRef input(StringRef scalar, void *context, dagrt::YamlText &value) {
    value = {scalar.str(), dagrt::YamlReader::get(context).getPosition(scalar.data())};
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

#endif // DAGRT_SUPPORT_YAMLFILE_H
