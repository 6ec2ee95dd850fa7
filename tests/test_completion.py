#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shells complete: every program's options, and commands where it has
some."""
import glob
import os
import re
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
FILES = {'smbquic-client': 'client/completion/smbquic-client',
         'mount.smbquic': 'client/mount/completion/mount.smbquic'}
PROGRAMS = ['smbquicd', 'smbquic-status', 'smbquic-passwd', 'smbquic-certmap',
            'smbquic-relay', 'smbquic-client', 'mount.smbquic']
# as bash does: the words, the number of the one that is completed
ASK = '''
. "$1"
shift
spec=$(complete -p "$(basename "$1")")
function=${spec#*-F }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
"${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
'''


def program(name):
    return os.path.join(BUILD, 'bin', name)


def completed(name, *words):
    done = subprocess.run(
        ['bash', '-c', ASK, 'bash',
         os.path.join(TOP, FILES.get(name, 'server/completion/smbquic')),
         program(name), *words],
        capture_output=True, text=True, timeout=60, check=False)
    return [w.strip() for w in done.stdout.splitlines() if w]


def helped(*words):
    text = subprocess.run([program(words[0]), *words[1:], '--help'],
                          capture_output=True, text=True, timeout=60,
                          check=False).stdout
    return set(re.findall(r'(?<![\w-])--[a-z][a-z0-9-]*', text))


@unittest.skipUnless(os.path.exists(program('smbquicd')), 'nothing is built')
class Completion(unittest.TestCase):
    def test_every_program(self):
        self.assertEqual({os.path.basename(p) for p in
                          glob.glob(program('*'))}, set(PROGRAMS))

    def test_options(self):
        words = [[p] for p in PROGRAMS if p != 'smbquic-certmap']
        for case in words + [['smbquic-certmap', 'new'],
                             ['smbquic-certmap', 'diagnose']]:
            there = {w.rstrip('=') for w in completed(*case, '--')}
            wanted = helped(*case)
            self.assertGreater(len(wanted), 2, case)
            self.assertEqual(wanted - there, set(), case)

    def test_commands(self):
        self.assertEqual(completed('smbquic-status', 'con'), ['control'])
        self.assertEqual(set(completed('smbquic-status', 'control', '')),
                         {'reload', 'close-session', 'close-share',
                          'close-client', 'drain', 'loglevel'})
        self.assertEqual(completed('smbquic-status', 'control', 'drain', 'of'),
                         ['off'])
        self.assertEqual(set(completed('smbquic-passwd', '')),
                         {'add', 'delete', 'enable', 'disable', 'list'})
        self.assertLessEqual(
            {'new', 'get', 'set', 'remove', 'check', 'grant', 'block',
             'client-new', 'diagnose', 'make', 'import'},
            set(completed('smbquic-certmap', '')))
        self.assertEqual(completed('smbquicd', '-d', 'deb'), ['debug'])

    def test_values(self):
        self.assertEqual(completed('smbquic-client', '--trust', '=', 't'),
                         ['tofu'])
        self.assertIn('README.md', completed('smbquicd', '-s', 'READ'))
        self.assertIn('username=', completed('mount.smbquic', '-o', 'us'))
        self.assertEqual(completed('mount.smbquic', '-o', 'ro,transp'),
                         ['ro,transport='])

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
    def test_zsh(self):
        for path in glob.glob(os.path.join(TOP, '*', 'completion', '_*')):
            done = subprocess.run(['zsh', '-n', path], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''), path)


if __name__ == '__main__':
    unittest.main()
