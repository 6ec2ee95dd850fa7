/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compression without a network: how fast and how well, and for judges of
 * other makes what we make of their bytes.
 *
 * usage: compress_perf measure FILE...
 *        compress_perf pack ALGORITHM                < plain  > packed
 *        compress_perf unpack ALGORITHM SIZE         < packed > plain
 *        compress_perf wrap ALGORITHM chained|alone LEAD < message > message
 *
 * measure prints for each file and algorithm: name, algorithm, per cent of the
 * size, MB/s compressing, MB/s decompressing; in messages of 1 MiB, as a copy
 * has them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "smbquic/compress.h"
#include "smbquic/smb2_compress.h"

#define PIECE	 (1u << 20)
#define MOST	 (16u << 20)
#define LEAD	 80u
#define MEASURED 0.4 /* seconds at least, each way */

static const char *const names[] = {"lz77", "lz77+huffman", "lznt1", "lz4"};

static void die(const char *what)
{
	fprintf(stderr, "compress_perf: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint8_t *read_all(FILE *f, size_t *len)
{
	uint8_t *p = malloc(MOST);

	if (p == NULL || f == NULL) {
		die("cannot read");
	}
	*len = fread(p, 1, MOST, f);
	return p;
}

static void write_all(const uint8_t *p, size_t len)
{
	if (fwrite(p, 1, len, stdout) != len || fflush(stdout) != 0) {
		die("cannot write");
	}
}

static struct smb2_compress_terms terms_of(const char *name, bool chained)
{
	struct smb2_compress_terms t = {
		.algorithms = {SMB2_COMPRESSION_PATTERN_V1,
			       compress_by_name(name)},
		.count = 2,
		.chained = chained,
	};

	if (!compress_has_bytes(t.algorithms[1])) {
		die("no such algorithm");
	}
	return t;
}

/* ----------------------------------------------------------------- measure */

struct piece {
	uint8_t *plain, *packed;
	size_t len, packed_len; /* packed_len 0: it is sent as it is */
};

static void pack_piece(const struct smb2_compress_terms *t, struct piece *p)
{
	p->packed_len =
		smb2_compress(t, wire_slice(p->plain, LEAD),
			      wire_slice(p->plain + LEAD, p->len - LEAD),
			      wire_slice(NULL, 0), p->packed);
}

static void unpack_piece(const struct smb2_compress_terms *t,
			 const struct piece *p, uint8_t *out)
{
	if (p->packed_len > 0 &&
	    smb2_decompress(t, p->packed, p->packed_len, out, p->len) != 0) {
		die("what was compressed does not open");
	}
}

/* MB/s of all pieces, again and again, one way. */
static double speed(const struct smb2_compress_terms *t, struct piece *pieces,
		    size_t count, uint8_t *out)
{
	double begun = now();
	double total = 0;
	size_t i = 0;

	do {
		for (i = 0; i < count; i++) {
			if (out == NULL) {
				pack_piece(t, &pieces[i]);
			} else {
				unpack_piece(t, &pieces[i], out);
			}
			total += (double)pieces[i].len;
		}
	} while (now() - begun < MEASURED);
	return total / 1e6 / (now() - begun);
}

static void measure_with(const char *file, const char *name,
			 struct piece *pieces, size_t count)
{
	struct smb2_compress_terms t = terms_of(name, true);
	uint8_t *out = malloc(PIECE);
	double packing = 0;
	double unpacking = 0;
	size_t plain = 0;
	size_t packed = 0;
	size_t i = 0;

	if (out == NULL) {
		die("out of memory");
	}
	packing = speed(&t, pieces, count, NULL);
	unpacking = speed(&t, pieces, count, out);
	for (i = 0; i < count; i++) {
		plain += pieces[i].len;
		packed += pieces[i].packed_len > 0 ? pieces[i].packed_len
						   : pieces[i].len;
	}
	printf("%s %s %.1f %.0f %.0f\n", file, name,
	       100.0 * (double)packed / (double)plain, packing, unpacking);
	free(out);
}

static void measure(const char *file)
{
	FILE *f = fopen(file, "rb");
	size_t len = 0;
	uint8_t *plain = read_all(f, &len);
	struct piece pieces[MOST / PIECE] = {0};
	const char *base = strrchr(file, '/');
	size_t count = 0;
	size_t at = 0;
	size_t i = 0;

	for (at = 0; len - at > 2 * LEAD && count < MOST / PIECE;) {
		struct piece *p = &pieces[count++];

		p->plain = plain + at;
		p->len = len - at < PIECE ? len - at : PIECE;
		p->packed = malloc(p->len);
		if (p->packed == NULL) {
			die("out of memory");
		}
		at += p->len;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		measure_with(base == NULL ? file : base + 1, names[i], pieces,
			     count);
	}
	for (i = 0; i < count; i++) {
		free(pieces[i].packed);
	}
	free(plain);
	fclose(f);
}

/* ------------------------------------------------------------- for judges */

static void pack(const char *name)
{
	size_t len = 0;
	uint8_t *plain = read_all(stdin, &len);
	uint8_t *out = malloc(len + len / 8 + 1024);
	size_t n = compress_bytes(compress_by_name(name), plain, len, out,
				  len + len / 8 + 1024);

	if (n == 0) {
		die("it cannot be compressed");
	}
	write_all(out, n);
	free(out);
	free(plain);
}

static void unpack(const char *name, const char *number)
{
	size_t len = 0;
	uint8_t *packed = read_all(stdin, &len);
	size_t size = strtoul(number, NULL, 10);
	uint8_t *out = malloc(size + 1);

	if (out == NULL ||
	    !decompress_bytes(compress_by_name(name), packed, len, out, size)) {
		die("it does not open");
	}
	write_all(out, size);
	free(out);
	free(packed);
}

static void wrap(const char *name, const char *how, const char *number)
{
	struct smb2_compress_terms t =
		terms_of(name, strcmp(how, "chained") == 0);
	size_t lead = strtoul(number, NULL, 10);
	size_t len = 0;
	uint8_t *plain = read_all(stdin, &len);
	uint8_t *out = malloc(len + 1);
	size_t n = 0;

	if (lead == 0 || lead >= len) {
		die("nothing to compress");
	}
	n = smb2_compress(&t, wire_slice(plain, lead),
			  wire_slice(plain + lead, len - lead),
			  wire_slice(NULL, 0), out);
	if (n == 0) {
		die("it does not become shorter");
	}
	write_all(out, n);
	free(out);
	free(plain);
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	int i = 0;

	if (strcmp(what, "measure") == 0) {
		for (i = 2; i < argc; i++) {
			measure(argv[i]);
		}
	} else if (strcmp(what, "pack") == 0 && argc == 3) {
		pack(argv[2]);
	} else if (strcmp(what, "unpack") == 0 && argc == 4) {
		unpack(argv[2], argv[3]);
	} else if (strcmp(what, "wrap") == 0 && argc == 5) {
		wrap(argv[2], argv[3], argv[4]);
	} else {
		die("measure, pack, unpack or wrap: see the source");
	}
	return 0;
}
