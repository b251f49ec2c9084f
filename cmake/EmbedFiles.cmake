# Run as a script: writes OUTPUT, one line `{"stem", R"embedded(text)embedded"},` for each of the
# semicolon-separated FILES. The build runs it again when a file changes.
set(text "")
foreach(file IN LISTS FILES)
  get_filename_component(stem "${file}" NAME_WE)
  file(READ "${file}" content)
  string(APPEND text "{\"${stem}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
