/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tar, tarmode, blocksize; with smbclient's letters. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "client/cmd_list.h"
#include "client/shell_meta.h"

#define BLOCKS_MAX 65535
#define PATHS_MAX  1000000

/* What of a command line is read: letters first, then the words that some of
 * them take, in their order. */
struct tar_line {
	struct shell *shell;
	struct tar_choice choice;
	bool create, extract, from_file;
	char **word;
	int words;
};

static const char *next_word(struct tar_line *line)
{
	line->words--;
	return line->words >= 0 ? *line->word++ : NULL;
}

static bool take_blocks(struct tar_line *line)
{
	const char *word = next_word(line);
	unsigned long n = word != NULL ? strtoul(word, NULL, 10) : 0;

	line->choice.blocks = (unsigned)n;
	if (n == 0 || n > BLOCKS_MAX) {
		shell_fail_text(line->shell,
				"tar: b takes a number of blocks of 512 bytes");
	}
	return n > 0 && n <= BLOCKS_MAX;
}

static bool take_newer(struct tar_line *line)
{
	const char *word = next_word(line);
	struct stat st = {0};

	if (word == NULL) {
		shell_fail_text(line->shell, "tar: N takes a local file");
		return false;
	}
	if (stat(word, &st) != 0) {
		shell_fail_errno(line->shell, errno, "%s", word);
		return false;
	}
	line->choice.newer = nttime_from_timespec(st.st_mtim);
	return true;
}

static bool take_letter(struct tar_line *line, char letter)
{
	struct tar_choice *choice = &line->choice;

	switch (letter) {
	case 'c': line->create = true; return true;
	case 'x': line->extract = true; return true;
	case 'I': choice->exclude = false; return true;
	case 'X': choice->exclude = true; return true;
	case 'F': line->from_file = true; return true;
	case 'b': return take_blocks(line);
	case 'g': choice->incremental = true; return true;
	case 'a': choice->reset = true; return true;
	case 'N': return take_newer(line);
	case 'r': choice->by_mask = true; return true;
	case 'n': choice->dry_run = true; return true;
	case 'v': choice->verbose = true; return true;
	case 'q': choice->verbose = false; return true;
	default:
		shell_fail_text(line->shell,
				"tar: %c is none of c, x, I, X, F, b, g, a, "
				"N, r, n, v, q",
				letter);
		return false;
	}
}

/* As the archive has it: '/' between names, none at either end. */
static void add_path(struct tar_line *line, const char *typed)
{
	struct tar_choice *choice = &line->choice;
	char *path = NULL;
	char *p = NULL;
	size_t len = 0;

	typed += strspn(typed, "/\\");
	while (strncmp(typed, "./", 2) == 0) {
		typed += 2;
	}
	choice->path = shell_need(talloc_realloc(
		line->shell, choice->path, const char *, choice->paths + 1));
	path = shell_need(talloc_strdup(choice->path, typed));
	for (p = path; *p != '\0'; p++) {
		*p = *p == '\\' ? '/' : *p;
	}
	for (len = strlen(path); len > 0 && path[len - 1] == '/'; len--) {
		path[len - 1] = '\0';
	}
	choice->path[choice->paths++] = path;
}

/* A path a line. */
static bool add_paths(struct tar_line *line, const char *file)
{
	FILE *f = fopen(file, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t len = 0;

	if (f == NULL) {
		shell_fail_errno(line->shell, errno, "%s", file);
		return false;
	}
	for (len = getline(&text, &size, f);
	     len > 0 && line->choice.paths < PATHS_MAX;
	     len = getline(&text, &size, f)) {
		text[strcspn(text, "\r\n")] = '\0';
		if (*text != '\0') {
			add_path(line, text);
		}
	}
	free(text);
	fclose(f);
	return true;
}

static bool take_words(struct tar_line *line)
{
	const char *word = next_word(line);

	for (; word != NULL; word = next_word(line)) {
		if (!line->from_file) {
			add_path(line, word);
		} else if (!add_paths(line, word)) {
			return false;
		}
	}
	if (line->choice.exclude && line->choice.paths == 0) {
		shell_fail_text(line->shell, "tar: X: nothing to leave out");
		return false;
	}
	return true;
}

/* In front of the words that letters take, or behind them. */
static void take_options(struct tar_line *line)
{
	while (line->words > 0 && shell_keep_option(line->shell, *line->word)) {
		(void)next_word(line);
	}
}

/* @param archive  out. */
static bool take_line(struct tar_line *line, const char *letters,
		      const char **archive)
{
	const char *p = NULL;

	take_options(line);
	for (p = letters; *p != '\0'; p++) {
		if (!take_letter(line, *p)) {
			return false;
		}
	}
	if (line->create == line->extract) {
		shell_fail_text(line->shell, "tar: either c or x");
		return false;
	}
	take_options(line);
	*archive = next_word(line);
	if (*archive == NULL) {
		shell_fail_text(line->shell, "tar: which archive?");
		return false;
	}
	return take_words(line) && shell_keep_possible(line->shell, "tar");
}

void cmd_tar(struct shell *shell, int argc, char **argv)
{
	const struct tar_mode *mode = &shell->tar;
	struct tar_line line = {
		.shell = shell,
		.choice =
			{
				.incremental = mode->incremental,
				.reset = mode->reset,
				.no_hidden = mode->no_hidden,
				.no_system = mode->no_system,
				.verbose = mode->verbose,
				.blocks = mode->blocks,
			},
		.word = argv + 2,
		.words = argc - 2,
	};
	const char *archive = NULL;

	if (!take_line(&line, argv[1], &archive)) {
		/* it was said */
	} else if (line.create) {
		shell_many_tar(shell, &line.choice, archive);
	} else {
		shell_tar_extract(shell, &line.choice, archive);
	}
	talloc_free(line.choice.path);
	shell_keep_nothing(shell);
}

/* ---------------------------------------------------------------- settings */

void cmd_tarmode(struct shell *shell, int argc, char **argv)
{
	struct tar_mode *mode = &shell->tar;
	const struct {
		const char *name;
		bool *place;
		bool value;
	} rows[] = {
		{"full", &mode->incremental, false},
		{"inc", &mode->incremental, true},
		{"reset", &mode->reset, true},
		{"noreset", &mode->reset, false},
		{"system", &mode->no_system, false},
		{"nosystem", &mode->no_system, true},
		{"hidden", &mode->no_hidden, false},
		{"nohidden", &mode->no_hidden, true},
		{"verbose", &mode->verbose, true},
		{"noverbose", &mode->verbose, false},
		{"quiet", &mode->verbose, false},
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	size_t row = 0;
	int i = 0;

	for (i = 1; i < argc; i++) {
		for (row = 0; row < count; row++) {
			if (strcasecmp(argv[i], rows[row].name) == 0) {
				*rows[row].place = rows[row].value;
				break;
			}
		}
		if (row == count) {
			shell_fail_text(shell, "tarmode: %s: none of its words",
					argv[i]);
		}
	}
	fprintf(shell->out, "tarmode is now %s, %s, %s, %s, %s\n",
		mode->incremental ? "incremental" : "full",
		mode->no_system ? "nosystem" : "system",
		mode->no_hidden ? "nohidden" : "hidden",
		mode->reset ? "reset" : "noreset",
		mode->verbose ? "verbose" : "quiet");
}

void cmd_blocksize(struct shell *shell, int argc, char **argv)
{
	char *end = NULL;
	unsigned long n = 0;

	if (argc > 1) {
		n = strtoul(argv[1], &end, 10);
		if (*argv[1] < '0' || *argv[1] > '9' || *end != '\0' ||
		    n == 0 || n > BLOCKS_MAX) {
			shell_fail_text(shell,
					"blocksize: not a number from 1 to "
					"%d: %s",
					BLOCKS_MAX, argv[1]);
			return;
		}
		shell->tar.blocks = (unsigned)n;
	}
	fprintf(shell->out, "blocksize is now %u\n",
		shell->tar.blocks != 0 ? shell->tar.blocks
				       : TAR_RECORD / TAR_BLOCK);
}
