/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Applications that move from one client to another. */

#include <string.h>

#include "server/app_instance.h"
#include "server/dispatch.h"
#include "server/durable.h"
#include "server/name.h"

#define LOG_MODULE "app-instance"
#include "smbquic/log.h"

static bool same_guid(const struct smb2_guid *a, const struct smb2_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* 2.2.13.2.15: before 3.1.1 that context means nothing. */
static bool has_version(const struct request *r,
			const struct create_durable *in)
{
	return in->has_app_version &&
	       r->conn->agreed.dialect >= SMB2_DIALECT_311;
}

bool app_instance_remember(struct open *open, const struct create *create,
			   const struct request *r)
{
	const struct create_durable *in = &create->durable;
	struct open_app *app = NULL;

	if (!in->has_app) {
		return true;
	}
	app = talloc_zero(open, struct open_app);
	if (app == NULL) {
		return false;
	}
	app->id = in->app;
	app->has_version = has_version(r, in);
	app->version = in->app_version;
	memcpy(app->client.bytes, r->session->client_guid,
	       sizeof(app->client.bytes));
	open->app = app;
	return true;
}

/* --- taking over (3.3.5.9.13) ------------------------------------------- */

/* What waits for its owner is in no tree. */
static const char *share_of(const struct open *open)
{
	if (open->tree != NULL) {
		return open->tree->share->name;
	}
	return open->durable != NULL ? open->durable->share : "";
}

static bool is_earlier(const struct file_open *fo, const struct request *r,
		       const struct create *create,
		       const struct store_file *handle)
{
	const struct open_app *app = fo->open->app;

	return app != NULL && !fo->closing &&
	       same_guid(&app->id, &create->durable.app) &&
	       memcmp(app->client.bytes, r->session->client_guid,
		      sizeof(app->client.bytes)) != 0 &&
	       name_equal(fo->name->path, handle->path) &&
	       strcmp(share_of(fo->open), r->tree->share->name) == 0;
}

/* Who says no version is older than who says one. */
static bool is_newer(const struct open_app *app, const struct request *r,
		     const struct create_durable *in)
{
	const struct smb2_app_instance_version *a = &app->version;
	const struct smb2_app_instance_version *b = &in->app_version;

	if (!app->has_version) {
		return false;
	}
	if (!has_version(r, in)) {
		return true;
	}
	return a->high > b->high || (a->high == b->high && a->low >= b->low);
}

static NTSTATUS check_versions(const struct file *file, const struct request *r,
			       const struct create *create,
			       const struct store_file *handle)
{
	const struct file_open *fo = NULL;

	for (fo = file->opens; fo != NULL; fo = fo->next) {
		if (is_earlier(fo, r, create, handle) &&
		    is_newer(fo->open->app, r, &create->durable)) {
			return NT_STATUS_FILE_FORCED_CLOSED;
		}
	}
	return NT_STATUS_OK;
}

NTSTATUS app_instance_take_over(const struct request *r,
				const struct create *create,
				const struct store_file *handle,
				uint32_t rights)
{
	const struct file *file = file_of(r->conn->server->files, handle);
	struct file_open *fo = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (!create->durable.has_app || file == NULL) {
		return NT_STATUS_OK;
	}
	status = check_versions(file, r, create, handle);
	if (status != NT_STATUS_OK ||
	    (rights & FILE_GENERIC_READ) != FILE_GENERIC_READ) {
		return status;
	}
	fo = file->opens;
	while (fo != NULL) {
		struct file_open *next = fo->next; /* the file may go */

		if (is_earlier(fo, r, create, handle)) {
			log_info("\"%s\": its application goes on elsewhere",
				 fo->name->path);
			open_end(fo->open, NULL, NT_STATUS_FILE_CLOSED);
		}
		fo = next;
	}
	return NT_STATUS_OK;
}
