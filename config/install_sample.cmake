# The sample becomes the configuration where there is none. One that is there is its keeper's, and an
# upgrade leaves it as it is: the new sample lies beside the documentation.
# Installed for the system it is the one file that units and programs read, CW_DEFAULT_CONFIG; in a
# folder of somebody's own it lies under that.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
  set(etc /etc)
else()
  set(etc ${CMAKE_INSTALL_PREFIX}/etc)
endif()
if(EXISTS $ENV{DESTDIR}${etc}/churnwatch/churnwatch.conf)
  message(STATUS "Kept as it is: $ENV{DESTDIR}${etc}/churnwatch/churnwatch.conf")
else()
  file(INSTALL ${CMAKE_CURRENT_LIST_DIR}/churnwatch.conf DESTINATION ${etc}/churnwatch)
endif()
