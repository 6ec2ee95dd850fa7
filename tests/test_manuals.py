#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages: each program, file format and library has one, they name pages
that there are and leave no setting or function out, and roff has nothing to say
of them."""
import glob
import os
import re
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = sorted(glob.glob(os.path.join(TOP, '*', '*.[1-8]')) +
               glob.glob(os.path.join(TOP, '*', '*', '*.[1-8]')))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
# made from headers
REFERENCE = sorted(glob.glob(os.path.join(BUILD, '*', '*.3')))
OURS = re.compile(r'^(smbquic|mount\.smbquic|libsmbquic|libsmbclient-quic)')


def text_of(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def named(text):
    """(page, section) pairs, written as .BR name (1) or name(1)."""
    text = text.replace('\\-', '-').replace('\\fR', '').replace('\\fB', '')
    pairs = re.findall(r'^\.BR ([a-z0-9.-]+) \((\d)\)', text, re.M)
    return pairs + re.findall(r'\b([a-z0-9.-]+)\((\d)\)', text)


def help_of(name):
    """What a program says of itself and, where it has some, its commands."""
    program = os.path.join(BUILD, 'bin', name)
    if not os.path.exists(program):
        return ''
    text = ''
    words = [[]]
    while words:
        out = subprocess.run([program, *words.pop(), '--help'],
                             capture_output=True, text=True, timeout=60,
                             check=False).stdout
        if not text and name == 'smbquic-certmap':
            words = [[c] for c in re.findall(r'(?m)^  ([a-z-]+) ', out)]
        text += out
    return text


class Manuals(unittest.TestCase):
    def test_every_program(self):
        names = [re.sub(r'\.\d$', '', os.path.basename(p)) for p in PAGES]
        self.assertGreater(len(names), 8)
        for path in glob.glob(os.path.join(BUILD, 'bin', '*')):
            self.assertIn(os.path.basename(path), names)

    def test_cross_references(self):
        there = {os.path.basename(p) for p in PAGES + REFERENCE}
        for path in PAGES + REFERENCE:
            for name, section in named(text_of(path)):
                if OURS.match(name):
                    self.assertIn('%s.%s' % (name, section), there, path)

    def test_sections(self):
        self.assertEqual({p[-1] for p in PAGES}, set('13578'))

    def test_every_function(self):
        maps = glob.glob(os.path.join(BUILD, '*', 'exports-*.map'))
        self.assertTrue(REFERENCE, 'no pages in ' + BUILD)
        text = '\n'.join(text_of(p) for p in REFERENCE)
        words = set(re.findall(r'\w+', text))
        public = set()
        for path in maps:
            for name, body in re.findall(r'(\w+) \{([^}]*)\}', text_of(path)):
                if re.match(r'SMBQUIC_(CLIENT_)?0$', name):
                    public.update(re.findall(r'(\w+);', body))
        self.assertGreater(len(public), 300)
        self.assertEqual(public - words, set())

    def documented(self, page, source, pattern):
        text = text_of(os.path.join(TOP, page)).replace('\\-', '-')
        keys = re.findall(pattern, text_of(os.path.join(TOP, source)))
        self.assertTrue(keys, source)
        for key in keys:
            self.assertTrue(re.search(
                r'(?m)^\.[BI].*\b%s\b' % re.escape(key), text),
                page + ' says nothing of ' + key)

    def test_every_key(self):
        self.documented('certs/smbquic-certmap.conf.5',
                        'certs/certmap_entry.c', r'\{"([a-z ]+)", *\n?\t* *"')
        page = 'client/libsmbclient/smbquic-client.conf.5'
        config = 'client/conf.c'
        self.documented(page, config, r'\t\{"([a-z ]+)",')
        self.documented(page, config, r'\t"([a-z0-9 ]+)",\n')
        for source in 'server/machine.c', 'certs/certmap_admit.c':
            self.documented('server/smbquic-audit.5', source,
                            r'\t\{"(\w+)",')

    def test_every_option_named(self):
        """Options that a page, or README, gives a program: it has them."""
        helps = {}
        seen = 0
        pages = PAGES + [os.path.join(TOP, 'README.md')]
        pattern = re.compile(r'\b(smbquicd|smbquic-(?:status|certmap|client|'
                             r'relay|passwd)|mount\.smbquic)\b([^`|;&)]*)')
        for path in pages:
            text = re.sub(r'\\f.|"', '', text_of(path).replace('\\-', '-'))
            for name, rest in pattern.findall(text.replace('\\\n', ' ')):
                rest = rest.split('\n')[0]
                if name not in helps:
                    helps[name] = help_of(name)
                for option in re.findall(r'(?<![\w-])--[a-z][a-z-]*', rest):
                    seen += 1
                    self.assertRegex(helps[name], option + r'(?![\w-])',
                                     '%s: %s%s' % (path, name, rest))
        self.assertGreater(seen, 20)

    @unittest.skipUnless(shutil.which('groff'), 'groff is not installed')
    def test_roff(self):
        for path in PAGES + REFERENCE:
            done = subprocess.run(
                ['groff', '-man', '-Tutf8', '-ww', '-z', path],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.stderr, '', path)


if __name__ == '__main__':
    unittest.main()
