//===- RandomProgram.cpp - Programs that are no transformers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace llvm;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

std::vector<bool> RandomProgram::findLive() const {
  std::vector<bool> live(nodes.size(), false);
  for (unsigned result : results)
    live[result] = true;
  for (size_t i = nodes.size(); i-- > 0;)
    for (unsigned operand : nodes[i].operands)
      live[operand] = live[operand] || live[i];
  return live;
}

static std::string getType(const Node &node) {
  std::string type = "tensor<";
  for (int64_t size : node.shape)
    type += std::to_string(size) + "x";
  return type + (node.isInteger ? "i32>" : "f32>");
}

/// `prefix` and number of each, or the type of each.
template <typename RangeT>
static std::string list(const RangeT &numbers, function_ref<std::string(unsigned)> print) {
  std::string text;
  for (unsigned number : numbers)
    text += (text.empty() ? "" : ", ") + print(number);
  return text;
}

std::string RandomProgram::print() const {
  std::vector<bool> live = findLive();
  auto name = [](unsigned i) { return "%n" + std::to_string(i); };
  auto type = [&](unsigned i) { return getType(nodes[i]); };
  std::vector<unsigned> arguments;
  for (unsigned i = 0; i < nodes.size(); ++i)
    if (live[i] && nodes[i].isArgument())
      arguments.push_back(i);
  std::string text = "func.func @f(" +
                     list(arguments, [&](unsigned i) { return name(i) + ": " + type(i); }) +
                     ") -> (" + list(results, type) + ") {\n";
  for (unsigned i = 0; i < nodes.size(); ++i) {
    const Node &node = nodes[i];
    if (!live[i] || node.isArgument())
      continue;
    text += "  " + name(i) + " = \"" + node.name + "\"(" + list(node.operands, name) + ")";
    if (!node.properties.empty())
      text += " <{" + node.properties + "}>";
    text += " {dagrt.role = #dagrt.role<n" + std::to_string(i) + ">} : (" +
            list(node.operands, type) + ") -> " + type(i) + "\n";
  }
  return text + "  return " + list(results, name) + " : " + list(results, type) + "\n}\n";
}

//===----------------------------------------------------------------------===//
// Drawing
//===----------------------------------------------------------------------===//

namespace {
using Shape = SmallVector<int64_t, 5>;

/// Adds nodes to a program.
class Builder {
public:
  explicit Builder(Draw &draw);
  RandomProgram build();

private:
  unsigned add(StringRef name, ArrayRef<unsigned> operands, ArrayRef<int64_t> shape,
               StringRef properties = "");
  unsigned addParameter(ArrayRef<int64_t> shape);
  unsigned addArgument(ArrayRef<int64_t> shape, bool isInteger = false);
  unsigned getPositions(int64_t tokens);
  std::optional<unsigned> find(function_ref<bool(const Node &)> fits);
  /// A value of `shape`: one that is there, or a parameter, or an argument.
  unsigned getValue(ArrayRef<int64_t> shape);
  Shape drawShape(unsigned rank);

  void addOp();
  void addUnary(unsigned x);
  void addBinary(unsigned x);
  void addNamedDims(unsigned x);
  void addMatmul(unsigned x);
  void addBatchMatmul(unsigned x);
  void addNorm(unsigned x);
  void addRope(unsigned x);
  void addAttention(unsigned x);
  void addDecomposed(unsigned query, unsigned key, unsigned value);
  std::string addScoreOperands(ArrayRef<int64_t> shape, SmallVectorImpl<unsigned> &operands);
  void addSoftmax(unsigned x);
  void addSlice(unsigned x);
  void addConcat(unsigned x);
  void addReorder(unsigned x);
  void addEmbedding(unsigned x);
  void addMoment(unsigned x);
  void addForeign(unsigned x);

  const Shape &getShape(unsigned i) { return program.nodes[i].shape; }

  Draw &draw;
  RandomProgram program;
  Shape sizes;
};
} // namespace

static int64_t getProduct(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

Builder::Builder(Draw &draw) : draw(draw) {
  for (unsigned i = 0; i < 3; ++i)
    sizes.push_back(draw.pick(ArrayRef<int64_t>{1, 2, 2, 3, 3, 4, 5, 6, 7}));
  if (draw.chance(8))
    sizes.push_back(0);
}

unsigned Builder::add(StringRef name, ArrayRef<unsigned> operands, ArrayRef<int64_t> shape,
                      StringRef properties) {
  Node node;
  node.name = name.str();
  node.operands.append(operands.begin(), operands.end());
  node.shape.append(shape.begin(), shape.end());
  node.properties = properties.str();
  program.nodes.push_back(std::move(node));
  return program.nodes.size() - 1;
}

unsigned Builder::addParameter(ArrayRef<int64_t> shape) {
  std::string name = "w" + std::to_string(program.nodes.size());
  return add("dagrt.parameter", {}, shape, "name = \"" + name + "\"");
}

unsigned Builder::addArgument(ArrayRef<int64_t> shape, bool isInteger) {
  unsigned node = add("", {}, shape);
  program.nodes[node].isInteger = isInteger;
  return node;
}

std::optional<unsigned> Builder::find(function_ref<bool(const Node &)> fits) {
  SmallVector<unsigned> found;
  for (auto [i, node] : enumerate(program.nodes))
    if (!node.isInteger && fits(node))
      found.push_back(i);
  if (found.empty())
    return std::nullopt;
  return draw.pick(found);
}

unsigned Builder::getValue(ArrayRef<int64_t> shape) {
  if (draw.chance(70))
    if (auto value = find([&](const Node &node) { return ArrayRef<int64_t>(node.shape) == shape; }))
      return *value;
  return draw.chance(60) ? addParameter(shape) : addArgument(shape);
}

unsigned Builder::getPositions(int64_t tokens) {
  for (auto [i, node] : enumerate(program.nodes))
    if (node.name == "dagrt.positions" && node.shape[0] == tokens && draw.chance(80))
      return i;
  unsigned node = add("dagrt.positions", {}, {tokens},
                      "first = " + std::to_string(draw.chance(20) ? 2 : 0) + " : i64");
  program.nodes[node].isInteger = true;
  return node;
}

Shape Builder::drawShape(unsigned rank) {
  Shape shape;
  for (unsigned i = 0; i < rank; ++i)
    shape.push_back(draw.pick(sizes));
  return shape;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void Builder::addUnary(unsigned x) {
  StringRef name =
      draw.pick(ArrayRef<StringRef>{"dagrt.silu", "dagrt.relu", "dagrt.gelu", "dagrt.gelu"});
  add(name, {x}, getShape(x), name == "dagrt.gelu" && draw.chance(50) ? "tanh" : "");
}

void Builder::addBinary(unsigned x) {
  StringRef name = draw.chance(50) ? "dagrt.add" : "dagrt.mul";
  Shape shape = getShape(x);
  unsigned y = x;
  if (!draw.chance(25)) {
    auto isSuffix = [&](const Node &node) {
      return node.shape.size() <= shape.size() && !node.shape.empty() &&
             ArrayRef<int64_t>(shape).take_back(node.shape.size()) == ArrayRef<int64_t>(node.shape);
    };
    std::optional<unsigned> found = draw.chance(60) ? find(isSuffix) : std::nullopt;
    unsigned rank = shape.empty() ? 0 : 1 + draw.below(shape.size());
    y = found ? *found : addParameter(ArrayRef<int64_t>(shape).take_back(rank));
  }
  add(name, {x, y}, shape);
}

/// An operand that has some dims of the other, by name.
void Builder::addNamedDims(unsigned x) {
  Shape shape = getShape(x), right;
  std::string dims;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (draw.chance(50)) {
      right.push_back(size);
      dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
    }
  if (right.empty())
    return;
  add(draw.chance(50) ? "dagrt.add" : "dagrt.mul", {x, getValue(right)}, shape,
      "dims = array<i64: " + dims + ">");
}

/// A matmul for each element of a dim, as those of experts or heads.
void Builder::addBatchMatmul(unsigned x) {
  Shape shape = getShape(x);
  if (shape.size() < 2 || shape.size() > 4)
    return;
  unsigned batch = draw.below(shape.size() - 1);
  Shape weight{shape[batch], shape.back()}, columns = drawShape(draw.below(2));
  weight.append(columns);
  Shape result(ArrayRef<int64_t>(shape).drop_back());
  result.append(columns);
  if (getProduct(result) <= 2000)
    add("dagrt.matmul", {x, getValue(weight)}, result,
        "batch = array<i64: " + std::to_string(batch) + ">");
}

void Builder::addMatmul(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  unsigned contract = 1 + draw.below(std::min<size_t>(shape.size(), 3));
  ArrayRef<int64_t> k = ArrayRef<int64_t>(shape).take_back(contract);
  auto fits = [&](const Node &node) {
    return node.shape.size() >= contract &&
           ArrayRef<int64_t>(node.shape).take_front(contract) == k &&
           shape.size() + node.shape.size() - 2 * contract <= 5;
  };
  std::optional<unsigned> y = draw.chance(60) ? find(fits) : std::nullopt;
  if (!y) {
    Shape weight(k);
    Shape columns = drawShape(draw.below(3));
    weight.append(columns);
    y = addParameter(weight);
  }
  Shape result(ArrayRef<int64_t>(shape).drop_back(contract));
  result.append(getShape(*y).begin() + contract, getShape(*y).end());
  if (getProduct(result) <= 2000 && result.size() <= 5)
    add("dagrt.matmul", {x, *y}, result, "contract = " + std::to_string(contract) + " : i64");
}

void Builder::addNorm(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  ArrayRef<int64_t> rows =
      ArrayRef<int64_t>(shape).take_back(1 + draw.below(std::min<size_t>(shape.size(), 2)));
  unsigned scale = getValue(rows);
  if (draw.chance(50)) {
    add("dagrt.rms_norm", {x, scale}, shape, "epsilon = 1.0e-02 : f64");
    return;
  }
  unsigned bias = draw.chance(30) ? scale : getValue(rows);
  add("dagrt.layer_norm", {x, scale, bias}, shape,
      "epsilon = 1.0e-02 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>");
}

void Builder::addRope(unsigned x) {
  Shape shape = getShape(x);
  if (shape.size() < 3 || shape.back() < 2)
    return;
  if (draw.chance(30)) {
    Shape table{shape[1], 1 + draw.below(shape.back() / 2)};
    if (draw.chance(40))
      table.insert(table.begin(), shape[0]);
    int64_t at = draw.below(shape.back() - 2 * table.back() + 1);
    add("dagrt.rope", {x, getValue(table), getValue(table)}, shape,
        "operandSegmentSizes = array<i32: 1, 0, 1, 1>, at = " + std::to_string(at) + " : i64" +
            (draw.chance(30) ? ", interleaved" : ""));
    return;
  }
  unsigned positions = getPositions(shape[1]);
  std::string dims = std::to_string(shape.back() / 2 * 2);
  std::string interleaved = draw.chance(30) ? ", interleaved" : "";
  add("dagrt.rope", {x, positions}, shape,
      "operandSegmentSizes = array<i32: 1, 1, 0, 0>, "
      "config = #dagrt.rope_config<theta 1.000000e+04, dims " +
          dims + interleaved + ">");
}

/// Properties of a mask by positions.
static std::string makeMask(Draw &draw, bool hasPositions) {
  std::string text;
  if (hasPositions && draw.chance(70)) {
    text += ", causal";
    if (draw.chance(30))
      text += ", window = " + std::to_string(1 + draw.below(3)) + " : i64";
  }
  return text;
}

/// A mask and a sink, or none, as operands of scores of `shape`: their segments.
std::string Builder::addScoreOperands(ArrayRef<int64_t> shape,
                                      SmallVectorImpl<unsigned> &operands) {
  bool hasMask = draw.chance(25), hasSink = shape.size() >= 4 && draw.chance(25);
  if (hasMask) {
    Shape mask(shape.take_back(2));
    if (shape.size() > 2 && draw.chance(50))
      mask.insert(mask.begin(), shape[0]);
    operands.push_back(getValue(mask));
  }
  if (hasSink)
    operands.push_back(getValue(shape.drop_back(2).take_back(2)));
  return std::string(hasMask ? "1" : "0") + ", " + (hasSink ? "1" : "0");
}

void Builder::addAttention(unsigned x) {
  Shape shape = getShape(x);
  if (shape.size() != 3)
    shape = drawShape(3);
  int64_t batch = shape[0], tokens = shape[1], groups = draw.pick(sizes), heads = draw.pick(sizes),
          headDim = draw.pick(sizes);
  bool projects = getShape(x) == shape && draw.chance(70);
  auto make = [&](Shape tail) -> unsigned {
    if (projects) {
      Shape weight{shape[2]}, result{batch, tokens};
      weight.append(tail);
      result.append(tail);
      return add("dagrt.matmul", {x, addParameter(weight)}, result, "contract = 1 : i64");
    }
    Shape whole{batch, tokens};
    whole.append(tail);
    return getValue(whole);
  };
  unsigned query = make({groups, heads, headDim}), key = make({groups, headDim});
  unsigned value = draw.chance(25) ? key : make({groups, headDim});
  if (draw.chance(50))
    return addDecomposed(query, key, value);
  bool hasPositions = draw.chance(60);
  SmallVector<unsigned> operands{query, key};
  Shape result = getShape(query);
  std::string shared;
  if (headDim > 0 && draw.chance(20)) {
    result.back() = 1 + draw.below(headDim);
    shared = ", value_dims = " + std::to_string(result.back()) + " : i64";
  } else {
    operands.push_back(value);
  }
  if (hasPositions)
    operands.append(2, getPositions(tokens));
  std::string mask = makeMask(draw, hasPositions), sizes = hasPositions ? "1, 1" : "0, 0";
  std::string scores = addScoreOperands({batch, groups, heads, tokens, tokens}, operands);
  add("dagrt.attention", operands, result,
      "scale = 5.0e-01 : f64, operandSegmentSizes = array<i32: 1, 1, " +
          std::string(shared.empty() ? "1, " : "0, ") + sizes + ", 0, " + scores + ", 0>" + shared +
          mask);
}

void Builder::addDecomposed(unsigned query, unsigned key, unsigned value) {
  Shape q = getShape(query);
  Shape scores{q[0], q[2], q[3], q[1], getShape(key)[1]};
  if (getProduct(scores) > 2000)
    return;
  unsigned weights = add("dagrt.attention_scores", {query, key}, scores, "scale = 5.0e-01 : f64");
  if (draw.chance(60)) {
    addSoftmax(weights);
    weights = program.nodes.size() - 1;
  }
  add("dagrt.attention_context", {weights, value}, q);
}

void Builder::addSoftmax(unsigned x) {
  Shape shape = getShape(x);
  if (shape.size() < 2)
    return;
  bool hasPositions = draw.chance(50);
  SmallVector<unsigned> operands{x};
  if (hasPositions) {
    unsigned queries = getPositions(shape[shape.size() - 2]);
    unsigned keys = getPositions(shape.back());
    operands.append({queries, keys});
  }
  std::string mask = makeMask(draw, hasPositions), sizes = hasPositions ? "1, 1" : "0, 0";
  std::string scores = addScoreOperands(shape, operands);
  add("dagrt.softmax", operands, shape,
      "operandSegmentSizes = array<i32: 1, " + sizes + ", 0, " + scores + ">" + mask);
}

void Builder::addSlice(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  unsigned dim = draw.below(shape.size());
  int64_t size = draw.below(shape[dim] + 1), offset = draw.below(shape[dim] - size + 1);
  if (size == 0 && !draw.chance(10))
    return;
  shape[dim] = size;
  add("dagrt.slice", {x}, shape,
      formatv("dim = {0} : i64, offset = #dagrt.size<{1}>", dim, offset).str());
}

void Builder::addConcat(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  unsigned dim = draw.below(shape.size());
  auto fits = [&](const Node &node) {
    Shape other = node.shape;
    if (other.size() != shape.size())
      return false;
    other[dim] = shape[dim];
    return other == shape;
  };
  SmallVector<unsigned> parts{x};
  for (unsigned i = 0, e = draw.below(3); i < e; ++i)
    parts.push_back(draw.chance(25) ? x : *find(fits));
  Shape result = shape;
  result[dim] = 0;
  for (unsigned part : parts)
    result[dim] += getShape(part)[dim];
  if (getProduct(result) <= 2000)
    add("dagrt.concat", parts, result, "dim = " + std::to_string(dim) + " : i64");
}

void Builder::addReorder(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  add("dagrt.reorder", {x}, shape,
      formatv("dim = {0} : i64, order = #dagrt.order<zigzag<{1}>>{2}", draw.below(shape.size()),
              1 + draw.below(3), draw.chance(50) ? ", inverse" : "")
          .str());
}

void Builder::addEmbedding(unsigned x) {
  Shape table = getShape(x);
  if (table.empty() || table.size() > 3)
    return;
  unsigned ids = draw.chance(50) ? getPositions(draw.pick(sizes))
                                 : addArgument(drawShape(1 + draw.below(2)), /*isInteger=*/true);
  unsigned from = draw.chance(40) ? x : addParameter(table);
  Shape result = getShape(ids);
  result.append(table.begin() + 1, table.end());
  add("dagrt.embedding", {ids, from}, result);
}

void Builder::addMoment(unsigned x) {
  Shape shape = getShape(x);
  if (shape.empty())
    return;
  unsigned dims = 1 + draw.below(std::min<size_t>(shape.size(), 2));
  int64_t count = getProduct(ArrayRef<int64_t>(shape).take_back(dims));
  if (count == 0)
    return;
  add("dagrt.moment", {x}, ArrayRef<int64_t>(shape).drop_back(dims),
      formatv("order = {0} : i64, dims = {1} : i64, count = {2} : i64", 1 + draw.below(2), dims,
              count)
          .str());
}

void Builder::addForeign(unsigned x) {
  Shape shape = getShape(x);
  unsigned y = draw.chance(25) ? x : getValue(shape);
  add(draw.pick(ArrayRef<StringRef>{"arith.addf", "arith.subf", "arith.mulf"}), {x, y}, shape);
}

void Builder::addOp() {
  using Method = void (Builder::*)(unsigned);
  static constexpr Method methods[] = {
      &Builder::addUnary,     &Builder::addBinary,    &Builder::addBinary,
      &Builder::addBinary,    &Builder::addMatmul,    &Builder::addMatmul,
      &Builder::addMatmul,    &Builder::addNorm,      &Builder::addRope,
      &Builder::addAttention, &Builder::addSoftmax,   &Builder::addSlice,
      &Builder::addConcat,    &Builder::addReorder,   &Builder::addMoment,
      &Builder::addEmbedding, &Builder::addForeign,   &Builder::addRope,
      &Builder::addAttention, &Builder::addNamedDims, &Builder::addBatchMatmul};
  // The last values are the likeliest, so that programs are deep.
  std::optional<unsigned> x = find([](const Node &) { return true; });
  for (unsigned i = 0; i < 2; ++i)
    x = std::max(*x, *find([](const Node &) { return true; }));
  (this->*draw.pick(ArrayRef<Method>(methods)))(*x);
}

RandomProgram Builder::build() {
  addArgument(drawShape(3));
  if (draw.chance(50))
    addArgument(drawShape(1 + draw.below(3)));
  for (unsigned i = 0, e = 1 + draw.below(8); i < e; ++i)
    addOp();
  if (program.nodes.back().isArgument())
    addUnary(0);
  std::vector<bool> read(program.nodes.size(), false);
  for (const Node &node : program.nodes)
    for (unsigned operand : node.operands)
      read[operand] = true;
  for (auto [i, node] : enumerate(program.nodes))
    if (!node.isInteger && !node.operands.empty() && (!read[i] || draw.chance(10)))
      program.results.push_back(i);
  if (program.results.empty()) {
    addUnary(0);
    program.results.push_back(program.nodes.size() - 1);
  }
  return std::move(program);
}

RandomProgram dagrt::drawProgram(Draw &draw) { return Builder(draw).build(); }
