/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port.h - ports, and servers with a port, as users write them. */
#ifndef SMBQUIC_PORT_H
#define SMBQUIC_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

/** What to say of a text that is none. */
#define PORT_WANTED "a port is a number from 1 to 65535"

/**
 * Decimal digits from "1" to "65535", and nothing before or behind them.
 *
 * @param out  unchanged where text is no port.
 */
bool port_parse(const char *text, uint16_t *out);

/**
 * "HOST", "HOST:PORT", "[V6]", "[V6]:PORT", and "V6", which has no port: what
 * has more than one colon is an address as a whole.
 *
 * @param port  0: none was given.
 * @return the host without brackets, child of mem_ctx, never "" and else
 *         unchecked; NULL: it is not of that form.
 */
char *port_split(TALLOC_CTX *mem_ctx, const char *text, uint16_t *port);

#endif
