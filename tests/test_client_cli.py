#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquic-client as a program: its command line, its manual, its errors, and
the interactive shell on a terminal, against smbquicd."""
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'bin', 'smbquic-client')
SERVER = os.path.join(BUILD, 'bin', 'smbquicd')
NAME, USER, PASSWORD = 'files.smbquic.test', os.environ.get(
    'USER', 'root'), 'Secret-1'


def run(*args, stdin='', env=None, **more):
    return subprocess.run([PROGRAM] + list(args), input=stdin, timeout=60,
                          capture_output=True, text=True,
                          start_new_session=True, env=env, **more)


@unittest.skipUnless(os.path.exists(PROGRAM), PROGRAM + ' is not built')
class CommandLine(unittest.TestCase):
    def test_help_and_manual(self):
        """Every option and every command is in --help and in the manual."""
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        options = re.findall(r'--([a-z-]+)', done.stdout)
        self.assertIn('client-protection', options)
        with open(os.path.join(TOP, 'client', 'smbquic-client.1'),
                  encoding='utf-8') as f:
            manual = f.read().replace('\\-', '-')
        for option in options:
            self.assertIn('--' + option, manual)
        with open(os.path.join(TOP, 'client', 'cmd_table.c'),
                  encoding='utf-8') as f:
            commands = re.findall(r'^\t\{"([^"]+)"', f.read(), re.M)
        self.assertGreater(len(commands), 30)
        for command in commands:
            self.assertRegex(manual, r'\n\.B[R]? (.*[ "])?' +
                             re.escape(command) + r'[" \n]')

    def test_wrong_usage(self):
        for args in ([], ['srv'], ['//srv'], ['//srv/share', '-p', 'x'],
                     ['//srv/share', '--nonsense'], ['//'],
                     ['//srv/share', '--pin=sha256:abc'],
                     ['//srv/share', '--transport=quick'],
                     ['//srv/share', '--transport=tcp:70000'],
                     ['http://srv/share'], ['//a b/share'],
                     ['//srv/share', '-A', '/no/such/file'],
                     ['//srv/share', 'pw', 'too much']):
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertTrue(done.stderr.startswith('smbquic-client: '), args)
            self.assertEqual(done.stdout, '')

    def test_options_of_smbclient(self):
        """What has no meaning is refused or, if it only tunes, taken; in a
        sentence each."""
        for args in (['-M', 'pc'], ['-B'], ['-P'], ['--simple-bind-dn=cn=x'],
                     ['--use-winbind-ccache']):
            done = run('//127.0.0.1/share', *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertRegex(done.stderr, r'^smbquic-client: -.*: .* .* ')
            self.assertEqual(done.stderr.count('\n'), 1)
        taken = ['-O', 'TCP_NODELAY', '-R', 'host', '-s', '/dev/null', '-l',
                 'x', '--netbios-scope=x', '--leak-report',
                 '--leak-report-full', '--debug-stdout']
        where = ['//127.0.0.1/share', '-U', 'a%b', '-n', 'me', '-b', '65520',
                 '--transport=tcp:1', '--remember=no']
        done = run(*where, *taken)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count('does nothing here'), 8)
        done = run(*where, *taken, '-q')
        self.assertNotIn('does nothing', done.stderr)
        for args in (['-b', 'x'], ['-b', '999999999'],
                     ['--pw-nt-hash'], ['--pw-nt-hash', '--password=' + 'g' * 32],
                     ['--pw-nt-hash', '--password=' + 'a' * 32, '-k']):
            done = run('//127.0.0.1/share', '-U', 'a%b', *args)
            self.assertEqual(done.returncode, 2, args)

    def test_no_terminal_no_password(self):
        env = {'PATH': os.environ['PATH']}
        done = run('//127.0.0.1/share', '-U', 'u', env=env)
        self.assertEqual(done.returncode, 2)
        self.assertIn('no password', done.stderr)

    def test_files_that_are_not_there(self):
        done = run('//127.0.0.1/share', '-U', 'u%p', '--ca=/no/ca.pem',
                   '-c', 'ls')
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr,
            'smbquic-client: /no/ca.pem: No such file or directory\n')

    def test_nobody_there(self):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        for transport in ('tcp', 'quic', 'auto'):
            done = run('//127.0.0.1/share', '-U', 'u%p', '-c', 'ls',
                       '--transport=' + transport, '-p', str(port))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r'^smbquic-client: //127.0.0.1: .* '
                             r'\(NT_STATUS_CONNECTION_REFUSED\)\n$')

    def test_not_smb(self):
        """Something else listens there, and says nothing or nonsense."""
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen()
            port = s.getsockname()[1]
            started = time.monotonic()
            done = run('//127.0.0.1/share', '-U', 'u%p', '-c', 'ls', '-t1',
                       '--transport=tcp', '-p', str(port))
            self.assertEqual(done.returncode, 1)
            self.assertIn('NT_STATUS_IO_TIMEOUT', done.stderr)
            self.assertLess(time.monotonic() - started, 10)


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, args, env):
        self.text = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM] + args, env)

    def expect(self, pattern, seconds=20):
        """Read until the pattern appears; returns the text up to its end."""
        end = time.monotonic() + seconds
        while True:
            m = re.search(pattern, self.text, re.S)
            if m:
                out, self.text = self.text[:m.end()], self.text[m.end():]
                return out
            if time.monotonic() > end:
                raise AssertionError('%r is not in %r' % (pattern, self.text))
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode()
                except OSError as e:
                    raise AssertionError('ended: %r' % self.text) from e

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@unittest.skipUnless(os.path.exists(PROGRAM) and os.path.exists(SERVER),
                     'the programs are not built')
class Shell(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='smbquic-cli-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.data = os.path.join(cls.folder, 'data')
        cls.local = os.path.join(cls.folder, 'local')
        for name in (cls.data, cls.local):
            os.makedirs(name)
        cls.quic, cls.tcp = cls.ports()
        rig = os.path.join(cls.folder, 'rig')
        subprocess.run(
            [sys.executable, os.path.join(TOP, 'scripts', 'rig.py'), rig,
             '--name', NAME, '--user', USER, '--password', PASSWORD,
             '--quic-port', str(cls.quic), '--tcp-port', str(cls.tcp),
             '--share', 'data|' + cls.data],
            check=True, capture_output=True,
            env=dict(os.environ, SMBQUIC_BUILD=BUILD))
        cls.ca = os.path.join(rig, 'ca.pem')
        cls.server = subprocess.Popen(
            [SERVER, '-F', '-s', os.path.join(rig, 'smbquic.conf')],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(cls.stop)
        for line in cls.server.stderr:
            if 'ready' in line:
                break

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait(20)
        cls.server.stderr.close()

    @staticmethod
    def ports():
        found = []
        with socket.socket() as a, socket.socket() as b:
            for s in (a, b):
                s.bind(('127.0.0.1', 0))
                found.append(s.getsockname()[1])
        return found

    def args(self, *more, transport='quic'):
        return ['//%s/data' % NAME, '-I', '127.0.0.1', '--ca=' + self.ca,
                '--transport=quic:%d,tcp:%d' % (self.quic, self.tcp)
                if transport == 'auto' else '--transport=%s:%d' % (
                    transport, self.quic if transport == 'quic'
                    else self.tcp)] + list(more)

    def env(self):
        return {'PATH': os.environ['PATH'], 'TERM': 'vt100',
                'HOME': self.folder, 'LC_ALL': 'C.UTF-8', 'COLUMNS': '100'}

    def terminal(self, *more):
        t = Terminal(self.args(*more), self.env())
        return t

    def shell(self, *more):
        t = self.terminal('-U', USER + '%' + PASSWORD, *more)
        t.expect(r'smb: \\> ')
        os.system('stty -F /dev/fd/%d -echo cols 100 2>/dev/null' % t.fd)
        return t

    def test_password_is_asked_for(self):
        t = self.terminal('-U', USER, '-c', 'pwd')
        t.expect(r'Password for \[%s\]: ' % USER)
        t.send(PASSWORD + '\n')
        out = t.expect(r'Current directory is ')
        self.assertNotIn(PASSWORD, out)
        self.assertEqual(t.wait(), 0)

    def test_conversation(self):
        t = self.shell()
        t.send('mkdir "a folder"\n')
        t.expect(r'smb: \\> ')
        t.send('cd "a folder"\n')
        t.expect(r'smb: \\a folder\\> ')
        t.send('recurse\n')
        t.expect('directory recursion is now on')
        t.send('nonsense\n')
        t.expect('nonsense: command not found')
        t.send('cd ..; rmdir "a folder"\n')
        t.expect(r'smb: \\> ')
        t.send('history\n')
        t.expect(r'\d: mkdir "a folder"')
        t.send('quit\n')
        self.assertEqual(t.wait(), 1)
        self.assertTrue(os.path.exists(os.path.join(
            self.folder, '.local/state/smbquic/client_history')))

    def test_end_of_input(self):
        t = self.shell()
        t.send('\x04')
        self.assertEqual(t.wait(), 0)

    def test_completion(self):
        for name in ('an only file', 'some-1', 'some-2'):
            with open(os.path.join(self.data, name), 'w',
                      encoding='utf-8') as f:
                f.write('x')
        os.makedirs(os.path.join(self.data, 'zfolder', 'inner'))
        t = self.shell()
        t.send('showc\t')
        t.expect('showconnect ')
        t.send('\n')
        t.expect('Dialect: +3.1.1')
        t.expect(r'smb: \\> ')
        t.send('cd zf\t')
        t.expect(r'cd zfolder\\')
        t.send('in\t\n')
        t.expect(r'smb: \\zfolder\\inner\\> ')
        t.send('cd /\n')
        t.expect(r'smb: \\> ')
        t.send('stat so\t\t\t')
        t.expect('some-1 +some-2')
        t.send('2\n')
        t.expect(r'File: \\some-2')
        t.expect(r'smb: \\> ')
        t.send('stat an\t\n')
        t.expect(r'File: \\an only file')
        t.send('q\n')
        self.assertEqual(t.wait(), 0)

    def test_interrupt(self):
        """^C ends the transfer and not the shell; nothing is left."""
        with open(os.path.join(self.data, 'sparse'), 'wb') as f:
            f.truncate(64 << 30)
        t = self.shell()
        t.send('lcd %s\n' % self.local)
        t.expect(r'smb: \\> ')
        t.send('get sparse\n')
        t.expect(r'sparse +\[.*%.*/s')      # the bar
        t.send('\x03')
        t.expect('NT_STATUS_CANCELLED')
        t.expect(r'smb: \\> ')
        self.assertEqual(os.listdir(self.local), [])
        t.send('half a line\x03pwd\n')
        t.expect('Current directory is')
        with open(os.path.join(self.local, 'big'), 'wb') as f:
            f.truncate(64 << 30)
        t.send('put big\n')
        t.expect(r'big +\[.*%.*/s')
        t.send('\x03')
        t.expect('NT_STATUS_CANCELLED')
        t.expect(r'smb: \\> ')
        t.send('ls\n')
        t.expect('blocks available')
        t.send('quit\n')
        self.assertEqual(t.wait(), 1)
        self.assertEqual([n for n in os.listdir(self.data)
                          if 'big' in n or '.smbquic' in n], [])
        os.unlink(os.path.join(self.local, 'big'))
        os.unlink(os.path.join(self.data, 'sparse'))

    def transfer(self, command, **more):
        """A transfer that will not end by itself, begun."""
        shutil.rmtree(self.local)
        os.mkdir(self.local)
        for folder in (self.data, self.local):
            with open(os.path.join(folder, 'sparse'), 'wb') as f:
                f.write(b'x' * (8 << 20))     # holes are not written
                f.truncate(64 << 30)
        os.unlink(os.path.join(
            self.local if command == 'get' else self.data, 'sparse'))
        p = subprocess.Popen(
            [PROGRAM, *self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                                 command + ' sparse; get first; ls')],
            env=self.env(), cwd=self.local, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, **more)
        for end in (p.stdout.close, p.stderr.close, p.wait, p.kill):
            self.addCleanup(end)
        to = self.local if command == 'get' else self.data
        end = time.monotonic() + 60
        # bytes are on their way: a file that is only created yet stays, if
        # the connection ends before it was marked, until the next put
        while not any(self.size(to, n) for n in self.temporaries(to)):
            self.assertLess(time.monotonic(), end, 'it does not begin')
            time.sleep(0.02)
        return p, to

    @staticmethod
    def size(folder, name):
        try:
            return os.stat(os.path.join(folder, name)).st_size
        except FileNotFoundError:
            return 0

    def temporaries(self, folder):
        return [n for n in os.listdir(folder) if n.startswith('.smbquic-')]

    def gone_soon(self, folder):
        # if the word that the connection ends is lost, the server finds out
        # by its idle timeout
        end = time.monotonic() + 120
        while self.temporaries(folder):
            self.assertLess(time.monotonic(), end, 'it stays')
            time.sleep(0.02)

    def test_terminated(self):
        """SIGTERM and SIGHUP end the shell, and nothing is left."""
        for command, signum in (('get', signal.SIGTERM),
                                ('put', signal.SIGTERM),
                                ('get', signal.SIGHUP)):
            p, to = self.transfer(command)
            p.send_signal(signum)
            out, err = p.communicate(timeout=60)
            self.assertEqual(p.returncode, -signum, err)
            self.assertIn('NT_STATUS_CANCELLED', err)
            self.assertEqual(out, '')
            self.gone_soon(to)
            self.assertNotIn('sparse', os.listdir(to))
        p, _ = self.transfer('get', preexec_fn=lambda: signal.signal(
            signal.SIGHUP, signal.SIG_IGN))
        p.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertIsNone(p.poll())        # as nohup(1) has it
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(60), -signal.SIGTERM)
        self.assertEqual(self.temporaries(self.local), [])
        os.unlink(os.path.join(self.data, 'sparse'))

    def test_terminated_while_connecting(self):
        """To nobody: there is no connection to say goodbye over."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(deaf.close)
            deaf.bind(('127.0.0.1', 0))
            deaf.settimeout(30)
            p = subprocess.Popen(
                [PROGRAM, '//files.smbquic.test/data', '-I', '127.0.0.1',
                 '--transport=quic:%d' % deaf.getsockname()[1],
                 '--trust=none', '-U', 'a%b', '-q', '-c', 'pwd'],
                env=self.env(), cwd=self.local)
            self.addCleanup(p.kill)
            deaf.recv(2000)
            p.send_signal(signal.SIGUSR1)   # nothing to move yet
            p.send_signal(signum)
            # long before the ten seconds that it would wait
            self.assertEqual(p.wait(5), -signum)

    def test_terminated_while_waiting(self):
        """So does a shell that waits for its next command."""
        t = self.shell()
        os.kill(t.pid, signal.SIGTERM)
        self.assertEqual(t.wait(), -signal.SIGTERM)
        p = subprocess.Popen(
            [PROGRAM, *self.args('-q', '-U', USER + '%' + PASSWORD)],
            env=self.env(), cwd=self.local, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(p.kill)
        p.stdin.write('echo 1 one\npwd\n')
        p.stdin.flush()
        while 'Current' not in p.stdout.readline():
            self.assertIsNone(p.poll())
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(60), -signal.SIGTERM)
        p.stdin.close()
        p.stdout.close()

    def test_named_pipe(self):
        """Nobody at its other end: that can be waited for, or is told."""
        pipe = os.path.join(self.local, 'pipe')
        os.mkfifo(pipe)
        self.addCleanup(os.unlink, pipe)
        log_on = ['-q', '-U', USER + '%' + PASSWORD]
        data = os.urandom(3000000)
        p = subprocess.Popen(
            [PROGRAM, *self.args(*log_on, '-c', 'put pipe piped')],
            env=self.env(), cwd=self.local)
        self.addCleanup(p.kill)
        with open(pipe, 'wb') as f:
            f.write(data)
        self.assertEqual(p.wait(60), 0)
        with open(os.path.join(self.data, 'piped'), 'rb') as f:
            self.assertEqual(f.read(), data)
        done = run(*self.args(*log_on, '-c', 'get piped pipe'),
                   env=self.env(), cwd=self.local)
        self.assertEqual(done.returncode, 1)
        self.assertIn('pipe: Broken pipe', done.stderr)
        os.unlink(os.path.join(self.data, 'piped'))
        t = self.shell()
        t.send('lcd %s\nput pipe never\n' % self.local)
        other_end = os.open(pipe, os.O_WRONLY)  # waits for the client
        t.send('\x03')
        t.expect('NT_STATUS_CANCELLED')
        os.close(other_end)
        self.gone_soon(self.data)
        t.send('quit\n')
        self.assertEqual(t.wait(), 1)
        self.assertNotIn('never', os.listdir(self.data))

    def test_questions(self):
        for name in ('q1', 'q2'):
            with open(os.path.join(self.data, name), 'w',
                      encoding='utf-8') as f:
                f.write(name)
        t = self.shell()
        t.send('lcd %s; mget q*\n' % self.local)
        for name, answer in (('q1', 'n'), ('q2', 'y')):
            t.expect(r'Get file %s\? ' % name)
            t.send(answer + '\n')
        t.expect(r'smb: \\> ')
        t.send('quit\n')
        self.assertEqual(t.wait(), 0)
        self.assertEqual(os.listdir(self.local), ['q2'])
        os.unlink(os.path.join(self.local, 'q2'))

    def test_from_standard_input(self):
        done = run(*self.args('-q', '-U', USER + '%' + PASSWORD),
                   stdin='mkdir s\nls\n\nnonsense\nrmdir s\n',
                   env=self.env())
        self.assertEqual(done.returncode, 1)
        self.assertIn('blocks available', done.stdout)
        self.assertIn('nonsense: command not found', done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.data, 's')))

    def test_nothing_to_copy(self):
        """A mask that fits nothing is an error, asked for or not."""
        here = os.path.join(self.folder, 'nothing')
        os.makedirs(os.path.join(here, 'only'))
        os.mkdir(os.path.join(self.data, 'nothing'))
        for command, words in (
                ('mput zzz*', 'zzz*: No such file'),
                ('prompt; mput zzz*', 'zzz*: No such file'),
                ('prompt; mput only', 'only: only folders match; "recurse"'),
                ('prompt; mget nothing', 'nothing: only folders match'),
                ('mget zzz*', 'zzz*'),
                ('put /etc/hostname ..', 'NT_STATUS_FILE_IS_A_DIRECTORY')):
            done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                                  command), env=self.env(), cwd=here)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn(words, done.stderr)
        done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                              'recurse; mput only'), env=self.env(), cwd=here)
        self.assertEqual(done.returncode, 0)    # "n" was the answer
        os.rmdir(os.path.join(self.data, 'nothing'))

    def test_delete_wants_a_name(self):
        """An empty word is no order to delete everything."""
        os.makedirs(os.path.join(self.data, 'kept', 'sub'))
        for name in ('kept/a', 'kept/sub/b', 'gone'):
            with open(os.path.join(self.data, name), 'w',
                      encoding='utf-8') as f:
                f.write(name)
        log_on = ['-q', '-U', USER + '%' + PASSWORD]
        for word in ('""', '/', '\\\\', '.', 'kept/..'):
            for command in ('del ', 'recurse; del ', 'deltree '):
                done = run(*self.args(*log_on, '-c', command + word),
                           env=self.env())
                self.assertEqual(done.returncode, 1, command + word)
                self.assertIn('names nothing to delete', done.stderr)
        self.assertTrue(os.path.exists(os.path.join(self.data, 'gone')))
        done = run(*self.args(*log_on, '-c', 'del gone/; deltree kept/sub/'),
                   env=self.env())
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(os.listdir(os.path.join(self.data, 'kept')), ['a'])
        self.assertFalse(os.path.exists(os.path.join(self.data, 'gone')))
        shutil.rmtree(os.path.join(self.data, 'kept'))

    def test_odd_names(self):
        """A file called "-" is a file; names that are no UTF-8 go as well."""
        here = os.path.join(self.folder, 'odd')
        os.makedirs(here)
        with open(os.path.join(here, '-'), 'w', encoding='utf-8') as f:
            f.write('minus')
        odd = os.path.join(here.encode(), b'\xff')
        with open(odd, 'wb'):
            pass
        done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                              'prompt; mput *'), env=self.env(), cwd=here)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        os.unlink(os.path.join(self.data.encode(), b'\xff'))
        done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                              'mapposix off; prompt; mput *'),
                   env=self.env(), cwd=here)
        self.assertEqual(done.returncode, 1)
        self.assertIn('NT_STATUS_OBJECT_NAME_INVALID', done.stderr)
        os.unlink(odd)
        os.unlink(os.path.join(here, '-'))
        for commands in ('get -', 'prompt; mget -'):
            done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                                  commands), env=self.env(), cwd=here)
            self.assertEqual((done.returncode, done.stdout), (0, ''))
            os.unlink(os.path.join(here, '-'))
        done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                              'get - -'), env=self.env(), cwd=here)
        self.assertEqual(done.stdout, 'minus')

    def test_pager(self):
        with open(os.path.join(self.data, 'text'), 'w',
                  encoding='utf-8') as f:
            f.write('a line\n' * 100000)
        for pager, count in (('cat', 100000), ('head -n 3', 3)):
            done = run(*self.args('-q', '-U', USER + '%' + PASSWORD, '-c',
                                  'more text'),
                       env=dict(self.env(), PAGER=pager))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, 'a line\n' * count)
        os.unlink(os.path.join(self.data, 'text'))

    def test_facts(self):
        for transport in ('quic', 'tcp'):
            done = run(*self.args('-d1', '-U', USER + '%' + PASSWORD, '-c',
                                  'pwd', transport=transport),
                       env=self.env())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, 'Transport: +%s.* to 127.0.0.1'
                             % transport)
            self.assertRegex(done.stderr, 'Dialect: +3.1.1')

    def test_stderr(self):
        done = run(*self.args('-E', '-U', USER + '%' + PASSWORD, '-c', 'pwd'),
                   env=self.env())
        self.assertEqual(done.stdout, '')
        self.assertIn('Current directory', done.stderr)

    def test_silent_server(self):
        """The server is stopped, not dead: -t ends the wait."""
        t = run(*self.args('-U', USER + '%' + PASSWORD, '-t', '2', '-c',
                           '! kill -STOP %d; ls' % self.server.pid),
                env=self.env())
        os.kill(self.server.pid, signal.SIGCONT)
        self.assertEqual(t.returncode, 1)
        self.assertIn('NT_STATUS_IO_TIMEOUT', t.stderr)


if __name__ == '__main__':
    unittest.main()
