/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an open does to the oplocks of others, and what it gets itself. */

#include <string.h>

#include "server/lock.h"
#include "server/oplock.h"
#include "smbquic/list.h"

#define R SMB2_LEASE_READ_CACHING
#define H SMB2_LEASE_HANDLE_CACHING
#define W SMB2_LEASE_WRITE_CACHING

#define STAT_ACCESS \
	(SEC_STD_SYNCHRONIZE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES)

bool oplock_stat_access(uint32_t access)
{
	return (access & ~STAT_ACCESS) == 0;
}

/* Leases tolerate a look at the security descriptor as well. */
static bool lease_stat_access(uint32_t access)
{
	return (access & ~(STAT_ACCESS | SEC_STD_READ_CONTROL)) == 0;
}

NTSTATUS oplock_check_key(const struct file_table *files,
			  const struct oplock_ask *ask,
			  const struct store_file *handle)
{
	const struct oplock *oplock = NULL;
	const struct file_open *fo = NULL;

	if (ask->lease == NULL) {
		return NT_STATUS_OK;
	}
	oplock = oplock_find_lease(file_oplocks(files), &ask->client,
				   &ask->lease->lease_key);
	if (oplock == NULL) {
		return NT_STATUS_OK;
	}
	if (oplock->file != file_of(files, handle)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	/* they all came by one name: only a rename changes it, of all */
	fo = oplock->holders;
	return fo == NULL || (fo->name->store == handle->store &&
			      strcmp(fo->name->path, handle->path) == 0)
		       ? NT_STATUS_OK
		       : NT_STATUS_INVALID_PARAMETER;
}

/* One oplock of the file. @return: wait for it. */
static bool break_one(struct oplock *oplock, const struct oplock_ask *ask)
{
	uint32_t takes = ask->violation ? H : W;
	bool empties = ask->overwrite && !ask->violation;
	uint32_t state = oplock->state;
	uint32_t to = state & ~takes;
	bool breaking = oplock->breaking;

	if (empties) {
		to &= ~(H | R);
	}
	if (to == state) {
		return breaking;
	}
	if (empties) {
		to = SMB2_LEASE_NONE;
	}
	if (!oplock->lease) { /* there is level II, and none */
		to &= R;
	}
	oplock_break(oplock, to);
	return (state & takes) != 0 || (breaking && ask->again);
}

/* Is there anything to break at all? */
static bool may_wait(const struct file *file, const struct oplock_ask *ask)
{
	const struct file_caching *caching = &file->caching;

	if (caching->breaking > 0) {
		return true;
	}
	if (ask->violation) {
		return caching->handles > 0;
	}
	return ask->overwrite ? caching->some > 0 : caching->writes > 0;
}

bool oplock_open_waits(struct file *file, const struct oplock_ask *ask)
{
	struct oplock *oplock = file->oplocks;
	bool waits = false;

	if (oplock_stat_access(ask->access) || !may_wait(file, ask)) {
		return false;
	}
	while (oplock != NULL) {
		struct oplock *next = oplock->next; /* level II goes at once */

		if (!oplock_is_asked(oplock, ask) &&
		    !(oplock->lease && lease_stat_access(ask->access)) &&
		    break_one(oplock, ask)) {
			waits = true;
		}
		oplock = next;
	}
	return waits;
}

/* --- granting ----------------------------------------------------------- */

static uint32_t wanted(const struct oplock_ask *ask)
{
	uint32_t state = 0;

	if (ask->lease == NULL) {
		return ask->directory || (!ask->created &&
					  oplock_stat_access(ask->access))
			       ? SMB2_LEASE_NONE
			       : oplock_state_of_level(ask->level);
	}
	state = ask->lease->lease_state & SMB2_LEASE_ALL;
	if (ask->directory) {
		state &= ~W;
	}
	/* H or W without R make no sense. */
	return (state & R) != 0 ? state : SMB2_LEASE_NONE;
}

struct others {
	bool writes;   /* it is not alone */
	bool handles;  /* somebody caches handles */
	bool old_kind; /* somebody has an oplock */
};

static struct others look_at_others(const struct file_open *fo,
				    const struct oplock_ask *ask)
{
	const struct file *file = fo->file;
	const struct file_caching *caching = &file->caching;
	const struct oplock *own = NULL;

	if (ask->lease != NULL) {
		own = oplock_find_lease(file_oplocks(file->table), &ask->client,
					&ask->lease->lease_key);
	}
	return (struct others){
		.writes = caching->held > (own != NULL ? own->opens : 0) ||
			  caching->bare > !oplock_stat_access(fo->access),
		.handles = caching->handles >
			   (own != NULL && (own->state & H) != 0),
		.old_kind = caching->old_kind > 0,
	};
}

static uint32_t grantable(const struct file_open *fo,
			  const struct oplock_ask *ask)
{
	uint32_t state = wanted(ask);
	struct others others = look_at_others(fo, ask);

	if (!ask->overwrite && lock_begins_below(fo->file->locks, ask->size)) {
		return SMB2_LEASE_NONE;
	}
	if (others.writes) {
		state &= ~W;
	}
	if (ask->lease != NULL) {
		return others.old_kind ? state & ~H : state;
	}
	if (others.handles) {
		return SMB2_LEASE_NONE;
	}
	return oplock_state_of_level(oplock_level_of_state(state));
}

/* MS-FSA 2.1.5.18: only to a state that has all of the old one, and only to
 * what was asked for. */
static void upgrade(struct oplock *oplock, uint32_t asked, uint32_t state)
{
	if (!oplock->breaking && (oplock->state & asked) == oplock->state &&
	    state == asked && state != oplock->state) {
		oplock_set(oplock, state, false);
		oplock->epoch++;
	}
}

static void set_parent(struct oplock *oplock, const struct smb2_lease *lease)
{
	if (lease->version == 2 &&
	    (lease->flags & SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET) != 0) {
		oplock->has_parent = true;
		oplock->parent = lease->parent_lease_key;
	}
}

bool oplock_grant(struct file_open *fo, const struct oplock_ask *ask)
{
	uint32_t state = grantable(fo, ask);
	struct oplock *oplock = NULL;

	if (ask->lease != NULL) {
		oplock =
			oplock_find_lease(file_oplocks(fo->file->table),
					  &ask->client, &ask->lease->lease_key);
	}
	if (oplock != NULL) {
		upgrade(oplock, wanted(ask), state);
	} else {
		if (ask->lease == NULL && state == SMB2_LEASE_NONE) {
			return true;
		}
		oplock = oplock_new(fo->file, ask);
		if (oplock == NULL) {
			return false;
		}
		oplock_set(oplock, state, false);
		oplock->epoch += state != SMB2_LEASE_NONE;
	}
	if (ask->lease != NULL) {
		set_parent(oplock, ask->lease);
	}
	oplock_hold(fo, oplock);
	return true;
}
