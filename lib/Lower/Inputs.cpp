//===- Inputs.cpp - Inputs from a seed -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An element of an input follows from its index, so that a model and its partition get the same. An
// element of a cache follows from the position of its token instead: where the slots of the two
// differ, they hold the same tokens.
//
//===----------------------------------------------------------------------===//

#include "SeededValues.h"
#include "dagrt/Lower/CacheSlots.h"
#include "dagrt/Lower/Evaluator.h"
#include "dagrt/Lower/Parameters.h"

using namespace mlir;
using namespace dagrt;

/// Numbers of the arguments that are inputs.
static SmallVector<unsigned> getInputNumbers(func::FuncOp func) {
  SmallVector<unsigned> numbers;
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    if (!func.getArgAttr(i, kParameterAttrName))
      numbers.push_back(i);
  return numbers;
}

bool InputDescription::operator==(const InputDescription &other) const {
  if (isInteger != other.isInteger || vocabulary != other.vocabulary || isCache != other.isCache)
    return false;
  if (!isCache)
    return shape == other.shape;
  // Slots may be more or fewer.
  ArrayRef<int64_t> a = shape, b = other.shape;
  return a.size() == b.size() && a.take_front() == b.take_front() &&
         a.drop_front(2) == b.drop_front(2);
}

SmallVector<InputDescription> dagrt::describeInputs(func::FuncOp func) {
  SmallVector<InputDescription> inputs;
  for (unsigned number : getInputNumbers(func)) {
    BlockArgument argument = func.getArgument(number);
    auto type = cast<RankedTensorType>(argument.getType());
    InputDescription input;
    input.shape.append(getGlobalShape(type).begin(), getGlobalShape(type).end());
    input.isInteger = isa<IntegerType>(type.getElementType());
    input.isCache = CacheSlots::ofArgument(func, number).has_value();
    if (input.isInteger)
      input.vocabulary = getVocabulary(argument);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

/// Tokens in the cache before the step, of each request.
static Array makeCache(const InputDescription &input, const CacheSlots &slots,
                       const CachedRequests &requests, const Stream &stream) {
  Array cache(input.shape);
  int64_t row = getNumElements(ArrayRef<int64_t>(input.shape).drop_front(2));
  // A position is below this, so that each element of each request has a number of its own.
  constexpr int64_t kPositions = int64_t(1) << 31;
  auto element = cache.elements.begin();
  for (int64_t request = 0; request < input.shape[0]; ++request)
    for (int64_t slot = 0; slot < input.shape[1]; ++slot) {
      std::optional<int64_t> position = slots.getPosition(slot, requests.lengths[request]);
      for (int64_t i = 0; i < row; ++i)
        *element++ = position ? stream.getUniform((request * kPositions + *position) * row + i) : 1;
    }
  return cache;
}

/// The positions of the new tokens, `[batch, tokens]`, or `[tokens]` of one request.
static Array makePositions(const InputDescription &input, const CachedRequests &requests) {
  Array positions(input.shape);
  int64_t tokens = input.shape.back();
  for (auto [i, position] : llvm::enumerate(positions.elements)) {
    int64_t request = input.shape.size() > 1 ? static_cast<int64_t>(i) / tokens : 0;
    int64_t length =
        request < static_cast<int64_t>(requests.lengths.size()) ? requests.lengths[request] : 0;
    position = static_cast<double>(length + static_cast<int64_t>(i) % tokens);
  }
  return positions;
}

static Array makeInput(const InputDescription &input, const Stream &stream) {
  Array array(input.shape);
  int64_t columns = input.shape.empty() ? 1 : input.shape.back();
  for (auto [i, element] : llvm::enumerate(array.elements)) {
    if (!input.isInteger)
      element = stream.getUniform(i);
    else if (input.vocabulary)
      element = stream.getInteger(i, std::max<int64_t>(*input.vocabulary, 1));
    else
      element = static_cast<double>(static_cast<int64_t>(i) % columns);
  }
  return array;
}

std::vector<Array> dagrt::makeInputs(func::FuncOp func, const EvaluatorOptions &options) {
  std::vector<Array> arrays;
  CachedRequests requests = CachedRequests::get(func);
  SmallVector<unsigned> numbers = getInputNumbers(func);
  for (auto [i, input] : llvm::enumerate(describeInputs(func))) {
    Stream stream(options.seed, ("argument " + Twine(i)).str());
    if (std::optional<CacheSlots> slots = CacheSlots::ofArgument(func, numbers[i]))
      arrays.push_back(makeCache(input, *slots, requests, stream));
    else if (!requests.lengths.empty() && isPositions(func, numbers[i]))
      arrays.push_back(makePositions(input, requests));
    else
      arrays.push_back(makeInput(input, stream));
  }
  return arrays;
}
