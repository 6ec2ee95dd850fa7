/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xattr_text.h - extended attributes as the header of Samba describes them,
 * between text and what a server has.
 *
 *	system.*                      REVISION:1,OWNER:S-..,...,MODE:0x20,...
 *	system.nt_sec_desc.*          REVISION:1,OWNER:SID,GROUP:SID,ACL:...
 *	system.nt_sec_desc.revision   1
 *	system.nt_sec_desc.owner      SID; so is group
 *	system.nt_sec_desc.acl.*      SID:TYPE/FLAGS/MASK,...
 *	system.nt_sec_desc.acl:SID    TYPE/FLAGS/MASK
 *	system.dos_attr.*             MODE:0x20,SIZE:3,A_TIME:1,M_TIME:2,...
 *	system.dos_attr.mode          0x20; so are size, a_time, m_time, c_time,
 *	                              inode
 *
 * Behind a '*' may stand "!dos_attr.inode" and the like, for what is not
 * wanted; a '+' asks for names in the place of SIDs. With full time names it
 * is CREATE_TIME, ACCESS_TIME, WRITE_TIME and CHANGE_TIME.
 */
#ifndef CLIENT_LIBSMBCLIENT_XATTR_TEXT_H
#define CLIENT_LIBSMBCLIENT_XATTR_TEXT_H

#include "client/libsmbclient/libsmb.h"
#include "smbquic/security_descriptor.h"

#define XATTR_MAX_ACES 1024

enum xattr_what {
	XATTR_REVISION,
	XATTR_OWNER,
	XATTR_GROUP,
	XATTR_ACL,
	XATTR_MODE,
	XATTR_SIZE,
	XATTR_CREATE_TIME,
	XATTR_ACCESS_TIME,
	XATTR_WRITE_TIME,
	XATTR_CHANGE_TIME,
	XATTR_INODE,
	XATTR_COUNT,
};

#define XATTR_BIT(what) (1u << (what))
#define XATTR_NT                                              \
	(XATTR_BIT(XATTR_REVISION) | XATTR_BIT(XATTR_OWNER) | \
	 XATTR_BIT(XATTR_GROUP) | XATTR_BIT(XATTR_ACL))
#define XATTR_DOS (XATTR_BIT(XATTR_COUNT) - 1 - XATTR_NT)

/** A name of an attribute, understood. */
struct xattr_name {
	uint32_t wanted; /**< XATTR_BIT() */
	bool labels;	 /**< each value with its name in front */
	bool names;	 /**< of accounts, not SIDs */
	const char *who; /**< of XATTR_ACL alone: whose; NULL: everybody's */
};

/** @param out  borrows from name. @return false: no such attribute. */
bool xattr_name_parse(const char *name, bool full_times,
		      struct xattr_name *out);

/** What the text is made of. */
struct xattr_source {
	const struct security_descriptor *sd; /**< with XATTR_NT */
	const struct libsmb_facts *facts;     /**< with XATTR_DOS */
	bool full_times;
	/** The name of an account; NULL, or it returns NULL: the SID. */
	const char *(*account)(void *private_data, const struct sid *sid);
	void *private_data;
};

/** @return a child of mem_ctx; NULL: out of memory, or a bad descriptor. */
char *xattr_text(TALLOC_CTX *mem_ctx, const struct xattr_name *name,
		 const struct xattr_source *source);

/* xattr_names.c, with I/O: */

struct client_account_list;

/** Who is named in a descriptor: a child of the place's address, for
 *  xattr_account(); NULL: the server does not say. */
struct client_account_list *xattr_accounts(
	struct place *at, const struct security_descriptor *sd);
/** For xattr_source. */
const char *xattr_account(void *private_data, const struct sid *sid);
/** For xattr_acl_parse(). @param private_data  the place. */
bool xattr_account_sid(void *private_data, const char *account,
		       struct sid *out);

/** A security descriptor in text. */
struct xattr_acl {
	bool has_owner, has_group, has_dacl;
	struct sid owner, group;
	size_t count;
	struct security_ace *ace; /**< a child */
};

/** Finds the SID of an account. */
typedef bool (*xattr_sid_fn)(void *private_data, const char *account,
			     struct sid *out);

/**
 * @param label    in front of every value that has none ("ACL", "OWNER",
 *                 "GROUP"), or NULL: all have.
 * @param dos_too  values of DOS attributes may be among them.
 * @param sid      for names that are no SIDs; NULL: there are none.
 * @return 0; EINVAL; ENOMEM.
 */
int xattr_acl_parse(TALLOC_CTX *mem_ctx, const char *text, const char *label,
		    bool dos_too, xattr_sid_fn sid, void *private_data,
		    struct xattr_acl *out);

/** Denials first, then what was inherited, in the same way. */
void xattr_acl_sort(struct security_ace *ace, size_t count);

/** "MODE:0x20,A_TIME:1" into what client_set_basic() takes: members that are
 *  not named stay 0. Other labels are passed over. @param attributes  of the
 *  file now. @return false: not a number. */
bool xattr_dos_parse(const char *text, bool full_times, uint32_t attributes,
		     struct fscc_basic *out);

#endif
