#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquic-client against Samba's smbd, over TCP: every dialect, every signing
algorithm and cipher that it can be told to use, and real files.

Needs the root directory of peers (scripts/peers make) and root."""
import filecmp
import os
import random
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
PEERS = os.path.join(TOP, 'scripts', 'peers')
USER, PASSWORD = 'root', 'Secret-1'

CONF = '''
[global]
workgroup = TESTGROUP
server role = standalone server
interfaces = lo
bind interfaces only = yes
smb ports = {port}
private dir = {dir}/private
lock directory = {dir}/lock
state directory = {dir}/state
cache directory = {dir}/cache
pid directory = {dir}/pid
ncalrpc dir = {dir}/ncalrpc
log file = {dir}/log
passdb backend = smbpasswd:{dir}/private/smbpasswd
disable netbios = yes
load printers = no
printcap name = /dev/null
server min protocol = SMB2_02
{settings}
[share]
path = {share}
read only = no
[ro]
path = {share}
read only = yes
[sealed]
path = {share}
read only = no
server smb encrypt = required
'''


def enter(*args, **more):
    return subprocess.run([PEERS, 'enter'] + list(args), timeout=60,
                          capture_output=True, text=True, **more)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Smbd:
    """One smbd with settings of its own; its shares are one directory."""

    def __init__(self, folder, share, settings=''):
        self.folder = folder
        self.port = free_port()
        os.makedirs(share, exist_ok=True)
        for name in ('private', 'lock', 'state', 'cache', 'pid', 'ncalrpc'):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        self.conf = os.path.join(folder, 'smb.conf')
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write(CONF.format(port=self.port, dir=folder, share=share,
                                settings=settings))
        done = enter('smbpasswd', '-c', self.conf, '-a', '-s', USER,
                     input=PASSWORD + '\n' + PASSWORD + '\n')
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.process = subprocess.Popen(
            [PEERS, 'enter', 'smbd', '-F', '--no-process-group', '-s',
             self.conf], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            start_new_session=True)     # it signals its process group
        self.wait_until_ready()

    def wait_until_ready(self):
        for _ in range(200):
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError('smbd does not listen')

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='smbquic-samba-', dir='/tmp')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.share = os.path.join(cls.folder, 'share')
        cls.local = os.path.join(cls.folder, 'local')
        os.makedirs(cls.local)
        cls.smbd = cls.start('default')

    @classmethod
    def start(cls, name, settings=''):
        smbd = Smbd(os.path.join(cls.folder, name), cls.share, settings)
        cls.addClassCleanup(smbd.stop)
        return smbd

    def client(self, commands, *options, share='share', password=PASSWORD,
               status=0, cwd=None, quiet=True):
        done = subprocess.run(
            [PROGRAM, '//127.0.0.1/' + share, '--transport=tcp',
             '-p', str(self.smbd.port), '-U', USER + '%' + password,
             '-c', commands] + (['-q'] if quiet else []) + list(options),
            timeout=120, capture_output=True, text=True,
            cwd=cwd or self.local, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def make(self, name, size, folder=None):
        path = os.path.join(folder or self.local, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(random.randbytes(size))
        return path

    def same(self, a, b):
        self.assertTrue(filecmp.cmp(a, b, shallow=False), a + ' ' + b)

    def there_and_back(self, *options, share='share'):
        """Some files of awkward sizes, and what was agreed on."""
        for size in (0, 1, 65536, 65537, 3000001):
            name = 'f%d' % size
            path = self.make(name, size)
            self.client('put %s; get %s back; showconnect' % (name, name),
                        *options, share=share)
            self.same(path, os.path.join(self.local, 'back'))
        return self.client('showconnect; del f*', *options,
                           share=share).stdout


class Files(Case):
    """Everyday work, with the defaults."""

    def test_listing(self):
        self.make('a file', 5, os.path.join(self.share, 'listing'))
        out = self.client('cd listing; ls; pwd').stdout
        self.assertRegex(out, r'\n  a file +[A-Z]* +5  \w{3} \w{3} [ \d]\d '
                         r'\d\d:\d\d:\d\d \d{4}\n')
        self.assertRegex(out, r'\n\t\t\d+ blocks of size \d+\. '
                         r'\d+ blocks available\n')
        self.assertIn(r'Current directory is \\127.0.0.1\share\listing'
                      '\\\n', out)

    def test_tree(self):
        tree = os.path.join(self.local, 'tree')
        for i in range(20):
            for j in range(15):
                self.make('d%d/e/f%d' % (i, j), random.randrange(30000), tree)
        self.make('d1/large', 5000000, tree)
        self.client('recurse; prompt; mput tree')
        back = os.path.join(self.local, 'tree back')
        os.makedirs(back)
        self.client('recurse; prompt; mget tree', cwd=back)
        done = subprocess.run(['diff', '-r', tree, os.path.join(back, 'tree')],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout + done.stderr, '')
        self.assertEqual(
            os.stat(os.path.join(tree, 'd1/large')).st_mtime_ns // 10**6,
            os.stat(os.path.join(back, 'tree/d1/large')).st_mtime_ns // 10**6)
        self.client('deltree tree; cd tree', status=1)
        self.assertFalse(os.path.exists(os.path.join(self.share, 'tree')))

    def test_changes(self):
        self.client('mkdir m; mkdir m\\n; rmdir m\\n; put /etc/hostname m\\h;'
                    'rename m\\h m\\i; mv m\\i m\\j; rm m\\j; rd m')
        self.assertFalse(os.path.exists(os.path.join(self.share, 'm')))
        self.client('recurse; mkdir p\\q\\r; recurse; deltree p')
        self.make('x', 3, self.share)
        self.make('y', 4, self.share)
        self.client('rename x y', status=1)
        self.client('rename x y -f')
        self.assertEqual(os.path.getsize(os.path.join(self.share, 'y')), 3)
        self.client('del y')

    def test_large(self):
        path = self.make('large', 200 * 1000 * 1000 + 1)
        for protection in ('sign', 'encrypt'):
            self.client('put large; get large back; del large',
                        '--client-protection=' + protection)
            self.same(path, os.path.join(self.local, 'back'))

    def test_pipes(self):
        self.make('p', 1000000, self.share)
        done = subprocess.run(
            '%s //127.0.0.1/share --transport=tcp -p %d -U %s%%%s '
            '-qc "get p -" | %s //127.0.0.1/share --transport=tcp -p %d '
            '-U %s%%%s -qc "put - q"' % (
                (PROGRAM, self.smbd.port, USER, PASSWORD) * 2),
            shell=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0)
        self.same(os.path.join(self.share, 'p'),
                  os.path.join(self.share, 'q'))
        self.client('del p; del q')

    def test_facts(self):
        self.make('i', 7, self.share)
        out = self.client('allinfo i; stat i; volume; du i').stdout
        for text in ('altname: i\n', 'stream: [::$DATA], 7 bytes\n',
                     'Volume: |share| serial number 0x',
                     'Total number of bytes: 7\n', 'Size: 7 '):
            self.assertIn(text, out)
        self.client('del i')

    def test_failures(self):
        for commands, text in (
                ('get nothing', 'NT_STATUS_OBJECT_NAME_NOT_FOUND'),
                ('get a\\b\\c', 'NT_STATUS_OBJECT_PATH_NOT_FOUND'),
                ('cd nothing', 'NT_STATUS_OBJECT_NAME_NOT_FOUND'),
                ('del nothing', 'NT_STATUS_NO_SUCH_FILE'),
                ('ls nothing', 'NT_STATUS_NO_SUCH_FILE'),
                ('mkdir d; mkdir d', 'NT_STATUS_OBJECT_NAME_COLLISION'),
                ('get d', 'NT_STATUS_FILE_IS_A_DIRECTORY'),
                ('put /etc/hostname d', 'NT_STATUS_'),
                ('put /no/such/file', 'No such file or directory'),
                ('rmdir nothing', 'NT_STATUS_OBJECT_NAME_NOT_FOUND'),
                ('get f /no/such/folder/f', 'NT_STATUS_')):
            done = self.client(commands, status=1)
            self.assertTrue(done.stderr.startswith('smbquic-client: '))
            self.assertIn(text, done.stderr)
        self.client('rd d')
        self.assertEqual([n for n in os.listdir(self.share)
                          if n.startswith('.smbquic')], [])

    def test_refusals(self):
        self.assertIn('NT_STATUS_LOGON_FAILURE',
                      self.client('ls', password='wrong', status=1).stderr)
        self.assertIn('NT_STATUS_BAD_NETWORK_NAME',
                      self.client('ls', share='none', status=1).stderr)
        self.make('r', 5, self.share)
        done = self.client('put /etc/hostname h; del r; get r r2', share='ro', status=1)
        self.assertEqual(done.stderr.count('NT_STATUS_'), 2)
        self.assertTrue(os.path.exists(os.path.join(self.local, 'r2')))

    def test_shares(self):
        base = [PROGRAM, '-L', '127.0.0.1', '--transport=tcp', '-p',
                str(self.smbd.port), '-U', USER + '%' + PASSWORD]
        done = subprocess.run(base, timeout=30, capture_output=True,
                              text=True, check=True)
        self.assertRegex(done.stdout, r'\n\tshare +Disk')
        done = subprocess.run(base + ['-g'], timeout=30, capture_output=True,
                              text=True, check=True)
        self.assertIn('Disk|share|\n', done.stdout)
        self.assertIn('IPC|IPC$|', done.stdout)

    def test_sealed_share(self):
        out = self.there_and_back(share='sealed')
        self.assertIn('AES-128-GCM: the share requires it', out)

    def test_server_killed(self):
        """In mid-copy, both ways: a clear sentence, and no partial file."""
        path = self.make('big', 10)
        with open(path, 'r+b') as f:
            f.truncate(8 << 30)
        os.makedirs(self.share, exist_ok=True)
        with open(os.path.join(self.share, 'sparse'), 'wb') as f:
            f.truncate(8 << 30)
        for commands in ('put big', 'get sparse'):
            process = subprocess.Popen(
                [PROGRAM, '//127.0.0.1/share', '--transport=tcp', '-p',
                 str(self.smbd.port), '-U', USER + '%' + PASSWORD,
                 '--reconnect=0', '-c', commands], cwd=self.local,
                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            time.sleep(1)
            self.kill_children()
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, err)
            self.assertIn('NT_STATUS_CONNECTION_DISCONNECTED', err)
            self.assertIn('the server ended the connection', err)
        self.assertFalse(os.path.exists(os.path.join(self.share, 'big')))
        self.assertFalse(os.path.exists(os.path.join(self.local, 'sparse')))
        self.assertEqual([n for n in os.listdir(self.local)
                          if n.startswith('.smbquic')], [])
        os.unlink(path)
        os.unlink(os.path.join(self.share, 'sparse'))
        for name in os.listdir(self.share):
            if name.startswith('.smbquic'):
                os.unlink(os.path.join(self.share, name))

    def test_server_back(self):
        """In mid-copy: the upload goes on over a new connection."""
        path = self.make('long', 1 << 20)
        with open(path, 'r+b') as f:
            f.truncate(512 << 20)
            f.seek(0, os.SEEK_END)
            f.write(os.urandom(1 << 20))
        os.makedirs(self.share, exist_ok=True)
        process = subprocess.Popen(
            [PROGRAM, '//127.0.0.1/share', '--transport=tcp', '-p',
             str(self.smbd.port), '-U', USER + '%' + PASSWORD, '-c',
             'put long'], cwd=self.local, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True)
        while process.poll() is None and not self.underway():
            time.sleep(0.01)
        self.kill_children()
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        there = os.path.join(self.share, 'long')
        self.assertTrue(filecmp.cmp(path, there, shallow=False))
        os.unlink(path)
        for name in os.listdir(self.share):
            if name == 'long' or name.startswith('.smbquic'):
                os.unlink(os.path.join(self.share, name))

    def underway(self):
        """Whether a file of the share grows."""
        try:
            return any(entry.stat().st_size > 8 << 20
                       for entry in os.scandir(self.share)
                       if entry.name.startswith('.smbquic'))
        except FileNotFoundError:
            return False  # renamed in between

    def kill_children(self):
        """The smbd processes that serve connections."""
        tasks = '/proc/%d/task/%d/children' % ((self.smbd.process.pid,) * 2)
        with open(tasks, encoding='ascii') as f:
            for pid in f.read().split():
                with open('/proc/%s/cmdline' % pid, 'rb') as c:
                    line = c.read()
                if b'client' in line or b'127.0.0.1' in line:
                    os.kill(int(pid), signal.SIGKILL)


class Dialects(Case):
    def test_dialects(self):
        for name, text in (('SMB2_02', '2.0.2'), ('SMB2_10', '2.1'),
                           ('SMB3_00', '3.0'), ('SMB3_02', '3.0.2'),
                           ('SMB3_11', '3.1.1')):
            for protection in ('sign', 'encrypt', 'off'):
                if protection == 'encrypt' and name.startswith('SMB2'):
                    continue
                with self.subTest(name=name, protection=protection):
                    out = self.there_and_back(
                        '-m', name, '--client-protection=' + protection)
                    self.assertRegex(out, r'Dialect: +%s\n' % text)


class Algorithms(Case):
    def with_settings(self, settings, *options):
        name = settings.replace(' ', '-')
        first, self.smbd = self.smbd, self.start(name, settings)
        try:
            return self.there_and_back(*options)
        finally:
            self.smbd.stop()
            self.smbd = first

    def test_signing(self):
        for name in ('HMAC-SHA256', 'AES-128-CMAC', 'AES-128-GMAC'):
            with self.subTest(name=name):
                out = self.with_settings(
                    'server smb3 signing algorithms = ' + name,
                    '--client-protection=sign')
                self.assertRegex(
                    out, r'SMB signing: +%s, required, used\n' % name)

    def test_sealing(self):
        for name in ('AES-128-GCM', 'AES-128-CCM', 'AES-256-GCM',
                     'AES-256-CCM'):
            with self.subTest(name=name):
                out = self.with_settings(
                    'server smb3 encryption algorithms = ' + name,
                    '--client-protection=encrypt')
                self.assertRegex(
                    out, r'SMB encryption: +%s: we require it\n' % name)

    def test_required(self):
        out = self.with_settings('server smb encrypt = required',
                                 '--client-protection=off')
        self.assertIn('the server requires it', out)


def reason_to_skip():
    if not os.path.exists(PROGRAM):
        return PROGRAM + ' is not built'
    if os.getuid() != 0:
        return 'needs root, to enter the root directory of the peers'
    if subprocess.run([PEERS, 'where'], capture_output=True,
                      check=False).returncode:
        return 'there is no root directory of peers: scripts/peers make'
    return None


if __name__ == '__main__':
    REASON = reason_to_skip()
    if REASON:
        print(REASON)
        sys.exit(77)
    unittest.main()
