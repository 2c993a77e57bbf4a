/* Names for the simulated county. See sim_names.h. */
#include "ctl/sim/sim_names.h"

#include <stdio.h>

static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "黄", "赵",
                                       "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
                                       "何", "林", "罗", "郑", "梁", "谢", "宋", "唐"};
static const char *const given[] = {"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋",
                                    "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚",
                                    "海", "波", "辉", "红", "志", "国", "建", "文", "晓", "玉"};
static const char *const counties[] = {"定海", "普陀", "岱山", "嵊泗"};
static const char *const brands[] = {"远洋", "东海", "金鑫", "恒通", "华盛", "海天",
                                     "新城", "佳禾", "永兴", "瑞丰", "宏达", "蓝湾"};
static const struct {
    const char *industry, *suffix;
} industries[] = {
    {"fishery", "渔业有限公司"}, {"shipping", "航运有限公司"},  {"shipyard", "船舶修造有限公司"},
    {"hotel", "大酒店"},         {"logistics", "物流有限公司"}, {"school", "实验学校"},
    {"hospital", "医院"},        {"trade", "商贸有限公司"},     {"construction", "建设有限公司"},
    {"bank", "农村合作银行"},
};

#define COUNT(table) ((uint32_t)(sizeof(table) / sizeof *(table)))

static const char *any(struct cw_sim_random *r, const char *const *table, uint32_t n)
{
    return table[cw_sim_below(r, n)];
}

void cw_sim_person(struct cw_sim_random *r, char *out, size_t size)
{
    const char *surname = any(r, surnames, COUNT(surnames));
    const char *first = any(r, given, COUNT(given));
    const char *second = cw_sim_chance(r, 0.6) ? any(r, given, COUNT(given)) : "";
    (void)snprintf(out, size, "%s%s%s", surname, first, second);
}

const char *cw_sim_county(struct cw_sim_random *r)
{
    return any(r, counties, COUNT(counties));
}

const char *cw_sim_company(struct cw_sim_random *r, const char *county, char *out, size_t size)
{
    uint32_t i = cw_sim_below(r, COUNT(industries));
    (void)snprintf(out, size, "%s%s%s", county, any(r, brands, COUNT(brands)),
                   industries[i].suffix);
    return industries[i].industry;
}
