/* Packing and unpacking of profiles; see profile.h. The first byte is the version of the layout. */
#include "core/profile.h"

#include <string.h>

enum { PROFILE_LAYOUT = 1 };

static void pack_contact(struct cw_buf *b, const struct cw_contact *c)
{
    cw_buf_u8(b, (uint8_t)c->role);
    cw_buf_u8(b, c->lunar);
    cw_buf_i32(b, c->birthday);
    cw_buf_str(b, c->name);
    cw_buf_str(b, c->msisdn);
    cw_buf_str(b, c->email);
}

static void pack_date(struct cw_buf *b, const struct cw_profile_date *d)
{
    cw_buf_i32(b, d->date);
    cw_buf_u8(b, d->yearly);
    cw_buf_str(b, d->label);
}

/* The single texts, in the order in which they are stored. */
static const size_t text_fields[] = {
    offsetof(struct cw_profile, manager),
    offsetof(struct cw_profile, chief_manager),
    offsetof(struct cw_profile, name),
    offsetof(struct cw_profile, county),
    offsetof(struct cw_profile, address),
    offsetof(struct cw_profile, industry),
    offsetof(struct cw_profile, legal_representative),
    offsetof(struct cw_profile, notes),
};
enum { N_TEXTS = sizeof text_fields / sizeof *text_fields };

static struct cw_str *text_field(const struct cw_profile *p, size_t i)
{
    return (struct cw_str *)(uintptr_t)((const char *)p + text_fields[i]);
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* The head is of fixed size: see cw_profile_phones. */
void cw_profile_pack(struct cw_buf *b, const struct cw_profile *p)
{
    cw_buf_u8(b, PROFILE_LAYOUT);
    cw_buf_u8(b, (uint8_t)p->kind);
    cw_buf_u8(b, (uint8_t)p->class_);
    cw_buf_u8(b, (uint8_t)p->vip);
    cw_buf_u8(b, (uint8_t)p->preferred_method);
    cw_buf_u8(b, p->snapshot);
    cw_buf_i32(b, p->headcount);
    cw_buf_i32(b, p->phones);
    cw_buf_i32(b, p->mobile_phones);
    cw_buf_i32(b, p->contract_ends);
    cw_buf_i64(b, p->annual_output);
    for (size_t i = 0; i < N_TEXTS; i++)
        cw_buf_str(b, *text_field(p, i));
    size_t n_contacts = at_most(p->n_contacts, CW_PROFILE_CONTACTS_MOST);
    cw_buf_u16(b, (uint16_t)n_contacts);
    for (size_t i = 0; i < n_contacts; i++)
        pack_contact(b, &p->contacts[i]);
    size_t n_dates = at_most(p->n_dates, CW_PROFILE_DATES_MOST);
    cw_buf_u16(b, (uint16_t)n_dates);
    for (size_t i = 0; i < n_dates; i++)
        pack_date(b, &p->dates[i]);
    size_t n_interests = at_most(p->n_interests, CW_PROFILE_INTERESTS_MOST);
    cw_buf_u16(b, (uint16_t)n_interests);
    for (size_t i = 0; i < n_interests; i++)
        cw_buf_str(b, p->interests[i]);
}

static struct cw_contact read_contact(struct cw_reader *r)
{
    struct cw_contact c = {.role = (enum cw_role)cw_read_u8(r)};
    c.lunar = cw_read_u8(r) != 0;
    c.birthday = cw_read_i32(r);
    c.name = cw_read_str(r);
    c.msisdn = cw_read_str(r);
    c.email = cw_read_str(r);
    return c;
}

static struct cw_profile_date read_date(struct cw_reader *r)
{
    struct cw_profile_date d = {.date = cw_read_i32(r)};
    d.yearly = cw_read_u8(r) != 0;
    d.label = cw_read_str(r);
    return d;
}

static void read_head(struct cw_reader *r, struct cw_profile *p)
{
    p->kind = (enum cw_kind)cw_read_u8(r);
    p->class_ = (enum cw_class)cw_read_u8(r);
    p->vip = (enum cw_vip)cw_read_u8(r);
    p->preferred_method = (enum cw_method)cw_read_u8(r);
    p->snapshot = cw_read_u8(r) != 0;
    p->headcount = cw_read_i32(r);
    p->phones = cw_read_i32(r);
    p->mobile_phones = cw_read_i32(r);
    p->contract_ends = cw_read_i32(r);
    p->annual_output = cw_read_i64(r);
    for (size_t i = 0; i < N_TEXTS; i++)
        *text_field(p, i) = cw_read_str(r);
}

bool cw_profile_unpack(struct cw_str packed, struct cw_profile *ret, struct cw_profile_room *room)
{
    struct cw_reader r = cw_reader(packed.p, packed.n);
    struct cw_profile p;
    memset(&p, 0, sizeof p);
    if (cw_read_u8(&r) != PROFILE_LAYOUT)
        return false;
    read_head(&r, &p);
    p.n_contacts = cw_read_u16(&r);
    if (p.n_contacts > CW_PROFILE_CONTACTS_MOST)
        return false;
    for (size_t i = 0; i < p.n_contacts; i++)
        room->contacts[i] = read_contact(&r);
    p.n_dates = cw_read_u16(&r);
    if (p.n_dates > CW_PROFILE_DATES_MOST)
        return false;
    for (size_t i = 0; i < p.n_dates; i++)
        room->dates[i] = read_date(&r);
    p.n_interests = cw_read_u16(&r);
    if (p.n_interests > CW_PROFILE_INTERESTS_MOST)
        return false;
    for (size_t i = 0; i < p.n_interests; i++)
        room->interests[i] = cw_read_str(&r);
    if (r.failed)
        return false;
    p.contacts = room->contacts;
    p.dates = room->dates;
    p.interests = room->interests;
    *ret = p;
    return true;
}
