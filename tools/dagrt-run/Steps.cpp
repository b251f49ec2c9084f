//===- Steps.cpp - Steps of decoding after each other -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Steps.h"

#include "dagrt/Lower/Compare.h"
#include "dagrt/Lower/Stream.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

static RankedTensorType getArgumentType(Program &program, unsigned number) {
  return cast<RankedTensorType>(program.func.getArgumentTypes()[number]);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// The argument that result `number` updates; none if it updates none.
static std::optional<unsigned> getUpdated(Program &program, unsigned number) {
  auto updates =
      program.func.getResultAttrOfType<IntegerAttr>(number, DagrtDialect::kUpdatesAttrName);
  if (!updates)
    return std::nullopt;
  return static_cast<unsigned>(updates.getInt());
}

LogicalResult dagrt::checkSteps(Program &program, const StepRun &run) {
  bool hasPositions = false;
  std::vector<bool> isUpdated(program.func.getNumArguments());
  for (unsigned i = 0; i < program.func.getNumResults(); ++i)
    if (std::optional<unsigned> argument = getUpdated(program, i))
      isUpdated[*argument] = true;
  for (unsigned i = 0; i < program.func.getNumArguments(); ++i) {
    hasPositions |= isPositions(program.func, i);
    std::optional<CacheSlots> cache = CacheSlots::ofArgument(program.func, i);
    if (!cache)
      continue;
    if (!isUpdated[i])
      return complain("expects a result that updates the cache that is argument #" + Twine(i) +
                      " of '" + program.name + "' to run steps, got none");
    for (auto [request, length] : llvm::enumerate(run.lengths))
      if (!cache->isRolling() && run.getEnd(request) > cache->getNumSlots())
        return complain("expects at most " + Twine(cache->getNumSlots()) +
                        " tokens, the slots of the cache that is argument #" + Twine(i) + " of '" +
                        program.name + "', got " + Twine(run.getEnd(request)) + " in request " +
                        Twine(request) + " after " + Twine(run.steps) + " steps");
  }
  if (run.lengths.empty() || !hasPositions)
    return complain("expects a program with caches and the positions of its tokens as arguments "
                    "with --steps, got none in '" +
                    program.name + "'");
  return success();
}

/// Numbers of the results of a prefill that are caches.
static SmallVector<unsigned> getCacheResults(Program &program) {
  SmallVector<unsigned> results;
  for (unsigned i = 0; i < program.func.getNumResults(); ++i)
    if (CacheSlots::ofResult(program.func, i))
      results.push_back(i);
  return results;
}
static SmallVector<unsigned> getCacheArguments(Program &program) {
  SmallVector<unsigned> arguments;
  for (unsigned i = 0; i < program.func.getNumArguments(); ++i)
    if (CacheSlots::ofArgument(program.func, i))
      arguments.push_back(i);
  return arguments;
}

/// Tokens that a program without a cache reads for each request.
static int64_t countTokens(Program &program) {
  return getGlobalShape(getArgumentType(program, 0))[1];
}

/// A model without a cache reads tokens `[batch, tokens]`, or activations.
static LogicalResult checkWhole(Program &program, const StepRun &run) {
  auto type = program.func.getNumArguments() > 0
                  ? dyn_cast<RankedTensorType>(program.func.getArgumentTypes()[0])
                  : RankedTensorType();
  if (!type || type.getRank() < 2 ||
      getGlobalShape(type)[0] != static_cast<int64_t>(run.lengths.size()))
    return complain("expects tokens of " + Twine(run.lengths.size()) +
                    " requests as first argument of '" + program.name + "', got " +
                    (type ? llvm::formatv("{0}", type).str() : std::string("none")));
  return success();
}

/// A window's prefill hands on its last tokens: a request that ends before them needs others.
static LogicalResult checkHandedOn(Program &program, Program &prefill, const StepRun &run,
                                   unsigned result, unsigned argument) {
  CacheSlots from = *CacheSlots::ofResult(prefill.func, result);
  CacheSlots to = *CacheSlots::ofArgument(program.func, argument);
  SmallVector<int64_t> held = from.getSlots(countTokens(prefill));
  for (auto [request, length] : llvm::enumerate(run.lengths)) {
    // What the first new token sees.
    int64_t seen = to.isRolling() ? to.getNumSlots() - run.newTokens : to.getNumSlots();
    for (int64_t position = std::max<int64_t>(length - seen, 0); position < length; ++position)
      if (position >= static_cast<int64_t>(held.size()) || held[position] < 0)
        return complain("expects the token at position " + Twine(position) + " of request " +
                        Twine(request) + " in result #" + Twine(result) + " of '" + prefill.name +
                        "', got a cache of the last " + Twine(from.getNumSlots()) +
                        "; a prefill of a model with windows goes on from its end alone");
  }
  return success();
}

LogicalResult dagrt::checkPrefill(Program &program, Program &prefill, const StepRun &run) {
  if (failed(checkWhole(prefill, run)))
    return failure();
  SmallVector<unsigned> results = getCacheResults(prefill), caches = getCacheArguments(program);
  if (results.size() != caches.size())
    return complain("expects " + Twine(caches.size()) + " caches among the results of '" +
                    prefill.name + "', as '" + program.name + "' has arguments, got " +
                    Twine(results.size()) + "; --kv-cache=keep imports a prefill with them");
  for (auto [result, argument] : llvm::zip_equal(results, caches)) {
    ArrayRef<int64_t> from =
        getGlobalShape(cast<RankedTensorType>(prefill.func.getResultTypes()[result]));
    ArrayRef<int64_t> to = getGlobalShape(getArgumentType(program, argument));
    if (from[0] != to[0] || from.drop_front(2) != to.drop_front(2))
      return complain("expects result #" + Twine(result) + " of '" + prefill.name +
                      "' to have the batch, heads and dims of argument #" + Twine(argument) +
                      " of '" + program.name + "'");
    if (failed(checkHandedOn(program, prefill, run, result, argument)))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The elements of the token at `position` of `request`.
static void writeToken(Array &tokens, const StepRun &run, int64_t request, int64_t index,
                       int64_t position) {
  Stream stream(run.seed, "token");
  int64_t count = tokens.shape[1];
  int64_t size = getNumElements(ArrayRef<int64_t>(tokens.shape).drop_front(2));
  for (int64_t i = 0; i < size; ++i) {
    int64_t number = ((request << 31) + position) * size + i;
    tokens.elements[(request * count + index) * size + i] =
        run.vocabulary ? stream.getInteger(number, std::max<int64_t>(*run.vocabulary, 1))
                       : stream.getUniform(number);
  }
}

Array dagrt::makeTokens(Program &program, const StepRun &run) {
  ArrayRef<int64_t> shape = getGlobalShape(getArgumentType(program, 0));
  Array tokens(shape);
  for (int64_t request = 0; request < shape[0]; ++request)
    for (int64_t token = 0; token < shape[1]; ++token)
      writeToken(tokens, run, request, token, token);
  return tokens;
}

/// The tokens and positions of step `step`.
static void setTokens(Program &program, std::vector<Array> &inputs, const StepRun &run,
                      int64_t step) {
  for (unsigned i = 0; i < program.func.getNumArguments(); ++i) {
    if (i != 0 && !isPositions(program.func, i))
      continue;
    int64_t requests = run.lengths.size();
    for (int64_t request = 0; request < requests; ++request)
      for (int64_t token = 0; token < run.newTokens; ++token) {
        int64_t position = run.lengths[request] + step * run.newTokens + token;
        if (i == 0)
          writeToken(inputs[i], run, request, token, position);
        else if (inputs[i].shape.size() == 2)
          inputs[i].elements[request * run.newTokens + token] = static_cast<double>(position);
        else
          inputs[i].elements[token] = static_cast<double>(position);
      }
  }
}

std::vector<Array> dagrt::makeFirstInputs(Program &program, Program *prefill, const StepRun &run,
                                          const EvaluatorOptions &options) {
  std::vector<Array> inputs = makeInputs(program.func, options);
  if (!prefill)
    return inputs;
  int64_t end = countTokens(*prefill);
  for (auto [result, argument] :
       llvm::zip_equal(getCacheResults(*prefill), getCacheArguments(program)))
    moveTokens(prefill->outputs[result], *CacheSlots::ofResult(prefill->func, result), end,
               inputs[argument], *CacheSlots::ofArgument(program.func, argument), run.lengths);
  return inputs;
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

LogicalResult dagrt::runSteps(Program &program, std::vector<Array> inputs, RunFn step,
                              StepRun &run) {
  for (int64_t number = 0; number < run.steps; ++number) {
    setTokens(program, inputs, run, number);
    FailureOr<std::vector<Array>> outputs = step(inputs);
    if (failed(outputs))
      return failure();
    run.outputs.push_back(std::move(outputs->front()));
    for (unsigned i = 0; i < program.func.getNumResults(); ++i)
      if (std::optional<unsigned> argument = getUpdated(program, i))
        inputs[*argument] = std::move((*outputs)[i]);
  }
  for (unsigned i = 0; i < program.func.getNumResults(); ++i)
    if (std::optional<unsigned> argument = getUpdated(program, i))
      run.caches.push_back({i, inputs[*argument]});
  return success();
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

namespace {
/// The largest difference that was seen.
struct Worst {
  Difference difference;
  std::string where;

  void add(const Array &a, const Array &b, const Twine &place) {
    Difference found = compare(a, b);
    if (where.empty() || !(found.getError() <= difference.getError())) {
      difference = found;
      where = place.str();
    }
  }
};
} // namespace

/// `[rest...]` of `output`, `[batch, tokens, rest...]`, for one token.
static Array getRow(const Array &output, int64_t request, int64_t token) {
  ArrayRef<int64_t> shape = ArrayRef<int64_t>(output.shape).drop_front(2);
  Array row(shape);
  int64_t size = row.elements.size();
  std::copy_n(output.elements.begin() + (request * output.shape[1] + token) * size, size,
              row.elements.begin());
  return row;
}

static LogicalResult report(const Worst &worst, StringRef what, double tolerance) {
  double error = worst.difference.getError();
  llvm::outs() << what
               << llvm::format(": error %.2e (max|a-b| %.2e, max|b| %.2e)", error,
                               worst.difference.largest, worst.difference.reference)
               << ", largest " << worst.where << '\n';
  if (error <= tolerance)
    return success();
  return complain("expects " + what + " within " + llvm::formatv("{0:e2}", tolerance).str() +
                  ", got " + llvm::formatv("{0:e2}", error).str() + " " + worst.where);
}

/// Outputs by request and position. A program that gives the last token's output alone has one row.
static LogicalResult compareOutputsOfSteps(Program &program, const StepRun &run, Program &whole,
                                           double tolerance) {
  Worst worst;
  const Array &reference = whole.outputs.front();
  int64_t tokens = countTokens(whole), rows = reference.shape[1], compared = 0;
  for (auto [step, output] : llvm::enumerate(run.outputs))
    for (int64_t request = 0, e = run.lengths.size(); request < e; ++request)
      for (int64_t row = 0, count = output.shape[1]; row < count; ++row) {
        int64_t position = run.lengths[request] + static_cast<int64_t>(step) * run.newTokens +
                           (run.newTokens - count) + row;
        int64_t other = position - (tokens - rows);
        if (other < 0 || other >= rows)
          continue;
        ++compared;
        worst.add(getRow(output, request, row), getRow(reference, request, other),
                  "in request " + Twine(request) + " at position " + Twine(position));
      }
  if (compared == 0)
    return complain("expects an output of '" + whole.name + "' for a position that '" +
                    program.name + "' has one for, got none; --logits=all imports all");
  return report(worst, ("outputs of " + Twine(compared) + " tokens").str(), tolerance);
}

LogicalResult dagrt::compareSteps(Program &program, const StepRun &run, Program &whole,
                                  double tolerance) {
  int64_t tokens = countTokens(whole), last = 0;
  for (int64_t request = 0, e = run.lengths.size(); request < e; ++request)
    last = std::max(last, run.getEnd(request));
  if (last > tokens)
    return complain("expects at least " + Twine(last) + " tokens in '" + whole.name +
                    "', which the steps end with, got " + Twine(tokens));
  bool ok = succeeded(compareOutputsOfSteps(program, run, whole, tolerance));
  SmallVector<unsigned> results = getCacheResults(whole);
  if (results.empty())
    return success(ok);
  if (results.size() != run.caches.size())
    return complain("expects " + Twine(run.caches.size()) + " caches among the results of '" +
                    whole.name + "', got " + Twine(results.size()));
  Worst worst;
  unsigned windows = 0;
  SmallVector<int64_t> ends;
  for (int64_t request = 0, e = run.lengths.size(); request < e; ++request)
    ends.push_back(run.getEnd(request));
  for (auto [own, other] : llvm::zip_equal(run.caches, results)) {
    CacheSlots slots = *CacheSlots::ofResult(program.func, own.first);
    CacheSlots reference = *CacheSlots::ofResult(whole.func, other);
    // Both hold the last tokens of each request; a window's cache no more than these. What a
    // prefill has kept of a longer sequence may have none of them.
    const Array &cache = own.second;
    int64_t count = std::min(slots.getNumSlots(), last);
    if (slots.isRolling() || reference.getNumSlots() < tokens) {
      ++windows;
      continue;
    }
    worst.add(takeLast(cache, slots, ends, count),
              takeLast(whole.outputs[other], reference, ends, count),
              "in result #" + Twine(own.first));
  }
  if (windows > 0)
    llvm::outs() << windows << " caches of windows are not compared\n";
  if (worst.where.empty())
    return success(ok);
  bool same = succeeded(report(worst, "caches", tolerance));
  return success(ok && same);
}

LogicalResult dagrt::compareStepRuns(Program &program, const StepRun &run, Program &reference,
                                     const StepRun &other, double tolerance) {
  Worst outputs, caches;
  for (auto [step, a, b] : llvm::enumerate(run.outputs, other.outputs)) {
    if (a.shape != b.shape)
      return complain("expects outputs of one shape from '" + program.name + "' and '" +
                      reference.name + "'");
    outputs.add(a, b, "in step " + Twine(step));
  }
  bool ok = succeeded(report(outputs, "outputs", tolerance));
  if (run.caches.size() != other.caches.size())
    return complain("expects " + Twine(other.caches.size()) + " caches of '" + program.name +
                    "', as '" + reference.name + "' updates, got " + Twine(run.caches.size()));
  SmallVector<int64_t> ends;
  for (int64_t request = 0, e = run.lengths.size(); request < e; ++request)
    ends.push_back(run.getEnd(request));
  for (auto [a, b] : llvm::zip_equal(run.caches, other.caches)) {
    CacheSlots own = *CacheSlots::ofResult(program.func, a.first);
    CacheSlots its = *CacheSlots::ofResult(reference.func, b.first);
    int64_t count = std::min(own.getNumSlots(), its.getNumSlots());
    caches.add(takeLast(a.second, own, ends, count), takeLast(b.second, its, ends, count),
               "in result #" + Twine(a.first));
  }
  bool same = succeeded(report(caches, "caches", tolerance));
  return success(ok && same);
}
