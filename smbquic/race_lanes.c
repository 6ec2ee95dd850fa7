/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lanes of a race, from a list that a user types. */
#include <string.h>

#include "smbquic/port.h"
#include "smbquic/race.h"

static bool parse_lane(TALLOC_CTX *mem_ctx, char *word, uint16_t port,
		       struct race_params *out, char **why)
{
	char *colon = strchr(word, ':');
	const struct transport_backend *via = NULL;
	const char *because = NULL;

	if (out->lanes == RACE_MAX_LANES) {
		*why = talloc_asprintf(mem_ctx,
				       "more than %d transports were given",
				       RACE_MAX_LANES);
		return false;
	}
	if (colon != NULL) {
		*colon = '\0';
		if (!port_parse(colon + 1, &port)) {
			*why = talloc_asprintf(mem_ctx, "\"%s\" is not a port",
					       colon + 1);
			return false;
		}
	}
	via = transport_backend_find(word, &because);
	if (via == NULL) {
		*why = talloc_asprintf(mem_ctx,
				       "\"%s\" is not a transport (auto, quic, "
				       "tcp, quic-user, quic-kernel)",
				       word);
		return false;
	}
	out->lane[out->lanes++] = (struct race_lane){
		.via = via,
		.port = port,
		.because = strcmp(word, "quic") == 0 ? because : NULL,
	};
	return true;
}

bool race_parse_lanes(TALLOC_CTX *mem_ctx, const char *list,
		      uint16_t fixed_port, struct race_params *out, char **why)
{
	char *copy = NULL;
	char *word = NULL;
	char *save = NULL;
	bool ok = true;

	*why = NULL;
	out->lanes = 0;
	copy = talloc_strdup(mem_ctx,
			     strcmp(list, "auto") == 0 ? "quic,tcp" : list);
	if (copy == NULL) {
		return false;
	}
	for (word = strtok_r(copy, ", \t", &save); ok && word != NULL;
	     word = strtok_r(NULL, ", \t", &save)) {
		ok = parse_lane(mem_ctx, word, fixed_port, out, why);
	}
	talloc_free(copy);
	if (ok && out->lanes == 0) {
		*why = talloc_strdup(mem_ctx, "no transport was given");
		ok = false;
	}
	return ok;
}
