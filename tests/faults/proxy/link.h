/* One connection through the proxy, and the weather it goes through. One thread, one libev loop. */
#ifndef CW_TESTS_FAULTS_PROXY_LINK_H
#define CW_TESTS_FAULTS_PROXY_LINK_H

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* UP is from the client to the server. */
enum way { UP, DOWN, N_WAYS };

/* What a listener does to its connections; all zero passes everything on at once. */
struct weather {
    bool cut;          /* new connections are reset */
    bool held[N_WAYS]; /* bytes of this way wait, as those of a network that drops every packet */
    ev_tstamp delay;   /* of every byte, each way */
    size_t slice;      /* bytes a write at most; 0 for any number */
    double rate;       /* bytes a second, each way of each connection; 0 for any number */
};

struct link;
struct listener {
    struct ev_loop *loop;
    struct weather weather;
    struct sockaddr_in server;
    struct link *first;     /* owned */
    uint64_t moved[N_WAYS]; /* bytes, since the start */
    uint64_t accepted;      /* connections, since the start */
    ev_io on_client;        /* its descriptor is the listening socket */
};

/* Takes the client's descriptor over, and connects to the listener's server. */
void link_begin(struct listener *of, int client);
/* Both ends get a reset. */
void link_reset_all(struct listener *of);
size_t link_count(const struct listener *of);
/* The weather has changed. */
void link_move_all(struct listener *of);

#endif
