//===- SizesTest.cpp - Expressions over named sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The form that expressions are brought into says what was written: random ones, made with the
// attribute's operators and with plain numbers side by side, come to the same number and read
// back from their text.
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include "dagrt/IR/Sizes.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"

#include <random>

using namespace mlir;
using namespace dagrt;

namespace {
class SizesTest : public IRTest {
protected:
  SizeAttr parseSize(StringRef text) {
    return cast<SizeAttr>(parseAttribute(("#dagrt.size<" + text + ">").str(), &context));
  }

  InFlightDiagnostic emitError() { return mlir::emitError(UnknownLoc::get(&context)); }

  int64_t evaluate(SizeAttr size, const SizeBinding &sizes) {
    FailureOr<int64_t> number = size.evaluate(sizes, [&]() { return emitError(); });
    EXPECT_TRUE(succeeded(number)) << size.str();
    return number.value_or(-1);
  }
};

/// An expression, and what it is at the binding of the test.
struct Sample {
  SizeAttr size;
  int64_t number;
};

/// Makes random expressions whose numbers stay small.
class Samples {
public:
  Samples(MLIRContext *context, const SizeBinding &sizes, unsigned seed)
      : context(context), sizes(sizes), random(seed) {}

  Sample make(unsigned depth) {
    if (depth == 0 || pick(5) == 0)
      return makeAtom();
    Sample a = make(depth - 1), b = make(depth - 1);
    if (std::abs(a.number) > 100000 || std::abs(b.number) > 100000)
      return a;
    switch (pick(8)) {
    case 0:
      return {a.size.plus(b.size), a.number + b.number};
    case 1:
      return {a.size.minus(b.size), a.number - b.number};
    case 2:
      return {a.size.times(b.size), a.number * b.number};
    case 3:
      return {a.size.min(b.size), std::min(a.number, b.number)};
    case 4:
      return {a.size.max(b.size), std::max(a.number, b.number)};
    default:
      return divide(a, b);
    }
  }

private:
  unsigned pick(unsigned count) { return random() % count; }

  Sample makeAtom() {
    if (pick(3) == 0) {
      int64_t number = static_cast<int64_t>(pick(13)) - 4;
      return {SizeAttr::getConstant(context, number), number};
    }
    const SizeBinding::Entry &entry = *(sizes.begin() + pick(sizes.size()));
    return {SizeAttr::getNamed(context, entry.first), entry.second};
  }

  /// Divides rounding as schoolbooks do, by counting: the checked code must not share its formulas.
  Sample divide(Sample a, Sample b) {
    if (b.number < 1 || b.number > 5000)
      return a;
    int64_t rest = a.number;
    while (rest < 0)
      rest += b.number * (1 + -rest / b.number);
    rest %= b.number;
    int64_t down = (a.number - rest) / b.number;
    switch (pick(3)) {
    case 0:
      return {a.size.floorDiv(b.size), down};
    case 1:
      return {a.size.ceilDiv(b.size), rest == 0 ? down : down + 1};
    default:
      return {a.size.mod(b.size), rest};
    }
  }

  MLIRContext *context;
  const SizeBinding &sizes;
  std::mt19937 random;
};

TEST_F(SizesTest, OneFormSaysWhatWasWritten) {
  SizeBinding sizes;
  sizes.set("a", 7);
  sizes.set("b", 64);
  sizes.set("seq_len", 37);
  Samples samples(&context, sizes, /*seed=*/1);
  unsigned symbolic = 0;
  for (unsigned i = 0; i < 4000; ++i) {
    Sample sample = samples.make(1 + i % 5);
    symbolic += !sample.size.isConstant();
    ASSERT_EQ(evaluate(sample.size, sizes), sample.number) << sample.size.str();
    ASSERT_EQ(parseSize(sample.size.str()), sample.size) << sample.size.str();
  }
  EXPECT_GT(symbolic, 2000u);
}

TEST_F(SizesTest, EqualPolynomialsAreOneAttribute) {
  EXPECT_EQ(parseSize("(a + b) * (a - b)"), parseSize("a * a - b * b"));
  EXPECT_EQ(parseSize("(12 * a + 6 * b + 5) floordiv 6"), parseSize("2 * a + b"));
  EXPECT_NE(parseSize("a ceildiv 2"), parseSize("a floordiv 2"));
  EXPECT_NE(parseSize("a - b"), parseSize("b - a"));
}

TEST_F(SizesTest, OverflowIsAnErrorInEachOperator) {
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  SizeBinding sizes;
  sizes.set("s", int64_t(1) << 40);
  auto fails = [&](StringRef text) {
    return failed(parseSize(text).evaluate(sizes, [&]() { return emitError(); }));
  };
  EXPECT_TRUE(fails("s * s"));
  EXPECT_TRUE(fails("s * s * 1099511627776"));
  EXPECT_TRUE(fails("9223372036854775807 + s"));
  EXPECT_TRUE(fails("-9223372036854775807 - s"));
  EXPECT_TRUE(fails("9223372036854775807 + 1"));
  EXPECT_TRUE(fails("s floordiv min(s - 1099511627776, 1)"));
  EXPECT_TRUE(fails("t"));
  EXPECT_FALSE(fails("s * 4194304"));
}

TEST_F(SizesTest, LastPositionIsThatOfTheOrder) {
  SizeAttr tokens = SizeAttr::getNamed(&context, "n");
  for (int64_t blocks = 1; blocks <= 9; ++blocks) {
    auto order = TokenOrderAttr::getZigzag(&context, blocks);
    SizeAttr last = order.getLastPosition(tokens);
    for (int64_t count = 1; count <= 60; ++count) {
      SizeBinding sizes;
      sizes.set("n", count);
      EXPECT_EQ(evaluate(last, sizes), order.getPositionOf(count - 1, count))
          << blocks << " blocks of " << count;
    }
  }
}

TEST_F(SizesTest, LocalSizesAreThoseOfBoundTypes) {
  parse(R"mlir(
    dagrt.mesh @m <"dp" = 3, "tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                                                12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
    func.func private @f(tensor<?x?x8xf32,
        #dagrt.dist<@m, ["dp", {"tp":(2)4}, "tp":(1)2], of [b, 2 * s + 1, 16]>>)
  )mlir");
  auto type = cast<RankedTensorType>(
      cast<FunctionType>(
          module->lookupSymbol("f")->getAttrOfType<TypeAttr>("function_type").getValue())
          .getInput(0));
  SmallVector<SizeAttr> local = getLocalSizes(getMesh("m"), type);
  EXPECT_EQ(local[0], parseSize("b ceildiv 3"));
  EXPECT_EQ(local[1], parseSize("(2 * s + 1) ceildiv 4"));
  EXPECT_EQ(local[2], parseSize("8"));
  for (int64_t s = 1; s < 20; ++s) {
    SizeBinding sizes;
    sizes.set("s", s);
    sizes.set("b", s + 2);
    FailureOr<Type> bound =
        bindType(type, sizes, module->getOperation(), [&]() { return emitError(); });
    ASSERT_TRUE(succeeded(bound));
    auto tensor = cast<RankedTensorType>(*bound);
    EXPECT_EQ(getDist(tensor).getOf()[1], 2 * s + 1);
    for (size_t dim = 0; dim < 3; ++dim)
      EXPECT_EQ(tensor.getDimSize(dim), evaluate(local[dim], sizes));
  }
}

TEST(SizeNumbersTest, NumbersAndPowersBelowTheLimit) {
  EXPECT_EQ(parseSizeNumber("8192"), 8192);
  EXPECT_EQ(parseSizeNumber(" 2 ^ 13 "), 8192);
  EXPECT_EQ(parseSizeNumber("7^0"), 1);
  EXPECT_EQ(parseSizeNumber("2^62"), int64_t(1) << 62);
  EXPECT_EQ(parseSizeNumber("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parseSizeNumber("1^9223372036854775807"), 1);
  for (const char *text : {"", "0", "-4", "+4", "8k", "9223372036854775808", "2^63", "3^40", "2^-1",
                           "-2^2", "2^", "^2", "^", "2^2^2", "0^0", "2^9223372036854775808"})
    EXPECT_EQ(parseSizeNumber(text), std::nullopt) << text;
}
} // namespace
