/* What a commit consists of, in the order it is written. On the engine's thread, but for
 * the second step; owns nothing that outlives the commit.
 */
#include "engine/commit.h"

#include <stdlib.h>
#include <string.h>

#include "churnwatch/faults.h"

/* The state log is trimmed when so much of it is no longer needed. */
#define TRIM_LEAST 1024
/* A restore begins at a mark; so no more than this lies between two. */
#define UNMARKED_MOST (8 << 20)
/* A round of rewriting is to be finished in this time, however little changes. */
#define ROUND_WITHIN (20 * CW_HOUR)

static uint32_t cold_least(const struct cw_run *r, cw_mono_time now)
{
    double share = (double)(now - r->committed_at) / (double)ROUND_WITHIN;
    double clients = (double)cw_shard_clients(r->core);
    double due = (share < 1 ? share : 1) * clients + 1;
    double least = (double)r->common->settings->cold_least;
    return (uint32_t)(due > least ? due : least);
}

static void fill_position(const struct cw_run *r, const struct cw_follow *f, struct cw_position *p)
{
    memcpy(p->next, r->next, sizeof p->next);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        p->greatest[in] = cw_merge_greatest(r->merge, in);
    p->batch = r->batch;
    p->clock = cw_shard_clock(r->core);
    p->settings = r->common->settings->version;
    p->managers = cw_follow_offset(&f->managers);
    p->control = cw_follow_offset(&f->control);
    p->needed = r->needed;
    p->n_cuts = r->n_cuts;
    memcpy(p->cuts, r->cuts, r->n_cuts * sizeof *p->cuts);
}

static cw_mono_time now_of(const struct cw_link *link)
{
    return link->env->mono(link->env->arg);
}

/* A run's images on their way into the state log. */
struct stream {
    struct cw_run *r;
    const struct cw_follow *follow;
    struct cw_commit_room *room;
    const struct cw_link *link;
    struct cw_errbuf *eb;
    struct cw_state_record rec;
    size_t within;          /* bytes missing of the image that the last record ended in */
    cw_mono_time appending; /* spent so far */
};

static int append_record(struct stream *s)
{
    struct cw_run *r = s->r;
    struct cw_buf *b = &s->room->record;
    cw_mono_time began = now_of(s->link);
    cw_buf_clear(b);
    cw_statelog_encode(b, &s->rec);
    struct cw_record out = {.log = CW_LOG_STATE, .partition = r->shard, .value = {b->p, b->n}};
    int err = b->failed ? -CW_E_NOMEM : cw_link_append(s->link, &out, s->eb);
    cw_board_count(r->common->board, CW_COUNT_state_bytes, b->n);
    r->unmarked += b->n;
    s->rec.part++;
    s->appending += now_of(s->link) - began;
    return err;
}

/* Whole records as long as there are more images than go into one; with `all` the rest, too, and
 * the position in the last of them. */
static int append_images(struct stream *s, struct cw_buf *b, bool all)
{
    struct cw_str left = {b->p, b->n};
    int err = b->failed ? -CW_E_NOMEM : 0;
    while (!err && (left.n > CW_STATE_RECORD_MOST || (all && left.n))) {
        size_t n = cw_statelog_split(left, CW_STATE_RECORD_MOST, &s->within);
        s->rec.images = (struct cw_str){left.p, n};
        s->rec.goes_on = s->within > 0;
        s->rec.last = all && n == left.n;
        if (s->rec.last)
            fill_position(s->r, s->follow, &s->rec.position);
        err = append_record(s);
        left.p += n;
        left.n -= n;
    }
    if (left.n)
        memmove(b->p, left.p, left.n);
    b->n = left.n;
    return err;
}

static int pour(void *arg, struct cw_buf *images)
{
    return append_images(arg, images, false);
}

/* Never all of it at once: after a day's close in a backlog it is the whole shard. */
static int append_state(struct stream *s)
{
    struct cw_run *r = s->r;
    const struct cw_settings *settings = r->common->settings;
    const struct cw_spout spout = {CW_STATE_RECORD_MOST, pour, s};
    struct cw_buf *images = &s->room->images;
    uint32_t round_start;
    cw_buf_clear(images);
    r->ahead = true; /* The core takes what it encodes for committed. */
    int err = cw_shard_pour(r->core, r->commit + 1, settings->cold_share,
                            cold_least(r, now_of(s->link)), images, &spout, &round_start);
    if (err)
        return err;
    int64_t needed = cw_trail_offset(&r->trail, round_start);
    if (needed > r->needed)
        r->needed = needed;
    return append_images(s, images, true);
}

static int append_run(struct cw_run *r, const struct cw_follow *f, struct cw_commit_room *room,
                      const struct cw_link *link, struct cw_errbuf *eb)
{
    struct stream s = {r, f, room, link, eb, .rec = {.commit = r->commit + 1}};
    cw_mono_time began = now_of(link);
    int err = cw_pending_append(&r->pending, link, eb);
    s.appending = now_of(link) - began;
    if (!err)
        err = append_state(&s);
    cw_board_observe(r->common->board, CW_HISTOGRAM_encode_seconds,
                     now_of(link) - began - s.appending);
    cw_board_observe(r->common->board, CW_HISTOGRAM_append_seconds, s.appending);
    return err;
}

/* Every so many commits, or bytes, it is asked where in the state log we are. Commits alone will
 * not do: after each close of a day in a backlog one holds the whole shard. */
static int mark_trail(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    int64_t first, end;
    if ((r->commit + 1) % CW_MARK_EVERY != 0 && r->unmarked < UNMARKED_MOST)
        return 0;
    int err = cw_link_end(link, CW_LOG_STATE, r->shard, &first, &end, eb);
    if (err)
        return err;
    cw_trail_mark(&r->trail, r->commit + 1, end);
    r->known = end;
    r->unmarked = 0;
    return 0;
}

/* Once it is committed: what is judged again after an abort is not told twice. */
static void publish_dry(struct cw_run *r)
{
    const struct cw_dry *found;
    (void)cw_shard_dry(r->core, &found);
    if (r->appended.dry)
        cw_board_dry(r->common->board, r->shard, found, r->appended.dry);
    cw_shard_dry_forget(r->core, r->appended.dry);
}

static void committed(struct cw_run *r, const struct cw_link *link)
{
    r->commit++;
    r->commits++;
    cw_board_count(r->common->board, CW_COUNT_outbox_records, r->appended.tasks);
    publish_dry(r);
    cw_run_committed(r);
    r->committed_at = now_of(link);
    r->last_commit = link->env->wall(link->env->arg);
    if (r->needed - r->trimmed >= TRIM_LEAST) {
        link->bus->ops->trim(link->bus, r->shard, r->needed);
        r->trimmed = r->needed;
    }
    cw_run_publish(r);
}

static void count_commit(const struct cw_commit *c)
{
    struct cw_board *board = c->runs[0]->common->board;
    size_t judged = 0;
    for (size_t i = 0; i < c->n; i++)
        judged += c->runs[i]->appended.judged;
    cw_board_count(board, CW_COUNT_commits, 1);
    cw_board_observe(board, CW_HISTOGRAM_positions_seconds, c->sent - c->appended);
    cw_board_observe(board, CW_HISTOGRAM_end_seconds, c->ended - c->sent);
    cw_board_observe(board, CW_HISTOGRAM_commit_seconds, c->ended - c->began);
    cw_board_observe(board, CW_HISTOGRAM_commit_messages, (int64_t)judged);
}

/* Deliberate mistake: what follows is no longer of one piece with what was appended. */
static int another_transaction(uint64_t token, struct cw_link *link, struct cw_errbuf *eb)
{
    int err = cw_link_commit(link, eb);
    return err ? err : cw_link_begin(link, token, eb);
}

static void note_positions(struct cw_commit *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->at[i].shard = c->runs[i]->shard;
        memcpy(c->at[i].next, c->runs[i]->next, sizeof c->at[i].next);
    }
}

/* ---- the three steps ---- */

int cw_commit_init(struct cw_commit *c, struct cw_link *link, uint64_t token, size_t most)
{
    *c = (struct cw_commit){.link = link, .token = token};
    c->runs = calloc(most + 1, sizeof *c->runs);
    c->at = calloc(most + 1, sizeof *c->at);
    if (c->runs && c->at)
        return 0;
    cw_commit_free(c);
    return -CW_E_NOMEM;
}

void cw_commit_free(struct cw_commit *c)
{
    free(c->runs);
    free(c->at);
    *c = (struct cw_commit){0};
}

int cw_commit_append(struct cw_commit *c, const struct cw_follow *follow,
                     struct cw_commit_room *room, struct cw_errbuf *eb)
{
    int err = 0;
    c->began = now_of(c->link);
    for (size_t i = 0; i < c->n && !err; i++)
        err = mark_trail(c->runs[i], c->link, eb);
    CW_POINT(before_begin);
    if (!err)
        err = cw_link_begin(c->link, c->token, eb);
    CW_POINT(after_begin);
    for (size_t i = 0; i < c->n && !err; i++)
        err = append_run(c->runs[i], follow, room, c->link, eb);
    CW_POINT(after_append);
    for (size_t i = 0; i < c->n && !err; i++)
        cw_run_appended(c->runs[i]);
    note_positions(c);
    c->appended = now_of(c->link);
    return err;
}

static void send_and_commit(void *commit)
{
    struct cw_commit *c = commit;
    if (CW_BUG(positions_late))
        note_positions(c);
    c->err = CW_BUG(position_apart) ? another_transaction(c->token, c->link, &c->eb) : 0;
    if (!c->err)
        c->err = cw_link_send_positions(c->link, c->at, c->n, c->token, &c->eb);
    CW_POINT(after_send_positions);
    c->sent = now_of(c->link);
    if (!c->err)
        c->err = cw_link_commit(c->link, &c->eb);
    CW_POINT(after_commit);
    c->ended = now_of(c->link);
}

void cw_commit_settle(struct cw_commit *c, bool beside)
{
    struct cw_hand *hand = c->link->env->hand;
    struct cw_bus *bus = c->link->bus;
    c->beside = beside && hand && bus->ops->keep && !CW_BUG(metadata_at_commit);
    if (!c->beside) {
        send_and_commit(c);
        return;
    }
    bus->ops->keep(bus, true);
    hand->begin(hand, send_and_commit, c);
}

bool cw_commit_is_settled(const struct cw_commit *c)
{
    struct cw_hand *hand = c->link->env->hand;
    return !c->beside || hand->is_done(hand);
}

int cw_commit_end(struct cw_commit *c, struct cw_errbuf *eb)
{
    struct cw_bus *bus = c->link->bus;
    if (c->beside) {
        c->link->env->hand->finish(c->link->env->hand);
        bus->ops->keep(bus, false);
    }
    if (c->err) {
        *eb = c->eb;
        return c->err;
    }
    count_commit(c);
    for (size_t i = 0; i < c->n; i++)
        committed(c->runs[i], c->link);
    return 0;
}
