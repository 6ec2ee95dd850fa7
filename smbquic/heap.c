/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/heap.h"

#include <features.h>
#include <limits.h>

#ifdef __GLIBC__
#include <malloc.h>

#define KEPT (64 << 20)

/* The most that mallopt() takes: half of a thread's arena. */
#if ULONG_MAX > 0xffffffff
#define LARGEST (32 << 20)
#else
#define LARGEST (512 << 10)
#endif

bool heap_keep(void)
{
	/* Each of the two freezes the other where it is: both or none. */
	return mallopt(M_MMAP_THRESHOLD, LARGEST) == 1 &&
	       mallopt(M_TRIM_THRESHOLD, KEPT) == 1;
}

void heap_give_back(void)
{
	malloc_trim(0);
}

#else

bool heap_keep(void)
{
	return false;
}

void heap_give_back(void)
{
}

#endif
