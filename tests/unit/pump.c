/* The pump driven without servers: a Redis and a bus that answer when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/pump.h"
#include "delivery/pump_record.h"

/* ---- one entry ---- */

struct row {
    const char *fields[20]; /* name, value, …; NULL ends */
    const char *json;       /* NULL: refused */
    const char *why;
};

#define ID "{\"id\":\"E1:am042:1700-0\",\"manager\":\"am042\""
#define TASK "task_id", "t-1", "client_id", "g-1", "version", "3", "at", "2026-03-02T10:00:00+08:00"
#define TASK_JSON ",\"task_id\":\"t-1\",\"version\":3,\"client_id\":\"g-1\""
#define AT_JSON ",\"at\":\"2026-03-02T10:00:00+08:00\""

static const struct row rows[] = {
    {{TASK, "action", "claim", "who", "li"},
     ID TASK_JSON ",\"action\":\"claim\"" AT_JSON ",\"who\":\"li\"}",
     NULL},
    {{TASK, "action", "done", "result", "lost", "method", "phone", "note",
      "says \"no\"\n\xe4\xb8\x89"},
     ID TASK_JSON ",\"action\":\"done\"" AT_JSON ",\"method\":\"phone\",\"result\":\"lost\""
                  ",\"note\":\"says \\\"no\\\"\\n\xe4\xb8\x89\"}",
     NULL},
    {{TASK, "action", "snooze", "until", "2026-03-05T10:00:00+08:00", "note", ""},
     ID TASK_JSON ",\"action\":\"snooze\"" AT_JSON ",\"until\":\"2026-03-05T10:00:00+08:00\"}",
     NULL},
    {{TASK, "action", "reassign", "to", "am.2"},
     ID TASK_JSON ",\"action\":\"reassign\"" AT_JSON ",\"to\":\"am.2\"}",
     NULL},
    {{NULL}, NULL, "no fields"},
    {{"task_id", "t-1", "action", "claim"}, NULL, "client_id is missing"},
    {{TASK, "action", "bribe"}, NULL, "/action"},
    {{TASK}, NULL, "/action"},
    {{TASK, "action", "done"}, NULL, "/result"},
    {{TASK, "action", "snooze"}, NULL, "/until"},
    {{TASK, "action", "snooze", "until", "tomorrow"}, NULL, "/until"},
    {{TASK, "action", "reassign"}, NULL, "/to"},
    {{TASK, "action", "note", "note", "\xff"}, NULL, "note is too long or no UTF-8"},
    {{"client_id", "g-1", "task_id", "t-1", "version", "1e3", "action", "claim"},
     NULL,
     "version is no whole number"},
    {{"client_id", "g-1", "task_id", "t-1", "version", "03", "action", "claim"},
     NULL,
     "version is no whole number"},
};

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static void test_entries(void **state)
{
    (void)state;
    const struct cw_decode_limits limits = {65536, 65536, CW_DAY};
    struct cw_decoder *decoder = cw_decoder_new(&limits);
    struct cw_buf b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_pump_field fields[10];
        struct cw_pump_entry entry = {str("E1"), str("am042"), str("1700-0"), fields, 0};
        struct cw_errbuf why = {""};
        struct cw_str client = {0};
        for (size_t k = 0; rows[i].fields[k]; k += 2)
            fields[entry.n_fields++] =
                (struct cw_pump_field){str(rows[i].fields[k]), str(rows[i].fields[k + 1])};
        cw_buf_clear(&b);
        cw_buf_puts(&b, "before");
        int err = cw_pump_record(&entry, decoder, &b, &client, &why);
        cw_buf_put(&b, "", 1);
        if (rows[i].json) {
            assert_int_equal(err, 0);
            assert_string_equal(b.p + 6, rows[i].json);
            assert_memory_equal(client.p, "g-1", 3);
        } else {
            assert_int_equal(err, -CW_E_INVALID);
            assert_string_equal(b.p, "before");
            if (!strstr(why.text, rows[i].why))
                fail_msg("%s is not in: %s", rows[i].why, why.text);
        }
    }
    cw_buf_free(&b);
    cw_decoder_free(decoder);
}

/* ---- the ports ---- */

struct world {
    struct cw_pump *pump;
    struct cw_settings settings;
    struct cw_board *board;
    bool connected;
    char words[8][64]; /* of the last command */
    size_t n_words;
    cw_reply_fn *fn; /* NULL: nothing is asked */
    void *arg;
    struct cw_send_job *job; /* NULL: nothing is given */
    int given;
};

static int port_send(void *self, const struct cw_str *argv, size_t argc, cw_reply_fn *fn, void *arg)
{
    struct world *w = self;
    if (!w->connected)
        return -CW_E_RETRY;
    assert_null(w->fn);
    w->n_words = argc;
    for (size_t i = 0; i < argc && i < 8; i++)
        (void)snprintf(w->words[i], sizeof w->words[i], "%.*s", (int)argv[i].n, argv[i].p);
    w->fn = fn;
    w->arg = arg;
    return 0;
}

static void port_give(void *self, struct cw_send_job *job)
{
    struct world *w = self;
    assert_null(w->job);
    w->job = job;
    w->given++;
}

static void begin(struct world *w)
{
    static char prefix[] = "cw:", topic[] = "task.outcomes", instance[] = "cw-0";
    *w = (struct world){.connected = true, .board = cw_board_new()};
    w->settings.redis_prefix = prefix;
    w->settings.topic_outcomes = topic;
    w->settings.instance = instance;
    const struct cw_pump_setup setup = {.settings = &w->settings,
                                        .board = w->board,
                                        .redis = {.self = w, .send = port_send},
                                        .sender = {.self = w, .give = port_give}};
    w->pump = cw_pump_new(&setup);
    assert_non_null(w->pump);
}

static void end(struct world *w)
{
    cw_pump_free(w->pump);
    cw_board_free(w->board);
}

static void answer(struct world *w, const struct cw_reply *r)
{
    cw_reply_fn *fn = w->fn;
    assert_non_null(fn);
    w->fn = NULL;
    fn(w->arg, r);
}

static void answer_kind(struct world *w, enum cw_reply_kind kind, const char *text, int64_t number)
{
    const struct cw_reply r = {.kind = kind, .text = str(text), .number = number};
    answer(w, &r);
}

/* cw_take's answer: of each row the manager, the id and the action of a move on t-1. */
static void answer_moves(struct world *w, const char *const (*moves)[3], size_t n)
{
    struct cw_reply items[256];
    size_t at = 0;
    items[at++] = (struct cw_reply){.kind = CW_REPLY_TEXT, .text = str("E1")};
    for (size_t i = 0; i < n; i++) {
        const char *const fields[] = {TASK, "action", moves[i][2]};
        size_t pieces = sizeof fields / sizeof *fields;
        items[at++] = (struct cw_reply){.kind = CW_REPLY_TEXT, .text = str(moves[i][0])};
        items[at++] = (struct cw_reply){.kind = CW_REPLY_TEXT, .text = str(moves[i][1])};
        items[at++] = (struct cw_reply){.kind = CW_REPLY_NUMBER, .number = (int64_t)pieces};
        for (size_t k = 0; k < pieces; k++)
            items[at++] = (struct cw_reply){.kind = CW_REPLY_TEXT, .text = str(fields[k])};
    }
    const struct cw_reply r = {.kind = CW_REPLY_LIST, .items = items, .n_items = at};
    answer(w, &r);
}

static void sent(struct world *w, int err)
{
    const struct cw_errbuf why = {"the broker is away"};
    struct cw_send_job *job = w->job;
    assert_non_null(job);
    w->job = NULL;
    job->done(job->arg, err, &why);
}

static void asked(const struct world *w, const char *function)
{
    assert_non_null(w->fn);
    assert_string_equal(w->words[0], "FCALL");
    assert_string_equal(w->words[1], function);
    assert_string_equal(w->words[3], "cw:delivery");
}

/* ---- the states ---- */

static const char *const two[][3] = {{"am1", "5-0", "claim"}, {"am.2", "6-1", "escalate"}};

static void test_moves_go_out_and_are_forgotten(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    cw_pump_tick(w.pump);
    asked(&w, "cw_take");
    assert_string_equal(w.words[4], "cw-0");
    cw_pump_tick(w.pump); /* One thing at a time. */
    answer_moves(&w, two, 2);
    assert_null(w.fn);
    assert_int_equal(w.job->n_records, 2);
    const struct cw_logs_record *r = &w.job->records[1];
    assert_string_equal(r->topic, "task.outcomes");
    assert_int_equal(r->partition, -1);
    assert_memory_equal(r->key.p, "g-1", 3);
    assert_memory_equal(r->value.p, "{\"id\":\"E1:am.2:6-1\"", 19);
    cw_pump_tick(w.pump);
    assert_null(w.fn);
    assert_false(cw_pump_rests(w.pump));
    sent(&w, 0);
    asked(&w, "cw_taken");
    assert_int_equal(w.n_words, 4 + 6);
    assert_string_equal(w.words[4], "am1");
    assert_string_equal(w.words[5], "5-0");
    assert_string_equal(w.words[6], "");
    answer_kind(&w, CW_REPLY_NUMBER, "", 2);
    asked(&w, "cw_take"); /* There may be more. */
    answer_moves(&w, two, 0);
    assert_null(w.fn);
    assert_true(cw_pump_rests(w.pump));
    assert_int_equal(cw_board_counter(w.board, CW_COUNT_moves_written), 2);
    end(&w);
}

static void test_the_bus_is_away(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    cw_pump_tick(w.pump);
    answer_moves(&w, two, 2);
    for (int tries = 1; tries <= 3; tries++) {
        assert_int_equal(w.given, tries);
        sent(&w, -CW_E_IO);
        for (int ticks = 0; ticks < 100 && !w.job; ticks++)
            cw_pump_tick(w.pump);
        assert_null(w.fn);
    }
    assert_int_equal(w.job->n_records, 2);
    sent(&w, 0);
    asked(&w, "cw_taken");
    end(&w);
}

static void test_redis_goes_away(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    w.connected = false;
    cw_pump_tick(w.pump);
    w.connected = true;
    cw_pump_tick(w.pump);
    answer_kind(&w, CW_REPLY_UNKNOWN, "", 0);
    cw_pump_tick(w.pump);
    answer_moves(&w, two, 2);
    /* Away while the bus has them: they are not forgotten, and come again. */
    w.connected = false;
    sent(&w, 0);
    assert_true(cw_pump_rests(w.pump));
    w.connected = true;
    cw_pump_tick(w.pump);
    answer_moves(&w, two, 2);
    sent(&w, 0);
    answer_kind(&w, CW_REPLY_UNKNOWN, "", 0);
    cw_pump_tick(w.pump);
    asked(&w, "cw_take");
    end(&w);
}

static void test_answers_of_another_form(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    const struct cw_reply bad[] = {
        {.kind = CW_REPLY_TEXT, .text = CW_STR("am1")},
        {.kind = CW_REPLY_TEXT, .text = CW_STR("E1")},
        {.kind = CW_REPLY_NUMBER, .number = 2},
    };
    for (size_t n = 0; n <= 3; n++) {
        const struct cw_reply r = {.kind = CW_REPLY_LIST, .items = bad, .n_items = n};
        cw_pump_tick(w.pump);
        answer(&w, &r);
        assert_null(w.job);
        assert_true(cw_pump_rests(w.pump));
    }
    cw_pump_tick(w.pump);
    answer_kind(&w, CW_REPLY_ERROR, "ERR Function not found", 0);
    cw_pump_tick(w.pump);
    asked(&w, "cw_take");
    end(&w);
}

static void test_what_is_no_outcome_is_kept_aside(void **state)
{
    (void)state;
    static const char *const one_bad[][3] = {{"am1", "5-0", "bribe"}, {"am1", "6-0", "claim"}};
    struct world w;
    begin(&w);
    cw_pump_tick(w.pump);
    answer_moves(&w, one_bad, 2);
    assert_int_equal(w.job->n_records, 1);
    sent(&w, 0);
    asked(&w, "cw_taken");
    assert_non_null(strstr(w.words[6], "/action"));
    answer_kind(&w, CW_REPLY_NUMBER, "", 2);
    assert_int_equal(cw_board_counter(w.board, CW_COUNT_moves_refused), 1);
    assert_int_equal(cw_board_counter(w.board, CW_COUNT_moves_written), 1);
    /* None of them good: nothing for the bus. */
    answer_moves(&w, one_bad, 1);
    assert_null(w.job);
    asked(&w, "cw_taken");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_moves_go_out_and_are_forgotten),
        cmocka_unit_test(test_the_bus_is_away),
        cmocka_unit_test(test_redis_goes_away),
        cmocka_unit_test(test_answers_of_another_form),
        cmocka_unit_test(test_what_is_no_outcome_is_kept_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
