/* All clients there are, from their profiles: those nobody was told of belong to the base rate too.
 */
#ifndef CW_CTL_FIT_CLIENTS_H
#define CW_CTL_FIT_CLIENTS_H

#include "churnwatch/types.h"

struct cw_fit_clients {
    struct cw_fit_client {
        char *client;
        size_t order; /* of reading: a client's last profile counts */
        uint8_t kind; /* enum cw_kind */
    } * all;          /* by client once read, each once */
    size_t n, cap;
};
/* NDJSON of client.profiles. 0, or an error with eb saying what and where. */
int cw_fit_clients_read(const char *path, struct cw_fit_clients *ret, struct cw_errbuf *eb);
void cw_fit_clients_free(struct cw_fit_clients *c);

#endif
