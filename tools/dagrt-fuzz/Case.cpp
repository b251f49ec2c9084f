//===- Case.cpp - A random model and a random strategy -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cases as lists of choices: drawing, printing and reading them.
//
//===----------------------------------------------------------------------===//

#include "Case.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <random>

using namespace mlir;
using namespace dagrt;

namespace {
/// The choices of one entry, taken apart.
struct Choices {
  SmallVector<StringRef> names;
  /// Number of the choice that each of equally likely draws gives.
  SmallVector<unsigned> draws;

  explicit Choices(const Entry &entry) {
    SmallVector<StringRef> words;
    entry.choices.split(words, ' ');
    for (StringRef word : words) {
      auto [name, weight] = word.split('*');
      unsigned count = 1;
      if (!weight.empty())
        weight.getAsInteger(10, count);
      draws.append(count, names.size());
      names.push_back(name);
    }
  }
};
} // namespace

static ArrayRef<Choices> getAllChoices() {
  static const std::vector<Choices> all(getEntries().begin(), getEntries().end());
  return all;
}

ArrayRef<StringRef> dagrt::getChoices(unsigned entry) { return getAllChoices()[entry].names; }

Case dagrt::drawCase(uint64_t seed, uint64_t index) {
  // The distributions of the standard library differ from one to another; its engines do not.
  std::seed_seq sequence{uint32_t(seed), uint32_t(seed >> 32), uint32_t(index),
                         uint32_t(index >> 32)};
  std::mt19937_64 engine(sequence);
  Case choices;
  for (const Choices &entry : getAllChoices())
    choices.push_back(entry.draws[engine() % entry.draws.size()]);
  return choices;
}

std::string dagrt::formatCase(const Case &choices) {
  std::string text;
  for (auto [i, choice] : llvm::enumerate(choices))
    if (choice != 0)
      text += (text.empty() ? "" : " ") + getEntries()[i].name.str() + "=" +
              getChoices(i)[choice].str();
  return text;
}

FailureOr<Case> dagrt::parseCase(StringRef text) {
  Case choices(getEntries().size(), 0);
  SmallVector<StringRef> words;
  text.split(words, ' ', -1, /*KeepEmpty=*/false);
  for (StringRef word : words) {
    auto [name, value] = word.split('=');
    const Entry *entry =
        llvm::find_if(getEntries(), [&](const Entry &e) { return e.name == name; });
    if (entry == getEntries().end()) {
      llvm::errs() << "dagrt-fuzz: error: expects an entry of the table, got '" << name << "': ";
      llvm::interleaveComma(getEntries(), llvm::errs(),
                            [](const Entry &e) { llvm::errs() << e.name; });
      llvm::errs() << '\n';
      return failure();
    }
    unsigned number = entry - getEntries().begin();
    ArrayRef<StringRef> names = getChoices(number);
    const StringRef *choice = llvm::find(names, value);
    if (choice == names.end()) {
      llvm::errs() << "dagrt-fuzz: error: expects '" << name << "' to be "
                   << llvm::join(names, ", ") << ", got '" << value << "'\n";
      return failure();
    }
    choices[number] = choice - names.begin();
  }
  return choices;
}

Setup dagrt::makeSetup(const Case &choices) {
  Setup setup;
  for (auto [i, choice] : llvm::enumerate(choices))
    getEntries()[i].apply(getChoices(i)[choice], setup);
  finishSetup(setup);
  return setup;
}
