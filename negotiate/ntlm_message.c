/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three messages (MS-NLMP 2.2.1) and AV pairs (2.2.2.1). */
#include "negotiate/ntlm_private.h"

#define NTLM_NEGOTIATE	  1
#define NTLM_CHALLENGE	  2
#define NTLM_AUTHENTICATE 3

static const uint8_t signature[8] = "NTLMSSP";

/* A version that says no more than which revision of NTLM this is: 15, with
 * the six other bytes of a plausible system before it (2.2.2.10). */
static const uint8_t version[8] = {6, 1, 0, 0, 0, 0, 0, 15};

bool ntlm_is_message(struct wire_slice token)
{
	return token.len >= sizeof(signature) &&
	       memcmp(token.data, signature, sizeof(signature)) == 0;
}

static struct wire_reader message_reader(struct wire_slice in, uint32_t type)
{
	struct wire_reader r = wire_reader_of(in);

	wire_skip(&r, sizeof(signature));
	if (!ntlm_is_message(in) || wire_get_u32(&r) != type) {
		wire_reader_fail(&r);
	}
	return r;
}

static void message_begin(struct wire_writer *w, uint32_t type)
{
	wire_rebase(w);
	wire_put(w, signature, sizeof(signature));
	wire_put_u32(w, type);
}

/*
 * A field is length, maximum length, offset. It may point anywhere behind
 * what its message cannot do without; clients of all ages differ in that.
 */
struct field {
	size_t len;
	size_t offset;
};

static struct field get_field(struct wire_reader *r)
{
	struct field f = {0};

	f.len = wire_get_u16(r);
	wire_skip(r, 2);
	f.offset = wire_get_u32(r);
	return f;
}

static struct wire_slice get_payload(struct wire_reader *r, struct field f)
{
	return wire_get_at(r, f.offset, f.len);
}

/* Writes the field and gives back where to patch its offset. */
static size_t put_field(struct wire_writer *w, struct wire_slice s)
{
	wire_put_size16(w, s.len);
	wire_put_size16(w, s.len);
	wire_put_u32(w, 0);
	return wire_tell(w) - 4;
}

static void put_payload(struct wire_writer *w, size_t at, struct wire_slice s)
{
	wire_patch_u32(w, at, wire_tell(w));
	wire_put_slice(w, s);
}

/* ------------------------------------------------------- NEGOTIATE, 2.2.1.1 */

bool ntlm_negotiate_decode(struct wire_slice in, struct ntlm_negotiate *out)
{
	struct wire_reader r = message_reader(in, NTLM_NEGOTIATE);

	/* Domain and workstation may follow; nothing depends on them. */
	out->flags = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool ntlm_negotiate_encode(struct wire_writer *w,
			   const struct ntlm_negotiate *in)
{
	size_t domain = 0;
	size_t workstation = 0;

	message_begin(w, NTLM_NEGOTIATE);
	wire_put_u32(w, in->flags);
	domain = put_field(w, wire_slice(NULL, 0));
	workstation = put_field(w, wire_slice(NULL, 0));
	wire_put(w, version, sizeof(version));
	put_payload(w, domain, wire_slice(NULL, 0));
	put_payload(w, workstation, wire_slice(NULL, 0));
	return wire_writer_ok(w);
}

/* ------------------------------------------------------- CHALLENGE, 2.2.1.2 */

bool ntlm_challenge_decode(struct wire_slice in, struct ntlm_challenge *out)
{
	struct wire_reader r = message_reader(in, NTLM_CHALLENGE);
	struct field target_name = get_field(&r);
	struct field target_info = {0};

	*out = (struct ntlm_challenge){.flags = wire_get_u32(&r)};
	wire_get_bytes(&r, out->challenge, sizeof(out->challenge));
	if ((out->flags & NTLM_NEGOTIATE_TARGET_INFO) != 0) {
		wire_skip(&r, 8);
		target_info = get_field(&r);
	}
	out->target_name = get_payload(&r, target_name);
	out->target_info = get_payload(&r, target_info);
	return wire_reader_ok(&r);
}

bool ntlm_challenge_encode(struct wire_writer *w,
			   const struct ntlm_challenge *in)
{
	size_t target_name = 0;
	size_t target_info = 0;

	message_begin(w, NTLM_CHALLENGE);
	target_name = put_field(w, in->target_name);
	wire_put_u32(w, in->flags);
	wire_put(w, in->challenge, sizeof(in->challenge));
	wire_put_zeros(w, 8);
	target_info = put_field(w, in->target_info);
	wire_put(w, version, sizeof(version));
	put_payload(w, target_name, in->target_name);
	put_payload(w, target_info, in->target_info);
	return wire_writer_ok(w);
}

/* ---------------------------------------------------- AUTHENTICATE, 2.2.1.3 */

bool ntlm_authenticate_decode(struct wire_slice in,
			      struct ntlm_authenticate *out)
{
	struct wire_reader r = message_reader(in, NTLM_AUTHENTICATE);
	struct field lm = get_field(&r);
	struct field nt = get_field(&r);
	struct field domain = get_field(&r);
	struct field user = get_field(&r);
	struct field workstation = get_field(&r);
	struct field session_key = get_field(&r);

	*out = (struct ntlm_authenticate){.flags = wire_get_u32(&r)};
	out->lm_response = get_payload(&r, lm);
	out->nt_response = get_payload(&r, nt);
	out->domain = get_payload(&r, domain);
	out->user = get_payload(&r, user);
	out->workstation = get_payload(&r, workstation);
	out->session_key = get_payload(&r, session_key);
	return wire_reader_ok(&r);
}

bool ntlm_authenticate_encode(struct wire_writer *w,
			      const struct ntlm_authenticate *in)
{
	const struct wire_slice *field[] = {
		&in->lm_response, &in->nt_response, &in->domain,
		&in->user,	  &in->workstation, &in->session_key,
	};
	/* The payload's order is the customary one. */
	static const uint8_t order[] = {2, 3, 4, 0, 1, 5};
	size_t at[6] = {0};
	size_t i = 0;

	message_begin(w, NTLM_AUTHENTICATE);
	for (i = 0; i < 6; i++) {
		at[i] = put_field(w, *field[i]);
	}
	wire_put_u32(w, in->flags);
	wire_put(w, version, sizeof(version));
	wire_put_zeros(w, NTLM_MIC_SIZE);
	for (i = 0; i < 6; i++) {
		put_payload(w, at[order[i]], *field[order[i]]);
	}
	return wire_writer_ok(w);
}

/* -------------------------------------------------- client's part, 2.2.2.7 */

bool ntlm_temp_decode(struct wire_slice in, struct ntlm_temp *out)
{
	struct wire_reader r = wire_reader_of(in);
	uint8_t response_version = wire_get_u8(&r);
	uint8_t highest_version = wire_get_u8(&r);

	*out = (struct ntlm_temp){0};
	wire_skip(&r, 6);
	out->time = wire_get_u64(&r);
	wire_get_bytes(&r, out->challenge, sizeof(out->challenge));
	wire_skip(&r, 4);
	out->target_info = wire_get_rest(&r);
	return wire_reader_ok(&r) && response_version == 1 &&
	       highest_version == 1;
}

bool ntlm_temp_encode(struct wire_writer *w, const struct ntlm_temp *in)
{
	wire_put_u8(w, 1);
	wire_put_u8(w, 1);
	wire_put_zeros(w, 6);
	wire_put_u64(w, in->time);
	wire_put(w, in->challenge, sizeof(in->challenge));
	wire_put_zeros(w, 4);
	wire_put_slice(w, in->target_info);
	wire_put_zeros(w, 4);
	return wire_writer_ok(w);
}

/* ----------------------------------------------------------------- AV pairs */

bool ntlm_av_next(struct wire_slice *list, uint16_t *id,
		  struct wire_slice *value)
{
	struct wire_reader r = wire_reader_of(*list);
	uint16_t len = 0;

	*id = wire_get_u16(&r);
	len = wire_get_u16(&r);
	*value = wire_get(&r, len);
	if (!wire_reader_ok(&r)) {
		*id = NTLM_AV_MALFORMED;
		return false;
	}
	*list = wire_get_rest(&r);
	return *id != NTLM_AV_EOL;
}

bool ntlm_av_valid(struct wire_slice list)
{
	struct wire_slice value = {0};
	uint16_t id = NTLM_AV_EOL;

	while (ntlm_av_next(&list, &id, &value)) {
	}
	return id == NTLM_AV_EOL;
}

struct wire_slice ntlm_av_find(struct wire_slice list, uint16_t id)
{
	struct wire_slice value = {0};
	uint16_t found = 0;

	while (ntlm_av_next(&list, &found, &value)) {
		if (found == id) {
			return value;
		}
	}
	return wire_slice(NULL, 0);
}

void ntlm_av_put(struct wire_writer *w, uint16_t id, struct wire_slice value)
{
	wire_put_u16(w, id);
	wire_put_size16(w, value.len);
	wire_put_slice(w, value);
}
