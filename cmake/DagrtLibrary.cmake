# Targets of this project: static, position independent libraries with an
# alias `dagrt::Name` and an export set of their own. `add_mlir_library` is not
# used: it would put our targets into MLIR's export set.

# What every translation unit of this project is compiled with.
add_library(DagrtCompileOptions INTERFACE)
separate_arguments(DAGRT_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
foreach(definition IN LISTS DAGRT_LLVM_DEFINITIONS)
  string(REGEX REPLACE "^-D" "" definition "${definition}")
  target_compile_definitions(DagrtCompileOptions INTERFACE "${definition}")
endforeach()
target_compile_options(DagrtCompileOptions INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -Wall -Wextra -Wno-unused-parameter>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${DAGRT_WERROR}>>:-Werror>)
if(DAGRT_SANITIZE)
  target_compile_options(DagrtCompileOptions INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr -fno-omit-frame-pointer -g1)
  target_link_options(DagrtCompileOptions INTERFACE -fsanitize=address,undefined)
endif()
if(NOT TARGET DagrtGenerated)
  # Every TableGen output; each library depends on it, so that a header is
  # never included before it is generated.
  add_custom_target(DagrtGenerated)
endif()

# dagrt_tablegen(<td> <output> <mlir-tblgen arguments...>): one generated file in the
# build tree's mirror of the current source directory.
function(dagrt_tablegen td output)
  set(LLVM_TARGET_DEFINITIONS ${td})
  list(TRANSFORM MLIR_INCLUDE_DIRS PREPEND "-I" OUTPUT_VARIABLE tablegen_includes)
  mlir_tablegen(${output} ${ARGN} -I${PROJECT_SOURCE_DIR}/include ${tablegen_includes})
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  string(REPLACE "." "_" target "DagrtTd_${folder}_${output}")
  string(REPLACE "/" "_" target "${target}")
  add_custom_target(${target} DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${output})
  add_dependencies(DagrtGenerated ${target})
endfunction()

# dagrt_add_library(<Name> SOURCES <files> [LINK <dagrt libraries>]) adds the
# static library Dagrt<Name> with the alias dagrt::<Name>.
function(dagrt_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  set(target Dagrt${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(dagrt::${name} ALIAS ${target})
  add_dependencies(${target} DagrtGenerated)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${target} SYSTEM PUBLIC
    "$<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}>" "$<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>")
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:DagrtCompileOptions>)
  foreach(library IN LISTS ARG_LINK)
    target_link_libraries(${target} PUBLIC Dagrt${library})
  endforeach()
  dagrt_link_mlir(${target} PUBLIC)
  install(TARGETS ${target} EXPORT dagrtTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set_property(GLOBAL APPEND PROPERTY DAGRT_LIBRARIES ${target})
endfunction()

# Links LLVM and MLIR: the shared libraries, or the archives of all of MLIR.
function(dagrt_link_mlir target visibility)
  if(DAGRT_LINK_MLIR_DYLIB)
    target_link_libraries(${target} ${visibility} MLIR LLVM)
    return()
  endif()
  get_property(dialects GLOBAL PROPERTY MLIR_DIALECT_LIBS)
  target_link_libraries(${target} ${visibility} MLIRIR MLIROptLib MLIRLspServerLib
    MLIRReduceLib MLIRTranslateLib MLIRTransforms ${dialects})
endfunction()

# dagrt_add_tool(<name> SOURCES <files> LINK <dagrt libraries>)
function(dagrt_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  foreach(library IN LISTS ARG_LINK)
    target_link_libraries(${name} PRIVATE Dagrt${library})
  endforeach()
  target_link_libraries(${name} PRIVATE DagrtCompileOptions)
  dagrt_link_mlir(${name} PRIVATE)
  set_target_properties(${name} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# dagrt_embed_files(<library> <output> <files...>): compiles text files into a library, as a header
# of the build tree with an initializer `{name, text},` for each file.
function(dagrt_embed_files library output)
  set(header "${CMAKE_CURRENT_BINARY_DIR}/${output}")
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake")
  add_custom_command(OUTPUT "${header}"
    COMMAND "${CMAKE_COMMAND}" "-DFILES=${files}" "-DOUTPUT=${header}" -P "${script}"
    DEPENDS ${files} "${script}" VERBATIM)
  target_sources(Dagrt${library} PRIVATE "${header}")
  target_include_directories(Dagrt${library} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
