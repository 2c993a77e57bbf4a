/* Reading a client: its lines, its slices, its bills. Writing is core/clients.c. */
#include "churnwatch/client.h"

#include <pthread.h>

/* Where each detector's slice begins, worked out from the table once; the last entry is the size of
 * all. Written before its first use and never again, so threads may share it. */
static struct {
    size_t client[CW_DETECTORS + 1], line[CW_DETECTORS + 1];
} offsets;
static pthread_once_t offsets_once = PTHREAD_ONCE_INIT;

static void work_out_offsets(void)
{
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        offsets.client[d + 1] = offsets.client[d] + cw_detectors[d]->state_size;
        offsets.line[d + 1] = offsets.line[d] + cw_detectors[d]->line_state_size;
    }
}

static size_t offset_in_client(unsigned detector)
{
    (void)pthread_once(&offsets_once, work_out_offsets);
    return offsets.client[detector];
}

static size_t offset_in_line(unsigned detector)
{
    (void)pthread_once(&offsets_once, work_out_offsets);
    return offsets.line[detector];
}

size_t cw_client_slices_size(void)
{
    return offset_in_client(CW_DETECTORS);
}

size_t cw_line_stride(void)
{
    size_t n = sizeof(struct cw_line) + offset_in_line(CW_DETECTORS);
    return (n + 7) & ~(size_t)7;
}

struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i)
{
    return (struct cw_line *)(void *)(cl->lines + (size_t)i * cw_line_stride());
}

struct cw_line *cw_client_line(const struct cw_client *cl, cw_number number)
{
    uint32_t lo = 0, hi = cl->n_lines;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct cw_line *ln = cw_client_line_at(cl, mid);
        if (ln->number == number)
            return ln;
        if (ln->number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

void *cw_client_slice(const struct cw_client *cl, unsigned detector)
{
    return cw_detectors[detector]->state_size ? cl->slices + offset_in_client(detector) : NULL;
}

void *cw_line_slice(const struct cw_line *ln, unsigned detector)
{
    if (!ln || !cw_detectors[detector]->line_state_size)
        return NULL;
    return (unsigned char *)(uintptr_t)(ln + 1) + offset_in_line(detector);
}

bool cw_client_all_stopped(const struct cw_client *cl)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        if (cw_client_line_at(cl, i)->status < CW_LINE_TWO_WAY)
            return false;
    return cl->n_lines > 0;
}

cw_money cw_client_usual_bill(const struct cw_client *cl, int skip, int n)
{
    cw_money sum = 0;
    int found = 0;
    for (int i = skip; i < CW_BILLS_KEPT && found < n && cl->bill_cycles[i]; i++, found++)
        sum += cl->bills[i];
    /* To the fen: a mean is no amount of any bill, and people read it. */
    return found ? sum / found / (CW_YUAN / 100) * (CW_YUAN / 100) : -1;
}

cw_money cw_client_fees(const struct cw_client *cl)
{
    cw_money sum = 0;
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        if (ln->status != CW_LINE_GONE && ln->monthly_fee > 0)
            sum = cw_money_add(sum, ln->monthly_fee);
    }
    return sum;
}
