# Run by the build of a project that has iscdesk as a subdirectory: lets cargo make both libraries as shipped, and writes
# the compiler's list of what a static link needs to the file NATIVE.

execute_process(
  COMMAND "${CARGO}" rustc --release --locked --package iscdesk --lib --crate-type cdylib,staticlib
    --target "${TARGET}" --target-dir "${TARGET_DIR}" --message-format json
    -- --print native-static-libs
  OUTPUT_VARIABLE messages
  RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "iscdesk: cargo failed (${failed}). What the compiler said:\n${messages}")
endif()

# Cargo repeats what the compiler said when nothing had to be built.
if(NOT messages MATCHES "native-static-libs: ([^\"\\]*)")
  message(FATAL_ERROR "iscdesk: the compiler does not say what a static link needs")
endif()
string(STRIP "${CMAKE_MATCH_1}" native)
file(WRITE "${NATIVE}" "${native}\n")
