/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program of this machine may send to the control socket, and to the
 * port where metrics are. What was understood is within bounds.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

#include "server/control.h"
#include "server/metrics.h"
#include "server/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void http(TALLOC_CTX *mem_ctx, const char *data, size_t size)
{
	struct sockaddr_storage address = {0};
	size_t whole = metrics_request_whole(data, size);

	if (whole > size ||
	    (whole > 0 &&
	     metrics_request_begin(mem_ctx, NULL, data, whole) == NULL)) {
		abort();
	}
	metrics_address(talloc_strndup(mem_ctx, data, size), &address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *why = NULL;
	struct control_request *request = control_request_parse(
		mem_ctx, (const char *)data,
		size < CONTROL_MAX_REQUEST ? size : CONTROL_MAX_REQUEST, &why);
	uint64_t number = 0;

	if ((request == NULL) == (why == NULL)) {
		abort();
	}
	if (request != NULL &&
	    (request->verb >= CONTROL_VERB_COUNT || request->sections == 0 ||
	     (request->sections & ~status_all_sections()) != 0)) {
		abort();
	}
	if (request != NULL && request->what != NULL) {
		control_number(request->what, &number);
	}
	http(mem_ctx, (const char *)data, size);
	talloc_free(mem_ctx);
	return 0;
}
