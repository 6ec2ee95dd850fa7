/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/metrics.h"

#include <time.h>

#include "server/server.h"
#include "smbquic/smb2.h"

#define NANO 1000000000ULL

const double metrics_bounds[METRICS_BUCKETS] = {
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
	0.01,	0.025,	 0.1,	 0.5,	2.5,	10,
};

uint64_t metrics_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NANO + (uint64_t)now.tv_nsec;
}

void metrics_answered(struct metrics *metrics, uint16_t command, bool failed,
		      uint64_t nanoseconds)
{
	struct metrics_command *c = NULL;
	unsigned i = 0;

	if (command >= METRICS_COMMANDS) {
		return;
	}
	c = &metrics->commands[command];
	c->answered++;
	c->failed += failed;
	if (command == SMB2_CHANGE_NOTIFY) {
		return;
	}
	while (i < METRICS_BUCKETS &&
	       (double)nanoseconds / (double)NANO > metrics_bounds[i]) {
		i++;
	}
	c->buckets[i]++;
	c->nanoseconds += nanoseconds;
}

void metrics_conn_over(struct metrics *metrics, const struct conn *conn)
{
	struct transport_stats stats = {0};

	transport_stats(message_conn_transport(conn->messages), &stats);
	metrics->bytes_in += stats.bytes_in;
	metrics->bytes_out += stats.bytes_out;
	metrics->packets_lost += stats.packets_lost;
}
