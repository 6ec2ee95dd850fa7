# SPDX-License-Identifier: GPL-3.0-or-later
"""Of smbquic-status --json -C: what the server says of compression, without
numbers that depend on the day.

usage: compress_view.py FILE
"""
import json
import sys


def sight(direction, c):
    plain, packed = c['plain_bytes_' + direction], c['packed_bytes_' + direction]
    if c['messages_' + direction] == 0:
        return '%s nothing' % direction
    return '%s %s' % (direction, 'less' if packed < plain else 'MORE')


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        connections = json.load(f)['connections']
    if isinstance(connections, dict):
        connections = list(connections.values())
    for connection in connections:
        c = connection['compression']
        if c is None:
            print('  server: none')
            continue
        print('  server: %s%s; %s, %s' % (
            ' '.join(c['algorithms']), ', chained' if c['chained'] else '',
            sight('in', c), sight('out', c)))


main()
