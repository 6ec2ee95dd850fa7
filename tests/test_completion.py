#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shells complete: every program's options, and commands where it has
some."""
import glob
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
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
# a key that writes down the line as it is, and begins another
ZSH = """
fpath=(%(folders)s $fpath)
PATH=%(build)s/bin:$PATH
autoload -U compinit && compinit -u -D
show() { print -r -- "$BUFFER" >>%(file)s; BUFFER= }
zle -N show
bindkey '^X' show
setopt no_list_beep
: >%(file)s
"""


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
                          'close-file', 'close-client', 'drain', 'loglevel'})
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
        files = glob.glob(os.path.join(TOP, '*', 'completion', '_*')) + \
            glob.glob(os.path.join(TOP, '*', '*', 'completion', '_*'))
        for path in files:
            done = subprocess.run(['zsh', '-n', path], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ''), path)
        cases = {
            'smbquic-status --le': '--leases ',
            'smbquic-status con': 'control ',
            'smbquic-status control dr': 'drain ',
            'smbquic-passwd en': 'enable ',
            'smbquic-certmap client-n': 'client-new ',
            'smbquic-certmap diagnose --ip': '--ip-address ',
            'smbquicd --check': '--check-config ',
            'smbquic-relay --conn': '--connect',
            'smbquic-client --trust=to': '--trust=tofu ',
            'smbquic-client --pro': '--probe',
            'mount.smbquic -o ro,noserv': 'ro,noserverino'}
        with tempfile.TemporaryDirectory() as folder:
            got = zsh_lines(folder, {os.path.dirname(p) for p in files},
                            list(cases))
        for line, end in cases.items():
            self.assertIn(line.rsplit(' ', 1)[0] + ' ' + end,
                          got.get(line, '(nothing)'), line)


def zsh_lines(folder, completions, lines):
    """What zsh makes of each line when Tab is pressed at its end."""
    shown = os.path.join(folder, 'lines')
    rc = os.path.join(folder, 'rc')
    with open(rc, 'w', encoding='utf-8') as f:
        f.write(ZSH % {'folders': ' '.join(completions), 'build': BUILD,
                       'file': shown})
    pid, fd = pty.fork()
    if pid == 0:
        os.execlp('zsh', 'zsh', '-f', '-i')
    limit = time.monotonic() + 60

    def seen(count):
        """Reads what zsh says, which would wait otherwise, until so many
        lines are written down."""
        while time.monotonic() < limit:
            if select.select([fd], [], [], 0.05)[0]:
                os.read(fd, 4096)
            if os.path.exists(shown):
                with open(shown, encoding='utf-8') as f:
                    text = f.read().splitlines()
                if len(text) >= count:
                    return text
        return []

    got = {}
    try:
        os.write(fd, ('. %s\n' % rc).encode())
        seen(0)
        for number, line in enumerate(lines):
            os.write(fd, line.encode() + b'\t\x18')
            text = seen(number + 1)
            if not text:
                break
            got[line] = text[number]
    finally:
        os.close(fd)
        os.waitpid(pid, 0)
    return got


if __name__ == '__main__':
    unittest.main()
