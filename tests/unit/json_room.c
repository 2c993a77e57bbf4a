/* The room of a parsed tree: pieces do not overlap, are aligned, and clearing leaves little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json_room.h"

enum { PIECES = 2000 };

static size_t size_of(int i)
{
    return i == 700 ? 100000 : (size_t)(i * 37 % 301);
}

static void pieces_are_whole_and_aligned(void **state)
{
    (void)state;
    static unsigned char *piece[PIECES];
    struct cw_json_room room = {0};
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < PIECES; i++) {
            piece[i] = cw_json_room_take(&room, size_of(i));
            assert_non_null(piece[i]);
            assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
            memset(piece[i], i, size_of(i));
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t k = 0; k < size_of(i); k++)
                assert_int_equal(piece[i][k], i & 0xff);
        cw_json_room_clear(&room);
    }
    cw_json_room_free(&room);
    assert_null(cw_json_room_take(&room, SIZE_MAX));
    assert_null(room.block);
}

static void a_small_tree_uses_the_same_room_again(void **state)
{
    (void)state;
    struct cw_json_room room = {0};
    void *first = cw_json_room_take(&room, 100);
    (void)cw_json_room_take(&room, 100);
    cw_json_room_clear(&room);
    assert_ptr_equal(cw_json_room_take(&room, 100), first);
    (void)cw_json_room_take(&room, 1000000);
    cw_json_room_clear(&room);
    assert_null(room.block); /* a large tree's is given back */
    cw_json_room_free(&room);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_whole_and_aligned),
        cmocka_unit_test(a_small_tree_uses_the_same_room_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
