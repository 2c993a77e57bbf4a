# Writes OUT, a C file that holds the library of Redis functions, its parts in DIR put together by
# the numbers in their names, and the VERSION that the first one says.
#   cmake -DDIR=functions [-DMORE=FILE] -DOUT=functions.c -P embed.cmake
file(GLOB parts "${DIR}/*.lua")
list(SORT parts)
list(APPEND parts ${MORE})
set(hex "")
foreach(part IN LISTS parts)
  file(READ "${part}" part_hex HEX)
  string(APPEND hex "${part_hex}")
endforeach()
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
list(GET parts 0 first)
file(STRINGS "${first}" version REGEX "^local VERSION = [0-9]+$")
if(NOT version MATCHES "= ([0-9]+)$")
  message(FATAL_ERROR "${first} does not say `local VERSION = N`")
endif()
file(WRITE "${OUT}" "/* Made from delivery/functions/. */
#include \"delivery/functions.h\"

const char cw_functions_text[] = {
${bytes}'\\0'};
const size_t cw_functions_length = sizeof cw_functions_text - 1;
const int cw_functions_version = ${CMAKE_MATCH_1};
")
