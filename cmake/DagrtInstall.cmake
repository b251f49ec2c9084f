# What `cmake --install` copies, and how other projects find it. The prefix can be moved: nothing
# installed names the build tree, or the place where LLVM was found.

include(CMakePackageConfigHelpers)

# The umbrella: everything, under one name.
add_library(dagrt INTERFACE)
add_library(dagrt::dagrt ALIAS dagrt)
get_property(dagrt_libraries GLOBAL PROPERTY DAGRT_LIBRARIES)
target_link_libraries(dagrt INTERFACE ${dagrt_libraries})
install(TARGETS dagrt EXPORT dagrtTargets)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/dagrt" "${PROJECT_BINARY_DIR}/include/dagrt"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc" PATTERN "CMakeFiles" EXCLUDE)

set(dagrt_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dagrt)
install(EXPORT dagrtTargets NAMESPACE dagrt:: DESTINATION ${dagrt_package_dir})
# The names of the libraries as clients see them, for the package's own use.
list(TRANSFORM dagrt_libraries REPLACE "^Dagrt" "dagrt::")
configure_package_config_file(cmake/dagrtConfig.cmake.in
  "${PROJECT_BINARY_DIR}/cmake/dagrtConfig.cmake" INSTALL_DESTINATION ${dagrt_package_dir})
# Before 1.0, a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/dagrtConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/dagrtConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/dagrtConfigVersion.cmake" DESTINATION ${dagrt_package_dir})
