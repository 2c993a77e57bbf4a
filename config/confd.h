/* The folder conf.d beside a configuration file: files laid over it, one after the other. */
#ifndef CW_CONFIG_CONFD_H
#define CW_CONFIG_CONFD_H

#include "churnwatch/settings.h"

#define CW_CONFD_FILES_MOST 256

/* The paths of conf.d's files *.conf beside the file, in byte order of their names; hidden ones are
 * left out, and without the folder there are none. Returns 0 with a list to be freed by
 * cw_confd_free; -CW_E_IO, -CW_E_INVALID (too many) or -CW_E_NOMEM with eb. */
int cw_confd_list(const char *file, struct cw_list *ret_paths, struct cw_errbuf *eb);
void cw_confd_free(struct cw_list *paths);

#endif
