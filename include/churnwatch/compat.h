/* What the libraries of Debian 12 and 13 differ in, as features. The only place with their version
 * numbers; a file that includes this has included the library's header before. */
#ifndef CHURNWATCH_COMPAT_H
#define CHURNWATCH_COMPAT_H

#ifdef HIREDIS_MAJOR
/* hiredis 1.0 brought TLS (hiredis_ssl); the build says whether that library is there. */
#if HIREDIS_MAJOR >= 1 && defined(CW_WITH_HIREDIS_SSL)
#define CW_HAVE_REDIS_TLS 1
#else
#define CW_HAVE_REDIS_TLS 0
#endif
#endif

#ifdef MHD_VERSION
/* Callbacks of libmicrohttpd return an enum since 0.9.71. */
#if MHD_VERSION >= 0x00097002
typedef enum MHD_Result cw_mhd_result;
#else
typedef int cw_mhd_result;
#endif
#endif

#endif
