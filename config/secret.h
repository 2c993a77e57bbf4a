/* Secrets, which lie in files of their own: not in the configuration, the command line or the
 * environment, where others could read them, but where systemd puts a service's credentials.
 */
#ifndef CW_CONFIG_SECRET_H
#define CW_CONFIG_SECRET_H

#include "churnwatch/types.h"

#define CW_SECRET_MOST 1024 /* bytes */
/* Where systemd takes the credentials from, and root's own commands find them. */
#define CW_CREDENTIALS "/etc/churnwatch/credentials"
/* systemd calls a file of such a folder by this and the file's name (LoadCredential= of the unit).
 */
#define CW_CREDENTIALS_ID "churnwatch_"
/* Before the name of a secret that stands where a value of kafka.properties does. */
#define CW_SECRET_MARK "@credential:"

struct cw_secret {
    char text[CW_SECRET_MOST + 1];
};

/* The first line of a file. A name with a slash is the file's; any other is that of a credential,
 * looked for in $CREDENTIALS_DIRECTORY, which systemd sets for a service, as it is and behind
 * CW_CREDENTIALS_ID; without that in CW_CREDENTIALS. Returns 0 with ret_secret to be wiped by
 * cw_secret_wipe; or -CW_E_NOTFOUND, -CW_E_INVALID (an empty line, or a long one), -CW_E_IO with eb
 * naming the file and never what is in it. */
int cw_secret_read(const char *name, struct cw_secret *ret_secret, struct cw_errbuf *eb);
/* Whether a property "name=value", or its name alone, is one whose value is not to be shown. */
bool cw_secret_property(const char *property);
void cw_secret_wipe(struct cw_secret *s);

#endif
