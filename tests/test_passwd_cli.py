#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquic-passwd as a program: commands, passwords, exit status."""
import os
import pty
import re
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'bin', 'smbquic-passwd')
HASH = '8846F7EAEE8FB117AD06BDD830B7586C'    # of "password"


@unittest.skipUnless(os.path.exists(PROGRAM), PROGRAM + ' is not built')
class Passwd(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(folder.name, 'users')

    def run_it(self, *args, stdin='', file=True):
        where = ['--file=' + self.file] if file else []
        return subprocess.run(
            [PROGRAM] + where + list(args), input=stdin, timeout=30,
            capture_output=True, text=True, start_new_session=True)

    def expect(self, status, *args, err='', out='', **more):
        done = self.run_it(*args, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(err, done.stderr)
        self.assertIn(out, done.stdout)
        if status == 0:
            self.assertNotIn('failed', done.stderr)
        else:
            self.assertTrue(done.stderr.startswith('smbquic-passwd: '))
        return done

    def text(self):
        with open(self.file, encoding='utf-8') as f:
            return f.read()

    def test_life_of_a_user(self):
        self.expect(0, 'add', 'root', '-s', stdin='password\n',
                    out='Added root.')
        self.assertRegex(self.text(), r'^root:0:X{32}:%s:\[U {10}\]:'
                         r'LCT-[0-9A-F]{8}:\n$' % HASH)
        self.assertEqual(os.stat(self.file).st_mode & 0o7777, 0o600)
        self.expect(0, 'add', 'ROOT', '-s', stdin='other\nother\n',
                    out='Changed the password of ROOT.')
        self.assertNotIn(HASH, self.text())
        self.expect(0, '-s', 'add', 'root', stdin='password',
                    out='Changed')
        self.assertIn(HASH, self.text())
        self.expect(0, 'disable', 'root', out='Disabled root.')
        self.assertIn('[UD         ]', self.text())
        self.expect(0, 'list', out='the account is disabled')
        self.expect(0, 'enable', 'root', out='Enabled root.')
        self.expect(0, 'list', 'root', out='may log on')
        self.expect(0, 'delete', 'root', out='Deleted root.')
        self.assertEqual(self.text(), '')

    def test_no_account(self):
        self.expect(0, 'add', 'no-such-account', '-s', stdin='x\n',
                    err='there is no Unix account no-such-account')

    def test_failures_change_nothing(self):
        self.expect(0, 'add', 'root', '-s', stdin='password\n')
        before = self.text()
        self.expect(1, 'add', 'root', '-s', stdin='a\nb\n',
                    err='not the same')
        self.expect(1, 'add', 'root', '-s', stdin='', err='no password')
        self.expect(1, 'add', 'root', '-s', stdin='\n', err='is empty')
        self.expect(1, 'add', 'root', '-s', stdin='x' * 2000)
        self.expect(1, 'add', 'a/b', '-s', stdin='x', err="user's name")
        self.expect(1, 'add', 'root', err='there is no terminal')
        self.expect(1, 'delete', 'ann', err='there is no user ann')
        self.expect(1, 'disable', 'ann', err='there is no user ann')
        self.expect(1, 'list', 'ann', err='there is no user ann')
        self.assertEqual(self.text(), before)

    def test_open_file_is_refused(self):
        self.expect(0, 'add', 'root', '-s', stdin='password\n')
        os.chmod(self.file, 0o644)
        self.expect(1, 'list', err='is open to others (mode 0644)')
        self.expect(1, 'add', 'root', '-s', stdin='x\n', err='chmod 600')

    def test_usage(self):
        self.expect(2, err='COMMAND is missing')
        self.expect(2, 'frobnicate', err='no such command')
        self.expect(2, 'add', err='USER is missing')
        self.expect(2, 'add', 'a', 'b', err='one USER')
        self.expect(2, '--frob', err='unknown option')
        self.expect(0, '--version', out='smbquic-passwd ')
        done = self.expect(0, '--help')
        for word in ('add', 'delete', 'enable', 'disable', 'list'):
            self.assertRegex(done.stdout, r'(?m)^  %s ' % word)

    def test_manual_has_every_command_and_option(self):
        shown = self.run_it('--help').stdout
        with open(os.path.join(TOP, 'server', 'smbquic-passwd.8'),
                  encoding='utf-8') as f:
            manual = f.read().replace('\\-', '-')
        for word in re.findall(r'(?m)^  (\w+) ', shown):
            self.assertRegex(manual, r'(?m)^\.B[RI]? ' + word)
        for word in re.findall(r'--[a-z]+', shown):
            self.assertIn(word, manual)

    def test_file_by_configuration(self):
        conf = os.path.join(self.folder, 'smbquic.conf')
        with open(conf, 'w', encoding='utf-8') as f:
            f.write('smb passwd file = %s\nunknown = x\n' % self.file)
        self.expect(0, '-c', conf, 'add', 'root', '-s', stdin='password\n',
                    file=False)
        self.assertIn(HASH, self.text())
        with open(conf, 'a', encoding='utf-8') as f:
            f.write('log level = loud\n')
        self.expect(1, '-c', conf, 'list', file=False,
                    err='smbquic.conf:3: log level = loud')
        self.expect(1, '-c', conf + 'x', 'list', file=False,
                    err='cannot read')

    def on_terminal(self, *answers):
        """Runs `add root` on a terminal of its own; status and output."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(PROGRAM, [PROGRAM, '--file=' + self.file, 'add', 'root'])
        shown = b''
        answers = list(answers)
        while True:
            try:
                part = os.read(terminal, 1000)
            except OSError:
                break
            if not part:
                break
            shown += part
            if shown.endswith(b': ') and answers:
                os.write(terminal, answers.pop(0))
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), \
            shown.decode()

    def test_terminal(self):
        status, shown = self.on_terminal(b'password\n', b'password\n')
        self.assertEqual(status, 0, shown)
        self.assertNotIn('password\r', shown)
        self.assertIn(HASH, self.text())
        status, shown = self.on_terminal(b'one\n', b'two\n')
        self.assertEqual(status, 1)
        self.assertIn('not the same', shown)
        status, shown = self.on_terminal(b'\x03')
        self.assertEqual(status, -2)     # SIGINT
        self.assertIn('interrupted', shown)
        self.assertIn(HASH, self.text())


if __name__ == '__main__':
    unittest.main()
