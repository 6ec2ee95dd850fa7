/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: geteas, setea. */
#include <ctype.h>
#include <string.h>

#include "client/cmd_list.h"
#include "client/properties.h"

#define ROW 16 /* bytes a line */

/* As smbclient shows them: in hexadecimal digits and, where it is text, text.
 */
static void print_row(struct shell *shell, const struct wire_slice *value,
		      size_t at)
{
	size_t end = value->len - at > ROW ? at + ROW : value->len;
	size_t i = 0;

	fprintf(shell->out, "[%04zX] ", at);
	for (i = at; i < at + ROW; i++) {
		if (i < end) {
			fprintf(shell->out, "%02X ", value->data[i]);
		} else {
			fprintf(shell->out, "   ");
		}
		if (i == at + ROW / 2 - 1 || i == at + ROW - 1) {
			fprintf(shell->out, "  ");
		}
	}
	for (i = at; i < end; i++) {
		if (i == at + ROW / 2) {
			fputc(' ', shell->out);
		}
		fputc(isprint(value->data[i]) ? value->data[i] : '.',
		      shell->out);
	}
	fputc('\n', shell->out);
}

void cmd_geteas(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	struct client_ea_list *list = NULL;
	NTSTATUS status = client_eas(path, shell->tree, path, &list);
	size_t i = 0;
	size_t at = 0;

	(void)argc;
	if (list != NULL) {
		for (i = 0; i < list->count; i++) {
			const struct client_ea *ea = &list->ea[i];

			fprintf(shell->out, "%s (%u) =\n",
				shell_printable(list, ea->name), ea->flags);
			for (at = 0; at < ea->value.len; at += ROW) {
				print_row(shell, &ea->value, at);
			}
			fputc('\n', shell->out);
		}
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", path);
	}
	talloc_free(path);
}

/* No value takes it away. */
void cmd_setea(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	const char *text = argc > 3 ? argv[3] : "";
	NTSTATUS status =
		client_ea_set(shell->tree, path, argv[2],
			      wire_slice((const uint8_t *)text, strlen(text)));

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s: %s", path, argv[2]);
	}
	talloc_free(path);
}
