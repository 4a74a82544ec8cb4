# The programs of every consumer that uses CMake: both languages, both linkages. On Windows the library is copied beside
# its programs, as it is shipped.

set(CMAKE_C_STANDARD 99)
set(CMAKE_CXX_STANDARD 11)

function(iscdesk_program language source linkage)
  set(program app-${language}-${linkage})
  add_executable(${program} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${source})
  target_compile_options(${program} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(${program} PRIVATE iscdesk::${linkage})
  if(WIN32 AND linkage STREQUAL shared)
    add_custom_command(TARGET ${program} POST_BUILD COMMAND
      ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:iscdesk::shared> $<TARGET_FILE_DIR:${program}>)
  endif()
endfunction()

foreach(linkage shared static)
  iscdesk_program(c app.c ${linkage})
  iscdesk_program(cpp app.cpp ${linkage})
endforeach()
