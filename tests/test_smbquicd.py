#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquicd as a program: options, ready line, signals, background, systemd."""
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'bin', 'smbquicd')
SECONDS = 20
# an SMB 3.1.1 NEGOTIATE, as far as the server answers it: one dialect 2.0.2
NEGOTIATE = bytes.fromhex(
    'fe534d4240000000' '0000000000000100' '0000000000000000'
    '0000000000000000' '0000000000000000' '0000000000000000'
    '0000000000000000' '0000000000000000'
    '2400010001000000' '0000000001010101' '0101010101010101'
    '01010101' '0000000000000000' '0202')


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def until(what, why):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.02)
    raise AssertionError(why)


@unittest.skipUnless(os.path.exists(PROGRAM), PROGRAM + ' is not built')
class Smbquicd(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.port = free_port()
        self.share = os.path.join(self.folder, 'share')
        os.mkdir(self.share)
        with open(self.path('smbpasswd'), 'w', encoding='utf-8'):
            pass
        os.chmod(self.path('smbpasswd'), 0o600)
        self.configure()

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, more='', shares=''):
        with open(self.path('smbquic.conf'), 'w', encoding='utf-8') as f:
            f.write('[global]\n'
                    'server smb transports = tcp:%d\n'
                    'server min protocol = SMB2_02\n'
                    'interfaces = 127.0.0.1\nbind interfaces only = yes\n'
                    'smb passwd file = %s\nstate directory = %s\n%s'
                    '[share]\npath = %s\n%s' %
                    (self.port, self.path('smbpasswd'), self.folder, more,
                     self.share, shares))

    def start(self, *args, **more):
        log = open(self.path('log'), 'wb')
        self.addCleanup(log.close)
        p = subprocess.Popen(
            [PROGRAM, '-s', self.path('smbquic.conf')] + list(args),
            stderr=log, stdin=subprocess.DEVNULL, **more)

        def end():
            if p.poll() is None:
                p.kill()
            p.wait()
        self.addCleanup(end)
        return p

    def log(self):
        with open(self.path('log'), encoding='utf-8') as f:
            return f.read()

    def wait_log(self, text):
        until(lambda: text in self.log(), 'not in the log: ' + text)

    def ready(self, *args, **more):
        p = self.start(*args, **more)
        until(lambda: 'ready: ' in self.log() or p.poll() is not None,
              'not ready')
        self.assertIsNone(p.poll(), self.log())
        return p

    def run_it(self, *args):
        return subprocess.run([PROGRAM] + list(args), capture_output=True,
                              text=True, timeout=SECONDS)

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.port), SECONDS)
        self.addCleanup(s.close)
        s.sendall(len(NEGOTIATE).to_bytes(4, 'big') + NEGOTIATE)
        answer = s.recv(4096)
        self.assertEqual(answer[4:8], b'\xfeSMB')
        return s

    def test_ready_line(self):
        p = self.ready()
        self.assertIn('smbquicd: ready: tcp 127.0.0.1:%d\n' % self.port,
                      self.log())
        self.connect()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(SECONDS), 0)
        self.assertIn('stopped', self.log())

    def test_passed_socket(self):
        """systemd's way to pass sockets: the port is that socket's."""
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen(5)
            self.port = s.getsockname()[1]

            helper = [
                '/bin/bash', '-c',
                'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"' %
                s.fileno(), PROGRAM, '-s', self.path('smbquic.conf')]
            log = open(self.path('log'), 'wb')
            self.addCleanup(log.close)
            p = subprocess.Popen(helper, stderr=log, pass_fds=[s.fileno()],
                                 stdin=subprocess.DEVNULL)
            self.addCleanup(p.wait)
            self.addCleanup(p.kill)
            self.wait_log('ready: tcp 127.0.0.1:%d\n' % self.port)
        self.connect()

    def test_watchdog(self):
        path = self.path('notify')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(SECONDS)
            self.ready(env={**os.environ, 'NOTIFY_SOCKET': path,
                            'WATCHDOG_USEC': '200000'})
            heard = [s.recv(4096).decode() for _ in range(4)]
        self.assertTrue(heard[0].startswith('READY=1'))
        self.assertEqual(heard[1:], ['WATCHDOG=1'] * 3)

    def test_usage(self):
        for args in (['--nonsense'], ['word'], ['-F', '-D']):
            done = self.run_it(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertTrue(done.stderr.startswith('smbquicd: '))
        done = self.run_it('--version')
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r'^smbquicd \d')
        self.assertIn('--check-config', self.run_it('--help').stdout)

    def test_no_configuration(self):
        done = self.run_it('-s', self.path('nothere'))
        self.assertEqual(done.returncode, 78)
        self.assertIn('nothere', done.stderr)

    def test_bad_configuration(self):
        self.configure('max connections = many\n')
        done = self.run_it('-s', self.path('smbquic.conf'))
        self.assertEqual(done.returncode, 78)
        self.assertIn('smbquic.conf:', done.stderr)

    def test_check_config(self):
        file = self.path('smbquic.conf')
        done = self.run_it('-s', file, '--check-config')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('[share]', done.stdout)
        done = self.run_it('-s', file, '--check-config',
                           '--option=server string=by option')
        self.assertIn('server string = by option', done.stdout)
        self.configure('max connections = many\n')
        self.assertEqual(
            self.run_it('-s', file, '--check-config').returncode, 1)

    def test_port_in_use(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', self.port))
            s.listen()
            done = self.run_it('-s', self.path('smbquic.conf'))
        self.assertEqual(done.returncode, 1)
        self.assertIn('127.0.0.1:%d' % self.port, done.stderr)
        self.assertIn('in use', done.stderr)
        self.assertNotIn('ready', done.stderr)

    def test_reload(self):
        p = self.ready('-d', 'info')
        kept = self.connect()
        self.configure('server string = another\n', '[more]\npath = /tmp\n')
        p.send_signal(signal.SIGHUP)
        self.wait_log('reloaded')
        self.configure('max connections = many\n')
        p.send_signal(signal.SIGHUP)
        self.wait_log('the old configuration stays in force')
        # whoever was there is there still
        kept.settimeout(0.2)
        with self.assertRaises(socket.timeout):
            kept.recv(1)
        self.connect()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(SECONDS), 0)

    def test_terminate_ends_connections(self):
        p = self.ready()
        s = self.connect()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(s.recv(1), b'')
        self.assertEqual(p.wait(SECONDS), 0)

    def guid(self):
        """The server's, from its answer to a NEGOTIATE (2.2.4)."""
        s = socket.create_connection(('127.0.0.1', self.port), SECONDS)
        s.sendall(len(NEGOTIATE).to_bytes(4, 'big') + NEGOTIATE)
        answer = s.recv(4096)
        s.close()
        return answer[4 + 64 + 8:4 + 64 + 24]

    def guid_of_a_run(self):
        p = self.ready()
        guid = self.guid()
        p.send_signal(signal.SIGKILL)
        p.wait(SECONDS)
        return guid

    def configure_state(self, path):
        self.configure()
        with open(self.path('smbquic.conf'), encoding='utf-8') as f:
            text = f.read()
        with open(self.path('smbquic.conf'), 'w', encoding='utf-8') as f:
            f.write(text.replace('state directory = ' + self.folder,
                                 'state directory = ' + path))

    def test_state_directory(self):
        state = self.path('not/yet')
        self.configure_state(state)
        first = self.guid_of_a_run()
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o700)
        for name in ('guid', 'quic-secret', 'lock'):
            self.assertEqual(
                os.stat(os.path.join(state, name)).st_mode & 0o777, 0o600)
        self.assertNotIn('state directory', self.log())
        self.assertEqual(self.guid_of_a_run(), first)
        os.unlink(os.path.join(state, 'guid'))
        self.assertNotEqual(self.guid_of_a_run(), first)

    def test_state_directory_unusable(self):
        self.configure_state(self.path('smbpasswd'))
        first = self.guid_of_a_run()
        self.assertIn('state directory %s: Not a directory; the server goes '
                      'on' % self.path('smbpasswd'), self.log())
        self.assertNotEqual(self.guid_of_a_run(), first)

    def test_state_directory_of_another_server(self):
        p = self.ready()
        other = Smbquicd('test_ready_line')
        other.setUp()
        self.addCleanup(other.doCleanups)
        other.configure_state(self.folder)
        other.ready()
        self.assertIn('another smbquicd has it', other.log())
        self.assertNotEqual(self.guid(), other.guid())
        self.configure_state(self.path('elsewhere'))
        p.send_signal(signal.SIGHUP)
        self.wait_log('`state directory` has changed')

    def test_pid_file(self):
        pid_file = self.path('pid')
        self.configure('pid file = %s\n' % pid_file)
        p = self.ready()
        with open(pid_file, encoding='utf-8') as f:
            self.assertEqual(int(f.read()), p.pid)
        port, self.port = self.port, free_port()
        self.configure('pid file = %s\n' % pid_file)
        done = self.run_it('-s', self.path('smbquic.conf'))
        self.assertEqual(done.returncode, 1)
        self.assertIn('pid file', done.stderr)
        self.port = port
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(SECONDS), 0)
        self.assertFalse(os.path.exists(pid_file))

    def test_daemon(self):
        pid_file = self.path('pid')
        log = self.path('daemon.log')
        self.configure('pid file = %s\nlog file = %s\n' % (pid_file, log))
        done = self.run_it('-s', self.path('smbquic.conf'), '-D')
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(pid_file, encoding='utf-8') as f:
            pid = int(f.read())
        try:
            self.connect()
            with open(log, encoding='utf-8') as f:
                self.assertIn('ready: ', f.read())
            os.rename(log, log + '.1')
            os.kill(pid, signal.SIGHUP)
            until(lambda: os.path.exists(log), 'the log is not reopened')
        finally:
            os.kill(pid, signal.SIGTERM)
            until(lambda: not os.path.exists(pid_file), 'it does not stop')

    def test_daemon_fails(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', self.port))
            s.listen()
            done = self.run_it('-s', self.path('smbquic.conf'), '-D')
        self.assertEqual(done.returncode, 1)
        self.assertIn('in use', done.stderr)

    def test_systemd(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(self.path('notify'))
            s.settimeout(SECONDS)
            p = self.ready(env=dict(os.environ,
                                    NOTIFY_SOCKET=self.path('notify')))
            self.assertIn(b'READY=1', s.recv(4096))
            p.send_signal(signal.SIGHUP)
            self.assertRegex(s.recv(4096),
                             rb'^RELOADING=1\nMONOTONIC_USEC=\d+$')
            self.assertIn(b'READY=1', s.recv(4096))
            p.send_signal(signal.SIGTERM)
            self.assertIn(b'STOPPING=1', s.recv(4096))
            self.assertEqual(p.wait(SECONDS), 0)

    def test_garbage_does_not_harm(self):
        p = self.ready()
        for bytes_in in (b'GET / HTTP/1.0\r\n\r\n', b'\0' * 100,
                         b'\0\0\xff\xff', b'\0\xff\xff\xff' + b'x' * 1000,
                         NEGOTIATE):
            s = socket.create_connection(('127.0.0.1', self.port), SECONDS)
            s.sendall(bytes_in)
            s.close()
        self.connect()
        self.assertIsNone(p.poll())


if __name__ == '__main__':
    unittest.main()
