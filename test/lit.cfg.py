# How the tests run: shell lines in the files, with our tools and LLVM's on the PATH.

import os

import lit.formats

config.name = "dagrt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.dagrt_build_dir, "test")
config.environment["PATH"] = os.pathsep.join(
    [config.dagrt_tools_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
config.environment["FILECHECK_OPTS"] = "--enable-var-scope --allow-unused-prefixes=false"
config.substitutions.append(("%source_dir", config.dagrt_source_dir))
config.substitutions.append(("%build_dir", config.dagrt_build_dir))
config.substitutions.append(("%llvm_dir", config.llvm_dir))
config.substitutions.append(("%examples", os.path.join(config.dagrt_source_dir, "docs", "examples")))
