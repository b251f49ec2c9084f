//===- MutantReport.cpp - Counts of mutants, as a page -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The page is committed, and a test compares it with what is printed.
//
//===----------------------------------------------------------------------===//

#include "MutantReport.h"
#include "Damage.h"
#include "Proofs.h"

#include "llvm/Support/Format.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// Fields that are not damaged, by what their names begin with.
struct Exemption {
  StringLiteral prefix, reason;
};
} // namespace

static constexpr Exemption kExemptions[] = {
    {"#dagrt.role.", "names an op's part in its model, for strategies and reports"},
    {"#dagrt.cost.", "says how long an op takes"},
    {"#dagrt.dist.symbols", "is of named sizes, which programs that run do not have"},
    {"#dagrt.logical.sizes", "is of named sizes, which programs that run do not have"},
    {"#dagrt.size.kind", "is of named sizes, which programs that run do not have"},
    {"#dagrt.size.name", "is of named sizes, which programs that run do not have"},
    {"#dagrt.size.operands", "is of named sizes, which programs that run do not have"},
    {"#dagrt.sizes.", "is of named sizes, which programs that run do not have"},
    {"#dagrt.slots.", "says by which positions engines fill and compare caches"},
    {"#dagrt.timing.", "says when an op runs"},
    {"#dagrt.cluster.", "says what costs were computed for"},
    {"#dagrt.device.", "says what costs were computed for"},
};

unsigned Counts::getTotal() const {
  unsigned total = 0;
  for (unsigned count : of)
    total += count;
  return total;
}

std::vector<std::string> MutantReport::findUndamaged() const {
  std::vector<std::string> undamaged;
  auto check = [&](const std::string &field) {
    bool exempt = llvm::any_of(kExemptions, [&](const Exemption &exemption) {
      return StringRef(field).starts_with(exemption.prefix);
    });
    if (!exempt && !fields.count(field))
      undamaged.push_back(field);
  };
  for (const OpField &field : getOpFields())
    check(std::string(field.op) + "." + field.name);
  for (const char *field : getParameterFields())
    check(field);
  return undamaged;
}

static void printTable(const std::map<std::string, Counts> &rows, llvm::raw_ostream &os) {
  os << "| damaged | mutants | verifier | `--verify-placement` | runner | replicas | numbers | "
        "survived |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const auto &[name, counts] : rows) {
    os << "| `" << name << "` | " << counts.getTotal();
    for (unsigned count : counts.of)
      os << " | " << count;
    os << " |\n";
  }
}

void MutantReport::print(llvm::raw_ostream &os) const {
  os << "<!-- Printed by `dagrt-fuzz --mutants test/Random/Inputs/ring.mlir "
        "test/Random/Inputs/signatures.mlir "
        "test/Random/Inputs/decode.mlir`; do not edit. "
        "-->\n\n# Mutants\n\n"
        "What is damaged and how it is noticed is explained in [proof.md](proof.md).\n\n";
  os << all.getTotal() << " mutants of " << programs.size()
     << " programs: " << all.getTotal() - all.getSurvivors() << " noticed, " << all.getSurvivors()
     << " survived ("
     << llvm::format("%.2f", 100.0 * all.getSurvivors() / std::max(1u, all.getTotal()))
     << " %). Verifiers and `--verify-placement` let " << all.getRun()
     << " through to be run; of these, "
     << llvm::format("%.1f", 100.0 * all.getSurvivors() / std::max(1u, all.getRun()))
     << " % survived.\n\n## By what is damaged\n\n";
  printTable(kinds, os);
  os << "\n## By field of the dialect's attributes and types\n\n"
        "A mutant counts for its innermost field and for those around it.\n\n";
  std::map<std::string, Counts> parameters;
  for (const auto &[name, counts] : fields)
    if (name[0] == '#' || name[0] == '!')
      parameters[name] = counts;
  printTable(parameters, os);
  os << "\n## What is not damaged\n\n";
  for (const Exemption &exemption : kExemptions)
    os << "- `" << exemption.prefix << "*` " << exemption.reason << "; no number depends on it.\n";
  os << "\n## Programs\n\n";
  for (auto [i, program] : llvm::enumerate(programs))
    os << i + 1 << ". `" << program << "`\n";
  os << "\n## Survivors\n\nEach by its program and op, under the proof that it is equivalent.\n";
  for (const Proof &proof : getProofs()) {
    os << "\n### " << proof.title << "\n\n" << proof.text << "\n\n";
    for (const Survivor &survivor : survivors)
      if (findProof(survivor.what, survivor.how) == &proof)
        os << "- " << survivor.place << " `" << survivor.what << "`: `" << survivor.how << "`\n";
  }
}

std::vector<Survivor> MutantReport::findUnproved() const {
  std::vector<Survivor> unproved = survivors;
  llvm::erase_if(unproved, [](const Survivor &survivor) {
    return findProof(survivor.what, survivor.how) != nullptr;
  });
  return unproved;
}
