/* Which partition a key belongs to: murmur2 as in Apache Kafka's default partitioner (the algorithm
 * is Austin Appleby's MurmurHash2, public domain; seed and masking are Kafka's). */
#include "churnwatch/shard.h"

static uint32_t word_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t murmur2(const unsigned char *p, size_t n)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = UINT32_C(0x9747b28c) ^ (uint32_t)n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k = word_at(p) * m;
        k = (k ^ k >> 24) * m;
        h = h * m ^ k;
    }
    for (size_t i = n; i > 0; i--)
        h ^= (uint32_t)p[i - 1] << (8 * (i - 1));
    if (n)
        h *= m;
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

int32_t cw_partition_of(struct cw_str key, int32_t n)
{
    uint32_t h = murmur2((const unsigned char *)key.p, key.n) & UINT32_C(0x7fffffff);
    return (int32_t)(h % (uint32_t)n);
}
