//===- Passes.td - Passes of the report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_PASSES_TD
#define DAGRT_REPORT_PASSES_TD

include "dagrt/Cost/Options.td"
include "dagrt/Report/Options.td"
include "dagrt/Schedule/Options.td"

def CriticalPathPass : Pass<"critical-path", "::mlir::ModuleOp"> {
  let summary = "Schedule a program and report its critical path";
  let description = [{
    Computes when each op runs, marks the critical path, and reports the makespan and what bounds the ops
    of the path.

    **Requires** functions of one block, in the module or in modules in it; others are listed. An op takes the time that its `dagrt.cost` says; if
    ops that take time have none, costs are added first, as by `--annotate-cost` with the
    same `cluster`, `model` and `table`. A function that is not placed is one device.

    A loop takes its body times its trips, a branch its longest body, a call what its callee takes. Ops whose
    time is not counted are listed in a line that begins with `uncounted`, and the report has no error bar;
    `unknown=error` makes the first of them an error.

    With symbolic sizes, times hold at the module's default sizes, or at those that `sizes` gives.
    `format=formula` writes the path as a sum of `Get_Time(m, k, n)` and communication, in terms
    of the sizes. `sweep` evaluates the program at many sizes without rebuilding it, and reports the
    range of sizes of each formula; the module then stays as it is, without costs and timings.

    **Ensures**, without `sweep`, that every op of a function's body, but its terminator, carries a `dagrt.timing`:
    start, end, slack, and whether it is on the critical path. Idempotent.

    Each device has four resources: compute, collectives, link out and link in. An op
    starts when its operands are ready and the resource it needs is free on the devices of its mesh; a resource
    executes ops in program order. A collective occupies collectives, a
    `send` the link out of its source and the link in of its destination, a `recv` nothing: it is
    the moment of arrival. Without overlap, a collective also occupies compute, and a `send` its
    sender's compute. The critical path is the longest path in the graph of values and
    resources; among equals, data is named as a cause before resources, and earlier operands before later.

    Example:
    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000000 ps>} : tensor<8xf32>
      %z = dagrt.relu %x {dagrt.cost = #dagrt.cost<2000000 ps>} : tensor<8xf32>
      return %z : tensor<8xf32>
    }
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000000 ps, for 0x737d009400000000>,
          dagrt.timing = #dagrt.timing<0 to 3000000 ps, slack 0, critical>} : tensor<8xf32>
      %z = dagrt.relu %x {dagrt.cost = #dagrt.cost<2000000 ps, for 0xa9fcc3de00000000>,
          dagrt.timing = #dagrt.timing<3000000 to 5000000 ps, slack 0, critical>} : tensor<8xf32>
      return %z : tensor<8xf32>
    }
    ```

    **Cost**: linear in ops, operands and classes of devices; a text report sorts the shares of
    the path.
  }];
  let options = [
    Option<"report", "report", "std::string", "\"\"",
           "File for the report; by default it goes to standard error, and `-` is standard output">,
    Option<"format", "format", "::dagrt::ReportFormatName", "::dagrt::ReportFormatName::Text",
           "Format of the report: text, json or formula (default: text)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::ReportFormatName::Text, "text", "For people"),
               clEnumValN(::dagrt::ReportFormatName::Json, "json", "For programs"),
               clEnumValN(::dagrt::ReportFormatName::Formula, "formula",
                          "The critical path as a sum of Get_Time(m, k, n) and communication"))}]>,
    Option<"sizes", "sizes", "std::string", "\"\"",
           "Symbolic sizes that differ from the module's default: `seq_len=4096,batch=4`">,
    Option<"sweep", "sweep", "std::string", "\"\"",
           "Instead, report over many sizes: `seq_len=1024:65536:x2;batch=1,2,4` (default: "
           "none)">,
    Option<"trace", "trace", "std::string", "\"\"", "File for a Chrome trace; none by default">,
    Option<"dot", "dot", "std::string", "\"\"", "File for a Graphviz graph; none by default">,
    OverlapOption<>, ResourcesOption<>, KvCacheOption<>,
    Option<"memoryUtilization", "memory-utilization", "double", "0.9",
           "Part of a device's memory that the largest batch may use, above 0 and at most 1 (default: 0.9); "
           "it has no influence on whether the program fits">,
    Option<"cluster", "cluster", "std::string", "\"\"",
           "Cluster to take costs from: a name or a file (default: dgx-h100, or what costs in the "
           "program were computed for)">,
    CostModelOption<"Cost model">,
    Option<"table", "table", "std::string", "\"\"",
           "File of measurements for cost models that read one (default: none)">,
    Option<"unknown", "unknown", "::dagrt::UnknownWork", "::dagrt::UnknownWork::Report",
           "What becomes of ops whose time is not counted: report or error (default: report)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::UnknownWork::Report, "report", "The report lists them"),
               clEnumValN(::dagrt::UnknownWork::Error, "error", "The first is an error"))}]>,
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def CompareTermsPass : Pass<"dagrt-compare-terms", "::mlir::ModuleOp"> {
  let summary = "Compare a published estimate with a program";
  let description = [{
    **Does**: reads an estimate that was made by hand, `terms=FILE`, counts the same for the ops of the program that
    correspond to each of its terms, and reports both numbers, their ratio and the reason that the file gives. The
    file is a YAML mapping of `name`, `source` and `terms`; `docs/terms.md` describes it.

    **Requires** functions of one block; the first one with a body is measured. Symbolic sizes are bound on a
    copy: to `sizes`, or else to the module's own default.

    **Ensures** that the IR is unchanged. A file is replaced only when the report is complete. A remark
    `TermsCompared` of the category `compare-terms` has the totals.

    Example: `terms=FILE` with

    ```yaml
    name: an activation
    terms:
      - term: free of charge
        ops: {kinds: [elementwise]}
        measure: ops
        count: {value: 0}
        because: it moves every element through memory
    ```

    reports of

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dagrt.silu %x : tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```

    that 0 ops were published and the program has 1, and leaves it as it is:

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dagrt.silu %x : tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```

    **Cost**: linear in ops for each term.
  }];
  let options = [
    Option<"terms", "terms", "std::string", "\"\"",
           "File with the published estimate (default: none; must be given)">,
    Option<"sizes", "sizes", "std::string", "\"\"",
           "Numbers for the sizes, as in seq_len=2048,batch=4; the module's defaults otherwise">,
    Option<"report", "report", "std::string", "\"\"",
           "File for the report; by default it goes to standard error, and `-` is standard output">,
    DocumentFormatOption<>,
    Option<"cluster", "cluster", "std::string", "\"\"",
           "Cluster to take costs from: a name or a file (default: dgx-h100, or what costs in the "
           "program were computed for)">,
    CostModelOption<"Cost model">,
    Option<"table", "table", "std::string", "\"\"",
           "File of measurements for cost models that read one (default: none)">,
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_REPORT_PASSES_TD
