/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * winner.h - which carrier and address of a server won the last race to it
 * (race.h), remembered for a while (visit.h), so that the next race begins with
 * them and not with addresses that do not answer.
 *
 * What is remembered changes the order alone: it is of no use unless the name
 * still has that address and the carrier was asked for.
 */
#ifndef SMBQUIC_WINNER_H
#define SMBQUIC_WINNER_H

#include <stdbool.h>
#include <sys/socket.h>

#define WINNER_SECONDS 3600
#define WINNER_CARRIER 32

struct winner {
	char carrier[WINNER_CARRIER]; /**< name of the backend */
	struct sockaddr_storage addr; /**< with the port */
};

/**
 * @param visits_file  NULL: nothing is known.
 * @param host         the server's name, as typed.
 * @param ways         one word: among which carriers, and where, it won.
 */
bool winner_known(const char *visits_file, const char *host, const char *ways,
		  struct winner *out);
/** It won again, or another has. */
void winner_note(const char *visits_file, const char *host, const char *ways,
		 const char *carrier, const struct sockaddr *addr);
bool winner_is(const struct winner *winner, const char *carrier,
	       const struct sockaddr *addr);

#endif
