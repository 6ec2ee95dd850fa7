/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap.h - what a program that moves payloads wants of malloc.
 */
#ifndef SMBQUIC_HEAP_H
#define SMBQUIC_HEAP_H

#include <stdbool.h>

/**
 * Payloads come and go by the megabyte. By itself malloc returns each of them
 * to the system, and the next one is zeroed pages again, faulted in one by
 * one: a quarter of a server's CPU time. From now on freed memory is kept, up
 * to 64 MiB.
 *
 * It is the whole process' malloc: for programs, first thing in main(), never
 * for a library.
 *
 * @return false: this C library knows nothing of it; all works as before.
 */
bool heap_keep(void);

/** Give what is kept and unused back to the system. Takes milliseconds for
 *  gigabytes: not for a busy moment. */
void heap_give_back(void);

#endif
