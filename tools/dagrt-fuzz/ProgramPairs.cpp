//===- ProgramPairs.cpp - Random programs under random strategies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramPairs.h"
#include "Pair.h"
#include "Program.h"
#include "RandomProgram.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/ShardingRule.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A program and a strategy for it.
struct RandomPair {
  RandomProgram program;
  RandomStrategy strategy;

  Setup getSetup() const {
    Setup setup;
    setup.program = program.print();
    setup.strategyText = strategy.print();
    setup.strategy = "random";
    setup.decompose = strategy.decompose;
    setup.devices = strategy.getNumDevices();
    return setup;
  }
};
} // namespace

/// What a strategy calls the factors of each node: `n0`. Factors that must be replicated are rare.
static std::vector<std::vector<std::string>> nameFactors(Draw &draw, const RandomProgram &program) {
  std::vector<std::vector<std::string>> names(program.nodes.size());
  std::unique_ptr<MLIRContext> context = makeContext();
  Setup setup;
  setup.program = program.print();
  OwningOpRef<ModuleOp> module = buildModel(setup, context.get());
  if (!module)
    return names;
  module->walk([&](ShardingRuleOpInterface op) {
    RoleAttr role = getRole(op);
    unsigned node = 0;
    if (!role || role.getName().drop_front().getAsInteger(10, node))
      return;
    llvm::StringMap<unsigned> counts;
    for (const Factor &factor : op.getShardingRule().factors) {
      std::string name = factor.name.str() + std::to_string(counts[factor.name]++);
      bool isWhole = factor.kind == FactorKind::Indivisible ||
                     (factor.kind == FactorKind::Decomposable &&
                      !isa<EmbeddingOp, RmsNormOp, LayerNormOp>(*op));
      if (!isWhole || draw.chance(2))
        names[node].push_back(name);
    }
  });
  return names;
}

static RandomPair drawPair(uint64_t seed, uint64_t index) {
  Draw draw(seed, index);
  RandomPair pair;
  pair.program = drawProgram(draw);
  std::vector<std::vector<std::string>> factors = nameFactors(draw, pair.program);
  pair.strategy = drawStrategy(draw, pair.program, factors);
  return pair;
}

//===----------------------------------------------------------------------===//
// Reduction
//===----------------------------------------------------------------------===//

namespace {
/// Makes a pair that fails simpler.
class Reducer {
public:
  Reducer(RandomPair pair, StringRef step, PairOptions options)
      : pair(std::move(pair)), step(step), options(std::move(options)) {}
  RandomPair reduce();

private:
  /// Changes the pair if it fails alike without what `change` takes from it.
  bool attempt(llvm::function_ref<void(RandomPair &)> change);
  bool reduceProgram();
  bool reduceStrategy();
  bool reduceEntry(size_t number);

  RandomPair pair;
  std::string step;
  PairOptions options;
};
} // namespace

bool Reducer::attempt(llvm::function_ref<void(RandomPair &)> change) {
  RandomPair candidate = pair;
  change(candidate);
  Outcome outcome = checkPair(candidate.getSetup(), options);
  if (outcome.kind != Outcome::Failed || outcome.step != step)
    return false;
  pair = std::move(candidate);
  return true;
}

bool Reducer::reduceProgram() {
  bool changed = false;
  for (size_t i = pair.program.results.size(); i-- > 0;)
    if (pair.program.results.size() > 1)
      changed |= attempt([&](RandomPair &p) {
        p.program.results.erase(p.program.results.begin() + static_cast<ptrdiff_t>(i));
      });
  std::vector<bool> live = pair.program.findLive();
  for (size_t i = 0; i < live.size(); ++i) {
    const Node &node = pair.program.nodes[i];
    if (!live[i] || node.isArgument() || llvm::is_contained(pair.program.results, i))
      continue;
    changed |= attempt([&](RandomPair &p) {
      p.program.nodes[i].name.clear();
      p.program.nodes[i].operands.clear();
    });
  }
  return changed;
}

bool Reducer::reduceEntry(size_t number) {
  bool changed = false;
  auto entry = [number](RandomPair &p) -> RandomEntry & { return p.strategy.entries[number]; };
  for (size_t i = entry(pair).cuts.size(); i-- > 0;)
    changed |= attempt([&](RandomPair &p) { entry(p).cuts.erase(entry(p).cuts.begin() + i); });
  for (auto field : {&RandomEntry::result, &RandomEntry::travels})
    if (!(entry(pair).*field).empty())
      changed |= attempt([&](RandomPair &p) { (entry(p).*field).clear(); });
  if (number > 0 && !entry(pair).mesh.empty())
    changed |= attempt([&](RandomPair &p) { entry(p).mesh.clear(); });
  return changed;
}

bool Reducer::reduceStrategy() {
  bool changed = false;
  if (pair.strategy.decompose)
    changed |= attempt([](RandomPair &p) { p.strategy.decompose = false; });
  if (pair.strategy.zigzag > 0)
    changed |= attempt([](RandomPair &p) { p.strategy.zigzag = 0; });
  if (pair.strategy.microbatches > 1)
    changed |= attempt([](RandomPair &p) { p.strategy.microbatches = 1; });
  for (size_t i = pair.strategy.entries.size(); i-- > 1;)
    if (attempt([&](RandomPair &p) {
          p.strategy.entries.erase(p.strategy.entries.begin() + static_cast<ptrdiff_t>(i));
        }))
      changed = true;
    else
      changed |= reduceEntry(i);
  if (pair.strategy.meshes.size() > 1)
    changed |= attempt([](RandomPair &p) { p.strategy.meshes.pop_back(); });
  return changed;
}

RandomPair Reducer::reduce() {
  options.compiled &= step == "run-compiled";
  if (step != "run-on-ranks")
    options.mpirun.clear();
  bool changed = true;
  while (changed) {
    changed = reduceProgram();
    changed |= reduceStrategy();
  }
  return pair;
}

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

static void report(const RandomPair &pair, uint64_t index, const Outcome &outcome,
                   const ProgramOptions &options, const PairOptions &pairOptions) {
  llvm::errs() << "dagrt-fuzz: program " << index << " of seed " << options.seed << '\n'
               << "dagrt-fuzz: error: " << outcome.step << ": " << outcome.message << '\n'
               << "  reproduce: ./dev fuzz --programs --seed=" << options.seed
               << " --first=" << index << " --count=1 --compiled-every=1 --ranks-every=1\n";
  llvm::errs().flush();
  Setup setup = Reducer(pair, outcome.step, pairOptions).reduce().getSetup();
  llvm::errs() << "  reduced:   " << checkPair(setup, pairOptions).message << '\n'
               << "  written:   " << writePair(setup, options.output + "/failure") << '\n';
}

LogicalResult dagrt::checkPrograms(const ProgramOptions &options) {
  // Ranks are processes, so programs for more devices than this run on none.
  constexpr int64_t kMostRanks = 4;
  uint64_t passed = 0, refused = 0, compiled = 0, onRanks = 0;
  for (uint64_t index = options.first; passed < options.count; ++index) {
    RandomPair pair = drawPair(options.seed, index);
    Setup setup = pair.getSetup();
    if (options.verbose)
      llvm::errs() << index << ":\n" << setup.program << setup.strategyText;
    bool runsOnRanks = !options.mpirun.empty() && setup.devices <= kMostRanks &&
                       options.ranksEvery > 0 && passed / options.ranksEvery >= onRanks;
    bool runsCompiled = options.compiledEvery > 0 && passed % options.compiledEvery == 0;
    PairOptions pairOptions{"", runsCompiled, runsOnRanks ? options.mpirun : ""};
    Outcome outcome = checkPair(setup, pairOptions);
    if (outcome.kind == Outcome::Failed) {
      report(pair, index, outcome, options, pairOptions);
      return failure();
    }
    if (options.verbose)
      llvm::errs() << (outcome.kind == Outcome::Refused ? "refused: " + outcome.message : "passed")
                   << '\n';
    if (outcome.kind == Outcome::Refused) {
      ++refused;
      continue;
    }
    ++passed;
    compiled += runsCompiled;
    onRanks += runsOnRanks;
  }
  llvm::outs() << passed << " programs, 0 failures; " << compiled << " also compiled, " << onRanks
               << " also on ranks; " << refused << " refused\n";
  return success();
}
