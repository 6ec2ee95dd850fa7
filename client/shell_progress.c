/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The progress bar: one line on standard error, drawn at most ten times a
 * second, and only for a terminal.
 *
 *	name            [#########          ]  45%  118 MiB/s  0:07
 */
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/shell.h"

#define DRAW_EVERY  0.1
#define NAME_WIDTH  24
#define TAIL_WIDTH  26 /* brackets, percent, rate, time left */
#define LEAST_WIDTH 40

struct shell_progress {
	bool shown; /* there is a terminal to show it on */
	bool on_screen;
	unsigned width;
	char *name;
	uint64_t done, total;
	unsigned files_done, files_total;
	double start, drawn;
};

static double seconds_now(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static unsigned terminal_width(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 ||
	    size.ws_col < LEAST_WIDTH) {
		return 80;
	}
	return size.ws_col;
}

struct shell_progress *shell_progress_new(TALLOC_CTX *mem_ctx,
					  struct shell *shell)
{
	struct shell_progress *p =
		shell_need(talloc_zero(mem_ctx, struct shell_progress));

	p->shown = isatty(STDERR_FILENO) && !shell->options->quiet;
	p->width = p->shown ? terminal_width() : 80;
	p->start = seconds_now();
	p->drawn = p->start;
	p->name = shell_need(talloc_strdup(p, ""));
	return p;
}

static void render_time(char *buf, size_t size, double seconds)
{
	unsigned s = 0;

	if (seconds < 0 || seconds > 360000) {
		snprintf(buf, size, "--:--");
		return;
	}
	s = (unsigned)(seconds + 0.5);
	if (s >= 3600) {
		snprintf(buf, size, "%u:%02u:%02u", s / 3600, s / 60 % 60,
			 s % 60);
	} else {
		snprintf(buf, size, "%u:%02u", s / 60, s % 60);
	}
}

void shell_progress_render(char *buf, size_t size, unsigned width,
			   const char *name, uint64_t done, uint64_t total,
			   double seconds)
{
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double part = total > 0 ? (double)done / (double)total : 0;
	unsigned cells = width - NAME_WIDTH - TAIL_WIDTH;
	char left[16] = "";
	char speed[16] = "";
	char bar[256] = "";
	unsigned full = 0;

	part = part > 1 ? 1 : part;
	cells = width < NAME_WIDTH + TAIL_WIDTH + 8 ? 8 : cells;
	cells = cells < sizeof(bar) ? cells : (unsigned)sizeof(bar) - 1;
	full = (unsigned)(part * cells);
	memset(bar, '#', full);
	memset(bar + full, ' ', cells - full);
	bar[cells] = '\0';
	shell_size((uint64_t)rate, speed);
	render_time(left, sizeof(left),
		    rate > 0 && total >= done ? (double)(total - done) / rate
					      : -1);
	snprintf(buf, size, "%-*.*s [%s] %3.0f%% %8s/s %7s", NAME_WIDTH - 1,
		 NAME_WIDTH - 1, name, bar, part * 100, speed, left);
}

static void draw(struct shell_progress *p)
{
	char line[512] = "";

	shell_progress_render(line, sizeof(line), p->width - 1, p->name,
			      p->done, p->total, p->drawn - p->start);
	fprintf(stderr, "\r%s", line);
	fflush(stderr);
	p->on_screen = true;
}

bool shell_progress_shown(const struct shell_progress *p)
{
	return p->shown;
}

void shell_progress_expect(struct shell_progress *p, uint64_t bytes,
			   unsigned files)
{
	p->total += bytes;
	p->files_total += files;
}

void shell_progress_add(struct shell_progress *p, uint64_t bytes,
			unsigned files)
{
	double now = 0;

	p->done += bytes;
	p->files_done += files;
	if (!p->shown) {
		return;
	}
	now = seconds_now();
	if (now - p->drawn >= DRAW_EVERY) {
		p->drawn = now;
		draw(p);
	}
}

void shell_progress_name(struct shell_progress *p, const char *name)
{
	talloc_free(p->name);
	p->name = shell_printable(p, name);
	if (p->files_total > 1) {
		p->name = talloc_asprintf_append(p->name, " (%u/%u)",
						 p->files_done, p->files_total);
		shell_need(p->name);
	}
}

void shell_progress_clear(struct shell_progress *p)
{
	if (p->on_screen) {
		fprintf(stderr, "\r\033[K");
		fflush(stderr);
		p->on_screen = false;
	}
}
