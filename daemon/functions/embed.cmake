# Writes OUT, a C file that holds the text of IN and its VERSION.
#   cmake -DIN=churnwatch.lua -DOUT=functions.c -P embed.cmake
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
file(READ "${IN}" text)
string(REGEX MATCH "\nlocal VERSION = ([0-9]+)\n" found "${text}")
if(NOT found)
  message(FATAL_ERROR "${IN} does not say `local VERSION = N`")
endif()
file(WRITE "${OUT}" "/* Made from daemon/functions/churnwatch.lua. */
#include \"daemon/functions.h\"

const char cw_functions_text[] = {
${bytes}'\\0'};
const size_t cw_functions_length = sizeof cw_functions_text - 1;
const int cw_functions_version = ${CMAKE_MATCH_1};
")
