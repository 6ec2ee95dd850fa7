/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for libFuzzer where the fuzz targets are built without it: gives
 * each file named on the command line, or found below a folder named there,
 * to the target once.  A crash or a sanitizer's report is the failure.
 */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPEN_FOLDERS = 16 };

static unsigned files_seen = 0;

static int replay(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	/* exactly as long as the file: reading past the end is noticed */
	uint8_t *data = malloc(size != 0 ? size : 1);
	size_t got = 0;

	if (f == NULL || data == NULL) {
		perror(path);
		free(data);
		if (f != NULL) {
			fclose(f);
		}
		return 1;
	}
	got = fread(data, 1, size, f);
	fclose(f);
	if (got != size) {
		fprintf(stderr, "%s: changed while it was read\n", path);
		free(data);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files_seen++;
	return 0;
}

static int visit(const char *path, const struct stat *st, int type,
		 struct FTW *where)
{
	(void)where;
	if (type != FTW_F || !S_ISREG(st->st_mode)) {
		return 0;
	}
	return replay(path, (size_t)st->st_size);
}

int main(int argc, char *argv[])
{
	int i = 0;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-') {
			continue; /* an option of libFuzzer */
		}
		if (nftw(argv[i], visit, OPEN_FOLDERS, FTW_PHYS) != 0) {
			fprintf(stderr, "%s: cannot be replayed\n", argv[i]);
			return 1;
		}
	}
	printf("%u files replayed\n", files_seen);
	return 0;
}
