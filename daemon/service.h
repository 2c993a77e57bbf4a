/* What the service manager is told: systemd's notification protocol, and its watchdog.
 *
 * Main thread. Where there is no service manager (NOTIFY_SOCKET is not set) every call is without
 * effect. The watchdog is fed by the engines' progress: one that is stuck for WatchdogSec is not
 * covered up by a main loop that still turns.
 */
#ifndef CW_DAEMON_SERVICE_H
#define CW_DAEMON_SERVICE_H

#include "daemon/metrics.h"

struct cw_service {
    bool ready, stopping;
    uint64_t watchdog;                     /* µs; 0: there is none */
    uint64_t beats[CW_BOARD_ENGINES_MOST]; /* as they were when it was fed last */
    uint64_t progress;                     /* of restoring, at the last look */
    char said[200];                        /* the last status */
};

void cw_service_init(struct cw_service *s);
/* Seconds between looks. */
double cw_service_every(const struct cw_service *s);
/* Before the first look: what the start waits for. */
void cw_service_waiting(struct cw_service *s, const char *reason);
/* Says how things stand, READY=1 once everything assigned is restored, and that we live, if each
 * of the engines has made progress since that was said last. While a restore makes progress,
 * systemd is asked to wait on. */
void cw_service_look(struct cw_service *s, const struct cw_metrics_view *v, size_t engines);
/* Around a reload. */
void cw_service_reloading(struct cw_service *s);
void cw_service_reloaded(struct cw_service *s);
/* The engines end one by one from here on, so nothing is asked of them; stopping has its bounds. */
void cw_service_stopping(struct cw_service *s);

/* "running, 12 shards, 345 messages waiting, Redis open": the line that systemctl status shows. */
void cw_service_status(const struct cw_metrics_view *v, char *out, size_t size);

#endif
