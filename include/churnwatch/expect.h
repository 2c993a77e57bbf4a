/* Memory fetched ahead of its use, so that it is near when its turn comes. Any thread. */
#ifndef CHURNWATCH_EXPECT_H
#define CHURNWATCH_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#define CW_CACHE_LINE 64

/* n bytes from p on. It changes nothing and fails at nothing: p may be NULL or point anywhere. */
static inline void cw_expect(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += CW_CACHE_LINE)
        __builtin_prefetch((const void *)((uintptr_t)p + i));
}

#endif
