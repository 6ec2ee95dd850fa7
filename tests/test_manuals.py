#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages: each program has one, they name pages that there are, and roff
has nothing to say of them."""
import glob
import os
import re
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = sorted(glob.glob(os.path.join(TOP, '*', '*.[1-8]')) +
               glob.glob(os.path.join(TOP, '*', '*', '*.[1-8]')))
OURS = re.compile(r'^(smbquic|mount\.smbquic|libsmbclient-quic)')


def text_of(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def named(text):
    """(page, section) pairs, written as .BR name (1) or name(1)."""
    text = text.replace('\\-', '-').replace('\\fR', '').replace('\\fB', '')
    pairs = re.findall(r'^\.BR ([a-z0-9.-]+) \((\d)\)', text, re.M)
    return pairs + re.findall(r'\b([a-z0-9.-]+)\((\d)\)', text)


class Manuals(unittest.TestCase):
    def test_every_program(self):
        build = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
        names = [re.sub(r'\.\d$', '', os.path.basename(p)) for p in PAGES]
        self.assertGreater(len(names), 8)
        for path in glob.glob(os.path.join(build, 'bin', '*')):
            self.assertIn(os.path.basename(path), names)

    def test_cross_references(self):
        there = {os.path.basename(p) for p in PAGES}
        for path in PAGES:
            for name, section in named(text_of(path)):
                if OURS.match(name):
                    self.assertIn('%s.%s' % (name, section), there, path)

    @unittest.skipUnless(shutil.which('groff'), 'groff is not installed')
    def test_roff(self):
        for path in PAGES:
            done = subprocess.run(
                ['groff', '-man', '-Tutf8', '-ww', '-z', path],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.stderr, '', path)


if __name__ == '__main__':
    unittest.main()
