//===- Units.cpp - Times and sizes as people read them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/Units.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace dagrt;

std::string dagrt::formatMicroseconds(int64_t picoseconds) {
  std::string text;
  llvm::raw_string_ostream(text) << picoseconds / 1000000
                                 << llvm::format(".%06lld",
                                                 static_cast<long long>(picoseconds % 1000000));
  return text;
}

/// `value` with four digits.
static std::string formatDigits(double value, const char *unit) {
  int decimals = value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f", decimals, value) << ' ' << unit;
  return text;
}

/// `value` with four digits, in the largest of `units`, each a thousand of the one before, in which
/// it is at least 1.
static std::string formatScaled(double value, llvm::ArrayRef<const char *> units) {
  size_t unit = 0;
  // 999.95 would print as 1000: it belongs to the next unit.
  while (unit + 1 < units.size() && value >= 999.95) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0)
    return std::to_string(static_cast<int64_t>(value)) + ' ' + units[0];
  return formatDigits(value, units[unit]);
}

std::string dagrt::formatTime(int64_t picoseconds) {
  if (picoseconds == 0)
    return "0";
  auto value = static_cast<double>(picoseconds);
  constexpr double second = 1e12, hour = 3600 * second, day = 24 * hour;
  if (value >= day)
    return formatDigits(value / day, "d");
  if (value >= hour)
    return formatDigits(value / hour, "h");
  return formatScaled(value, {"ps", "ns", "us", "ms", "s"});
}

std::string dagrt::formatBytes(double bytes) {
  return formatScaled(bytes, {"B", "kB", "MB", "GB", "TB", "PB", "EB"});
}

std::string dagrt::formatPercent(double fraction) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.1f%%", 100 * fraction);
  return text;
}

std::string dagrt::formatRanges(llvm::ArrayRef<int64_t> numbers) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
      ++last;
    os << (i > 0 ? ", " : "") << numbers[i];
    if (last > i)
      os << (last == i + 1 ? ", " : "-") << numbers[last];
    i = last + 1;
  }
  return text;
}

std::string dagrt::fit(llvm::StringRef text, size_t width) {
  if (text.size() <= width)
    return text.str();
  return text.take_front(width - 2).str() + "..";
}

std::string dagrt::pad(llvm::StringRef text, size_t width) {
  std::string fitted = fit(text, width);
  fitted.resize(width, ' ');
  return fitted;
}
