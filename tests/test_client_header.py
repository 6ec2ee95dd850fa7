#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the client library's public headers keep what client.h promises?

Every call exists twice, with an event loop and blocking; every function is
described where it is declared; and the examples are programs to begin with,
made of public headers alone.
"""
import glob
import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT = os.path.join(TOP, 'client')
PUBLIC = ['cache.h', 'client.h', 'contexts.h', 'dir_cache.h', 'properties.h',
          'target.h', 'upload.h']
# A comment, or the declaration of a function: name in its group
PIECES = re.compile(r'/\*.*?\*/|^[A-Za-z][\w\s\*]*?\b(client_\w+)\(([^;{]*)\);'
                    r'|^\n|^\}[^\n]*;|^#[^\n]*', re.M | re.S)


def text_of(name):
    with open(os.path.join(CLIENT, name), encoding='utf-8') as f:
        return f.read()


def functions(name):
    """(function, whether there is a comment before it in its paragraph)"""
    described = False
    for piece in PIECES.finditer(text_of(name)):
        words = piece.group(0)
        if piece.group(1):
            yield piece.group(1), described
        elif words.startswith('/**'):
            described = True
        elif words == '\n':
            described = False


def families():
    """{client_read: {'_send', '_recv', ''}}"""
    names = {f for header in PUBLIC for f, _ in functions(header)}
    calls = {}
    for name in names:
        stem = re.sub(r'_(send|recv)$', '', name)
        calls.setdefault(stem, set()).add(name[len(stem):])
    return {stem: ends for stem, ends in calls.items() if ends != {''}}


class Headers(unittest.TestCase):
    maxDiff = None

    def test_there_is_something(self):
        self.assertGreater(len(families()), 40)
        self.assertIn('client_read', families())

    def test_twins(self):
        for stem, ends in sorted(families().items()):
            self.assertEqual({'_send', '_recv', ''}, ends, stem)

    def test_described(self):
        """One comment is enough for a call and its twins."""
        for header in PUBLIC:
            said, stems = set(), set()
            for name, described in functions(header):
                stem = re.sub(r'_(send|recv)$', '', name)
                stems.add(stem)
                if described:
                    said.add(stem)
            self.assertEqual(stems - said, set(), header)


class Examples(unittest.TestCase):
    def test_three_programs(self):
        programs = [p for p in glob.glob(os.path.join(CLIENT, 'examples/*.c'))
                    if re.search(r'^int main\(', text_of(p), re.M)]
        self.assertGreaterEqual(len(programs), 3)
        build = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
        for path in programs:
            name = 'example-' + os.path.basename(path)[:-2]
            self.assertTrue(
                glob.glob(os.path.join(build, '**', name), recursive=True),
                '%s is not built' % name)

    def test_public_headers_alone(self):
        allowed = {'client/%s' % h for h in PUBLIC + ['client_req.h']}
        allowed.add('place.h')
        for path in glob.glob(os.path.join(CLIENT, 'examples/*')):
            for header in re.findall(r'#include "([^"]+)"', text_of(path)):
                self.assertTrue(header in allowed or
                                header.startswith('smbquic/'),
                                '%s: %s' % (path, header))


if __name__ == '__main__':
    unittest.main()
