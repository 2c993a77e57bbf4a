/* Numbers in fewer bytes: what comes back is as near as was said, and nothing is nothing. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "churnwatch/packed.h"

static void a_small_float_is_near(void **state)
{
    (void)state;
    for (double v = 0.001; v < 2e6; v *= 1.00037)
        for (int sign = -1; sign <= 1; sign += 2) {
            double back = cw_float_unpack(cw_float_pack(sign * v));
            assert_true(fabs(back - sign * v) <= v / 2000);
            assert_int_equal(cw_float_pack(back), cw_float_pack(sign * v));
        }
    for (int n = -2048; n <= 2048; n++) /* whole ones are exact */
        assert_true(cw_float_unpack(cw_float_pack(n)) == n);
}

static void a_small_float_has_ends(void **state)
{
    (void)state;
    assert_int_equal(cw_float_pack(0), 0);
    assert_true(cw_float_unpack(cw_float_pack(0.0009)) == 0);
    assert_true(cw_float_unpack(cw_float_pack(-0.0009)) == 0);
    assert_true(cw_float_unpack(cw_float_pack(0.00098)) > 0);
    static const double large[] = {2.1e6, 1e9, DBL_MAX};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        assert_true(cw_float_unpack(cw_float_pack(large[i])) > 2.09e6);
        assert_true(cw_float_unpack(cw_float_pack(-large[i])) < -2.09e6);
    }
}

static void money_is_exact_to_its_unit(void **state)
{
    (void)state;
    static const struct {
        cw_money m, back;
    } of[] = {{0, 0},
              {-1, -1},
              {536870911, 536870911},
              {536870912, 536870900},
              {-536870950, -536871000},
              {53000000049, 53000000000},
              {53000000050, 53000000100}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        assert_true(cw_money_unpack(cw_money_pack(of[i].m)) == of[i].back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_float_is_near),
        cmocka_unit_test(a_small_float_has_ends),
        cmocka_unit_test(money_is_exact_to_its_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
