//===- CsvMode.cpp - Answers for a CSV file -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows are read and asked one after the other. The answers are kept, some 50 bytes each, and
// written when all are there.
//
//===----------------------------------------------------------------------===//

#include "CsvMode.h"

#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/OutputFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Puts a field in quotes if it needs them.
static void writeField(StringRef text, raw_ostream &os) {
  if (text.find_first_of(",\"") == StringRef::npos) {
    os << text;
    return;
  }
  os << '"';
  for (char c : text)
    os << (c == '"' ? "\"\"" : StringRef(&c, 1));
  os << '"';
}

static void writeRow(const Measurement &row, const Prediction &prediction, raw_ostream &os) {
  writeField(row.id, os);
  // To the picosecond, as costs in programs are.
  int64_t picoseconds = prediction.time.getPicoseconds();
  os << llvm::format(",%lld.%06lld", static_cast<long long>(picoseconds / 1000000),
                     static_cast<long long>(picoseconds % 1000000))
     << llvm::format(",%.6g,%.6g,", prediction.getLowUs(), prediction.getHighUs())
     << stringifyProvenance(prediction.provenance) << '\n';
}

LogicalResult dagrt::answerTable(StringRef input, StringRef output, TableKind kind,
                                 DeviceCache &devices, MLIRContext *context, AskFn ask) {
  Location loc = UnknownLoc::get(context);
  auto buffer = readInputFileOrStdin(input, kLargestTable);
  if (!buffer)
    return emitError(loc) << "expects a readable table, got '" << input
                          << "': " << llvm::toString(buffer.takeError());
  std::string text = "id,pred_us,low_us,high_us,provenance\n";
  llvm::raw_string_ostream os(text);
  auto answer = [&](Measurement &row) -> LogicalResult {
    Prediction prediction = ask(row.query, *row.device);
    if (!(prediction.time.microseconds < 9223372036854775808.0 / 1e6))
      return emitError(FileLineColLoc::get(context, input, row.line, 1))
             << "expects a time of at most 2^63 - 1 ps (106 days), got "
             << prediction.time.microseconds << " us";
    writeRow(row, prediction, os);
    return success();
  };
  if (failed(readMeasurements((*buffer)->getBuffer(), input, kind, devices, context, answer)))
    return failure();
  if (llvm::Error error = replaceFile(output, text))
    return emitError(loc) << "expects -o to name a file that can be written, got '" << output
                          << "': " << llvm::toString(std::move(error));
  return success();
}
