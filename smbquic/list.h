/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.h - doubly linked lists of objects that have members `next` and `prev`
 * of their own type. `head` and `item` are evaluated more than once.
 */
#ifndef SMBQUIC_LIST_H
#define SMBQUIC_LIST_H

#include <stddef.h>

/** Put item in front. */
#define LIST_ADD(head, item) LIST_ADD_AS(head, item, prev, next)
/** Take item out; it must be in the list. */
#define LIST_REMOVE(head, item) LIST_REMOVE_AS(head, item, prev, next)

/** The same for an object that is in several lists at a time. */
#define LIST_ADD_AS(head, item, prev, next)    \
	do {                                   \
		(item)->prev = NULL;           \
		(item)->next = (head);         \
		if ((head) != NULL) {          \
			(head)->prev = (item); \
		}                              \
		(head) = (item);               \
	} while (0)

#define LIST_REMOVE_AS(head, item, prev, next)             \
	do {                                               \
		if ((item)->prev != NULL) {                \
			(item)->prev->next = (item)->next; \
		} else {                                   \
			(head) = (item)->next;             \
		}                                          \
		if ((item)->next != NULL) {                \
			(item)->next->prev = (item)->prev; \
		}                                          \
		(item)->prev = NULL;                       \
		(item)->next = NULL;                       \
	} while (0)

#endif
