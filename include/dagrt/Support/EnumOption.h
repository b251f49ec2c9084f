//===- EnumOption.h - Options with a fixed set of values -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's parser of enum options answers another value with its name alone. This one does the same
// and answers with the values that there are. `DAGRT_ENUM_OPTION(dagrt::Overlap)`, at the top level
// of a header, makes it the parser of an enum; the values are `clEnumValN`, as always.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_ENUMOPTION_H
#define DAGRT_SUPPORT_ENUMOPTION_H

#include "dagrt/Support/NearestName.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/CommandLine.h"

#include <string>
#include <vector>

namespace dagrt {

template <typename EnumT>
class EnumParser : public llvm::cl::generic_parser_base {
public:
  using parser_data_type = EnumT;

  explicit EnumParser(llvm::cl::Option &option) : generic_parser_base(option) {}

  unsigned getNumOptions() const override { return Values.size(); }
  llvm::StringRef getOption(unsigned number) const override { return Values[number].Name; }
  llvm::StringRef getDescription(unsigned number) const override { return Values[number].HelpStr; }
  const llvm::cl::GenericOptionValue &getOptionValue(unsigned number) const override {
    return Values[number].V;
  }

  /// True on error, as LLVM has it.
  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef text, EnumT &value) {
    std::vector<std::string> names;
    for (const OptionInfo &known : Values) {
      if (known.Name == text) {
        value = known.V.getValue();
        return false;
      }
      names.push_back(known.Name.str());
    }
    return option.error("expects " + listNames() + ", got '" + text + "'" +
                        suggestName(text, names));
  }

  /// Called by `llvm::cl::values`.
  template <typename ValueT>
  void addLiteralOption(llvm::StringRef name, const ValueT &value, llvm::StringRef help) {
    Values.push_back(OptionInfo(name, static_cast<EnumT>(value), help));
    llvm::cl::AddLiteralOption(Owner, name);
  }

protected:
  // The names are those that MLIR's options expect of a parser.
  struct OptionInfo : GenericOptionInfo {
    OptionInfo(llvm::StringRef name, EnumT value, llvm::StringRef help)
        : GenericOptionInfo(name, help), V(value) {}
    llvm::cl::OptionValue<EnumT> V;
  };
  llvm::SmallVector<OptionInfo, 4> Values;

private:
  /// `text, json or formula`
  std::string listNames() const {
    std::string list;
    for (size_t i = 0, count = Values.size(); i < count; ++i)
      list += (i == 0 ? "" : i + 1 == count ? " or " : ", ") + Values[i].Name.str();
    return list;
  }
};

/// The name of an option's value; empty if it is none of those that the option lists.
template <typename OptionT>
llvm::StringRef getValueName(OptionT &option) {
  return option.getParser().findArgStrForValue(option.getValue()).value_or("");
}

} // namespace dagrt

#define DAGRT_ENUM_OPTION(EnumT)                                                                   \
  namespace llvm {                                                                                 \
  namespace cl {                                                                                   \
  template <>                                                                                      \
  class parser<EnumT> : public ::dagrt::EnumParser<EnumT> {                                        \
  public:                                                                                          \
    explicit parser(Option &option) : EnumParser(option) {}                                        \
  };                                                                                               \
  }                                                                                                \
  }

#endif // DAGRT_SUPPORT_ENUMOPTION_H
