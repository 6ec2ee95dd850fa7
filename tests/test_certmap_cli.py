#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquic-certmap as a program: mappings, certificates, exit status."""
import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'bin', 'smbquic-certmap')
NAME = 'fs.example.com'


class Folder(unittest.TestCase):
    """A folder with a mapping file's name, and the program in it."""

    def setUp(self):
        if not os.path.exists(PROGRAM):
            self.skipTest(PROGRAM + ' is not built')
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.map = os.path.join(self.folder, 'certmap.conf')

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name='certmap.conf'):
        with open(self.path(name), encoding='utf-8') as f:
            return f.read()

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as f:
            f.write(text)

    def run_it(self, *args, where=None):
        where = ['--map', self.map] if where is None else where
        return subprocess.run(
            [PROGRAM] + where + list(args), stdin=subprocess.DEVNULL,
            timeout=60, capture_output=True, text=True, cwd=self.folder,
            start_new_session=True)

    def expect(self, status, *args, err='', out='', **more):
        done = self.run_it(*args, **more)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertIn(err, done.stderr)
        self.assertIn(out, done.stdout)
        if status != 0:
            self.assertTrue(done.stderr.startswith('smbquic-certmap: '))
            self.assertEqual(done.stdout, '')
        elif not err:
            self.assertEqual(done.stderr, '')
        return done

    def json(self, *args, **more):
        return json.loads(self.expect(0, '--json', *args, **more).stdout)

    def make(self, *names, purpose='server', stem=None, more=()):
        stem = stem or names[0]
        args = [word for name in names for word in ('--name', name)]
        return self.json('make', purpose, *args, *more, '--force',
                         '--certificate', stem + '.pem')

    def new(self, name=NAME, *more, stem=None):
        stem = stem or name
        return self.json('new', '--name', name, '--certificate',
                         stem + '.pem', '--key', stem + '.key', *more)

    def on_terminal(self, args, *answers):
        """Status and output of a run on a terminal of its own."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execv(PROGRAM, [PROGRAM, '--map', self.map] + args)
        shown, answers = b'', list(answers)
        while True:
            try:
                part = os.read(terminal, 1000)
            except OSError:
                break
            if not part:
                break
            shown += part
            if shown.endswith((b': ', b'] ')) and answers:
                os.write(terminal, answers.pop(0))
        os.close(terminal)
        return (os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),
                shown.decode())


class Mappings(Folder):
    def test_life_of_a_mapping(self):
        made = self.make(NAME)
        new = self.new(NAME, '--flags', 'AllowNamedPipe',
                       '--display-name', 'Files')
        self.assertEqual(new[0]['Name'], NAME)
        self.assertEqual(new[0]['Certificate'], self.path(NAME + '.pem'))
        self.assertEqual(new[0]['Thumbprint'], made['Thumbprint'])
        self.assertEqual(new[0]['Sha256'], made['Sha256'])
        self.assertEqual(new[0]['Flags'], 'AllowNamedPipe')
        self.assertEqual(new[0]['Type'], 'QUIC')
        self.assertEqual(new[0]['Problems'], [])
        shown = self.expect(0, 'get').stdout
        for text in (NAME, 'Files', made['Thumbprint'], made['Sha256']):
            self.assertIn(text, shown)
        self.expect(1, 'new', '--name', NAME.upper(), '--certificate',
                    NAME + '.pem', '--key', NAME + '.key',
                    err='has a mapping already')
        self.expect(0, 'set', NAME, '--flags', 'None')
        self.assertNotIn('flags', self.text())
        changed = self.json('set', '--name', NAME, '-PassThru', '-Flags',
                            'DefaultCert', '-Flags', 'allownamedpipe')
        self.assertEqual(changed[0]['Flags'], 'AllowNamedPipe, DefaultCert')
        self.expect(0, 'remove', NAME, '--force')
        self.assertEqual(self.json('get'), [])
        self.expect(1, 'get', NAME, err='there is no mapping of ' + NAME)

    def test_as_in_powershell(self):
        made = self.make(NAME, stem='x')
        self.expect(0, 'import', 'x.pem', '--key', 'x.key')
        self.assertTrue(os.path.exists(self.path('certs/%s.pem' % NAME)))
        self.expect(0, 'New-SmbServerCertificateMapping', '-Name', NAME,
                    '-Thumbprint', made['Thumbprint'], '-StoreName', 'My')
        self.expect(0, 'get-smbservercertificatemapping', '-Name:' + NAME,
                    out=made['Sha256'])
        self.make('CA', purpose='ca', stem='ca')
        self.expect(0, 'Set-SmbServerCertificateMapping', '-Name', NAME,
                    '-RequireClientAuthentication', '$true', '-ClientCa',
                    'ca.pem', '-SkipClient', '$true')
        self.assertIn('skip client certificate access check = yes',
                      self.text())
        self.expect(0, 'Get-SmbServerCertProps', NAME, out=made['Thumbprint'])
        self.expect(0, 'Remove-SmbServerCertificateMapping', NAME,
                    '-Confirm:$false')
        # Name, Thumbprint, StoreName by position
        self.expect(0, 'New-SmbServerCertificateMapping', NAME,
                    'sha256:' + made['Sha256'].upper(), 'my')

    def test_thumbprints_of_both_kinds_and_forms(self):
        made = self.make(NAME, stem='certs')
        os.mkdir(self.path('store'))
        self.expect(0, 'import', 'certs.pem', '--key', 'certs.key', '--out',
                    'store')
        sha1, sha256 = made['Thumbprint'], made['Sha256']
        for form in (sha1, sha1.lower(), 'sha1:' + sha1, sha256,
                     'SHA256:' + sha256, ':'.join(re.findall('..', sha256)),
                     ' '.join(re.findall('..', sha1))):
            new = self.json('new', NAME, form, self.path('store'))
            self.assertEqual(new[0]['Sha256'], sha256)
            self.assertEqual(self.json('get', '--thumbprint', form), new)
            self.expect(0, 'remove', NAME, '--force')
        self.expect(2, 'new', NAME, 'abc', 'My', err='is no thumbprint')
        self.expect(1, 'new', NAME, 'AB' * 20, self.path('store'),
                    err='has no certificate with the thumbprint')
        self.expect(1, 'new', NAME, sha1, 'Root', err='the store is My or')

    def test_source_is_switched(self):
        made = self.make(NAME)
        self.expect(0, 'import', NAME + '.pem', '--key', NAME + '.key')
        self.new()
        self.expect(0, 'set', NAME, '--thumbprint', made['Sha256'])
        self.assertNotIn('certificate =', self.text())
        self.expect(0, 'set', NAME, '--certificate', NAME + '.pem', '--key',
                    NAME + '.key')
        self.assertNotIn('thumbprint =', self.text())
        self.expect(1, 'set', NAME, '--certificate', NAME + '.pem',
                    '--thumbprint', made['Sha256'], err='either a certificate')

    def test_wildcard_and_default(self):
        self.make('*.example.com', stem='any')
        self.make('a.example.com', stem='a')
        self.expect(1, 'new', '*.example.com', '--certificate', 'a.pem',
                    '--key', 'a.key',
                    err='is not for *.example.com but for a.example.com')
        self.expect(1, 'new', '*.com', '--certificate', 'any.pem', '--key',
                    'any.key', err='neither a DNS name')
        self.new('*.example.com', '--default-mapping', 'true', stem='any')
        self.new('a.example.com', stem='any')
        self.expect(1, 'set', 'a.example.com', '-DefaultMapping', '$true',
                    err='*.example.com is the default mapping already')
        self.assertEqual(len(self.json('get', '*.EXAMPLE.com')), 1)
        self.assertEqual(len(self.json('get', '*')), 2)
        self.expect(0, 'get', out='for names without mapping, and for none')
        self.expect(0, 'remove', '*.example.com', '--force')
        self.assertEqual(self.json('get')[0]['Name'], 'a.example.com')
        self.expect(0, 'remove', '*.example.com', '--force')
        self.assertEqual(self.json('get'), [])

    def test_credentials_and_tokens(self):
        os.environ['CREDENTIALS_DIRECTORY'] = self.folder
        self.addCleanup(os.environ.pop, 'CREDENTIALS_DIRECTORY', None)
        self.make(NAME, stem='tls')
        new = self.json('new', NAME, '--certificate', 'credential:tls.pem',
                        '--key', 'credential:tls.key')[0]
        self.assertEqual(new['Key'], 'credential:tls.key')
        self.assertEqual(new['Problems'], [])
        for bad in ('credential:', 'credential:../x', 'credential:.x'):
            self.expect(1, 'set', NAME, '--key', bad,
                        err='is no name of a credential')
        self.expect(1, 'set', NAME, '--key',
                    'pkcs11:object=a?pin-value=1234', err='pin-source=FILE')
        self.assertNotIn('1234', self.text())
        self.expect(1, 'set', NAME, '--key', 'pkcs11:object=there-is-none',
                    err='cannot use pkcs11:object=there-is-none')
        del os.environ['CREDENTIALS_DIRECTORY']
        self.expect(1, 'check', err='for the service alone')

    def test_what_the_server_would_refuse(self):
        self.make('other.example')
        self.make('client', purpose='client')
        for stem, why in (('other.example', 'is not for fs.example.com but '
                           'for other.example'),
                          ('client', 'not for server authentication'),
                          ('nowhere', 'No such file')):
            args = ['new', '--name', NAME, '--certificate', stem + '.pem',
                    '--key', stem + '.key']
            self.expect(1, *args, err=why)
            self.assertFalse(os.path.exists(self.map))
        self.make(NAME)
        self.expect(1, 'new', '--name', NAME, '--certificate', NAME + '.pem',
                    '--key', 'other.example.key', err='does not belong')
        self.expect(0, 'new', '--name', NAME, '--certificate',
                    'other.example.pem', '--key', 'other.example.key',
                    '--force', err='warning: fs.example.com: the certificate')
        self.assertIn('is not for', self.json('get')[0]['Problems'][0])
        self.expect(0, 'get', out='Refused')
        self.expect(0, 'props', NAME, out='Refused')

    def test_key_that_is_open_to_others(self):
        self.make(NAME)
        args = ['--certificate', NAME + '.pem', '--key', NAME + '.key']
        os.chmod(self.path(NAME + '.key'), 0o644)
        self.expect(1, 'new', NAME, *args, err='is open to others')
        self.expect(0, 'new', NAME, *args, '--force', err='chmod 600')
        self.expect(1, 'check', err='is open to others')
        os.chmod(self.path(NAME + '.key'), 0o600)
        self.expect(0, 'check')

    def test_authorities_that_are_not_there(self):
        self.make(NAME)
        self.new()
        self.make('CA', purpose='ca', stem='ca')
        self.write('text', 'no certificate')
        for name in 'nowhere.pem', 'text':
            self.expect(1, 'set', NAME, '--client-ca', name,
                        '--require-client-authentication', 'true',
                        err='cannot use the client CA ' + self.path(name))
        self.expect(1, 'set', NAME, '--client-ca', 'ca.pem',
                    '--require-client-authentication', 'true',
                    '--client-crl', 'text', err=self.path('text'))
        self.assertNotIn('client', self.text())

    def test_members_that_do_not_fit(self):
        self.make(NAME)
        args = ['new', '--name', NAME, '--certificate', NAME + '.pem']
        self.expect(1, *args, err='the key file is missing')
        args += ['--key', NAME + '.key']
        self.expect(1, *args, '--type', 'TCP', err='the type is QUIC')
        self.expect(2, *args, '--flags', 'Magic', err='Flags are None')
        self.expect(2, *args, '--require-client-authentication', 'perhaps',
                    err='is true or false')
        self.expect(1, *args, '--require-client-authentication', 'true',
                    err='client ca')
        self.expect(1, 'new', '--name', '*.example.com', *args[3:],
                    err='is not for *.example.com')
        self.make('CA', purpose='ca', stem='ca')
        self.expect(0, *args, '--require-client-authentication', 'true',
                    '--client-ca', 'ca.pem', err='nobody will get in')

    def test_check(self):
        self.expect(1, 'check', err='there are no mappings')
        self.make(NAME, more=['--days', '10'])
        self.new()
        self.make('b.example', more=['--days', '20'])
        self.new('b.example')
        self.expect(0, 'check', '--days', '5')
        done = self.expect(1, 'check', err=NAME + ': the certificate expires')
        self.assertNotIn('b.example', done.stderr)
        self.expect(0, 'check', 'b.example')
        self.expect(1, 'check', 'b.example', '--days=21', err='expires on 2')
        rows = self.json('check', '--days', '9')
        self.assertEqual([r['Problem'] for r in rows], [None, None])
        done = self.run_it('check', '--json')
        self.assertEqual(done.returncode, 1)
        self.assertIn('expires on', json.loads(done.stdout)[0]['Problem'])
        os.unlink(self.path('b.example.key'))
        self.expect(1, 'check', '--days', '5', err='b.example: ')
        self.expect(1, 'check', 'c.example', err='no mapping of c.example')
        self.expect(2, 'check', '--days', 'x', err='--days is a number')

    def test_access(self):
        self.make(NAME)
        self.new()
        self.make('CA', purpose='ca', stem='ca')
        leaf = self.make('alice', purpose='client',
                         more=['--ca', 'ca.pem', '--ca-key', 'ca.key'])
        self.expect(0, 'grant', NAME, 'ISSUER', 'CN=CA',
                    err='no client certificate is asked for')
        self.expect(0, 'set', NAME, '--require-client-authentication', 'true',
                    '--client-ca', 'ca.pem')
        self.expect(0, 'Block-SmbClientAccessToServer', '-Name', NAME,
                    '-IdentifierType', 'SHA256', '-Identifier',
                    leaf['Sha256'].upper(), '-Description', 'gone')
        self.expect(0, 'grant', NAME, '--certificate', 'alice.pem')
        self.expect(0, 'grant', NAME, '--identifier', leaf['Thumbprint'],
                    err='SHA-1 is broken')
        self.expect(0, 'block', NAME, '--certificate', 'ca.pem',
                    err='is a root, whose hash matches no client')
        rows = self.json('Get-SmbClientAccessToServer', '-Name', NAME)
        self.assertEqual(
            [(r['AccessControlType'], r['IdentifierType']) for r in rows],
            [('Allow', 'ISSUER'), ('Deny', 'SHA256'), ('Allow', 'SHA256'),
             ('Allow', 'SHA1'), ('Deny', 'SHA256')])
        self.assertEqual(rows[1]['Identifier'], leaf['Sha256'])
        self.assertEqual(rows[1]['Description'], 'gone')
        self.expect(0, 'access', NAME, out='Deny    SHA256')
        before = self.text()
        self.expect(0, 'grant', NAME, 'ISSUER', 'CN=X', '--what-if',
                    out='would be added')
        self.expect(1, 'unblock', NAME, 'ISSUER', 'CN=CA',
                    err='nothing like that was blocked')
        self.expect(1, 'revoke', NAME, '--certificate', 'ca.pem',
                    err='nothing like that was granted')
        self.expect(1, 'grant', 'nobody', 'ISSUER', 'CN=X',
                    err='there is no mapping of nobody')
        self.expect(2, 'grant', NAME, err='either --identifier or')
        self.expect(2, 'grant', NAME, 'SHA256', '12', err='is no SHA-256')
        self.expect(2, 'grant', NAME, 'NAME', 'x', err='SHA256, SHA1 or')
        self.expect(2, 'grant', NAME, 'ISSUER', 'x', err='is no X.500 name')
        self.assertEqual(self.text(), before)
        self.expect(0, 'unblock', NAME, 'SHA256', leaf['Sha256'])
        self.expect(0, 'revoke', NAME, 'ISSUER', 'cn=ca')
        self.assertEqual(len(self.json('access')), 3)
        self.expect(0, 'set', NAME, '--client-ca', 'system')
        self.expect(1, 'set', NAME,
                    '--skip-client-certificate-access-check', 'true',
                    err='every client with a certificate of any public CA')

    def test_every_parameter_of_windows(self):
        """Each of each cmdlet, but for those of PowerShell itself."""
        made = self.make(NAME)
        self.make('CA', purpose='ca', stem='ca')
        you = self.make('you', purpose='client', stem='you')
        for stem in NAME, 'you':
            self.expect(0, 'import', stem + '.pem', '--key', stem + '.key')
        member = {
            'Thumbprint': made['Thumbprint'], 'StoreName': 'My',
            'Subject': 'CN=shown', 'DisplayName': 'Files', 'Type': 'QUIC',
            'Flags': 'AllowNamedPipe',
            'RequireClientAuthentication': '$true',
            'SkipClientCertificateAccessCheck': '$true'}
        client = {
            'Thumbprint': you['Thumbprint'], 'StoreName': 'My',
            'IssuerName': 'CN=shown too', 'Subject': 'CN=shown',
            'DisplayName': 'Files', 'Type': 'QUIC', 'Flags': 'None'}
        entry = {'IdentifierType': 'SHA256', 'Identifier': you['Sha256'],
                 'Force': None}

        def words(parameters, *names):
            parameters = {name: parameters[name] for name in names} \
                if names else parameters
            return [word for name, value in parameters.items() for word in
                    ['-' + name] + ([] if value is None else [value])]

        def shown(cmdlet, key, name):
            return self.json(cmdlet, '-' + key, name)[0]

        more = words({'ClientCa': 'ca.pem'})
        self.expect(0, 'New-SmbServerCertificateMapping', '-Name', NAME,
                    '-Force', *words(member), *more)
        row = shown('Get-SmbServerCertificateMapping', 'Name', NAME)
        for name, value in member.items():
            want = {'$true': True, 'My': 'My'}.get(value, value)
            self.assertEqual(row[name], want, name)
        for name in member:
            self.assertEqual(self.json(
                'Get-SmbServerCertificateMapping', '-IncludeHidden',
                *words(member, name)), [row], name)
        for name, value in (('Flags', 'None'),
                            ('Thumbprint', made['Sha256']),
                            ('StoreName', self.path('certs')),
                            ('RequireClientAuthentication', '$false'),
                            ('SkipClientCertificateAccessCheck', '$false')):
            self.expect(0, 'Set-SmbServerCertificateMapping', '-Name', NAME,
                        '-' + name, value, '-PassThru', out=NAME)
        row = shown('Get-SmbServerCertificateMapping', 'Name', NAME)
        self.assertEqual((row['Flags'], row['StoreName'],
                          row['RequireClientAuthentication'],
                          row['SkipClientCertificateAccessCheck']),
                         ('None', self.path('certs'), False, False))
        self.expect(0, 'Get-SmbServerCertProps', '-Name', NAME, '-Force',
                    out=made['Sha256'])

        for do, undo in ('Grant', 'Revoke'), ('Block', 'Unblock'):
            self.expect(0, do + '-SmbClientAccessToServer', '-Name', NAME,
                        *words(entry), '-Description', 'why', '-Confirm:$false',
                        err='no client certificate is asked for')
            row = shown('Get-SmbClientAccessToServer', 'Name', NAME)
            self.assertEqual((row['Identifier'], row['IdentifierType'],
                              row['Description']),
                             (you['Sha256'], 'SHA256', 'why'))
            self.expect(0, undo + '-SmbClientAccessToServer', '-Name', NAME,
                        *words(entry))
            self.assertEqual(
                self.json('Get-SmbClientAccessToServer', '-Name', NAME), [])
        self.expect(0, 'Remove-SmbServerCertificateMapping', '-Name', NAME,
                    *words(member, 'Subject', 'DisplayName', 'Type'),
                    '-Thumbprint', made['Sha256'], '-StoreName',
                    self.path('certs'), '-Flags', 'None',
                    '-RequireClientAuthentication', '$false',
                    '-SkipClientCertificateAccessCheck', '$false',
                    '-IncludeHidden', '-Force', '-PassThru', out=NAME)

        self.expect(0, 'New-SmbClientCertificateMapping', '-Namespace', NAME,
                    '-Force', *words(client))
        row = shown('Get-SmbClientCertificateMapping', 'Namespace', NAME)
        for name, value in client.items():
            self.assertEqual(row[name], value, name)
            self.assertEqual(self.json(
                'Get-SmbClientCertificateMapping', '-IncludeHidden',
                *words(client, name)), [row], name)
        for name, value in (('Flags', 'None'), ('IssuerName', 'CN=other'),
                            ('Thumbprint', you['Sha256']),
                            ('StoreName', self.path('certs'))):
            self.expect(0, 'Set-SmbClientCertificateMapping', '-Namespace',
                        NAME, '-' + name, value, '-PassThru', out=NAME)
        self.expect(0, 'Remove-SmbClientCertificateMapping', '-Namespace',
                    NAME, '-IssuerName', 'CN=other', '-Thumbprint',
                    you['Sha256'], '-StoreName', self.path('certs'),
                    *words(client, 'Subject', 'DisplayName', 'Type', 'Flags'),
                    '-IncludeHidden', '-Force', '-PassThru', out=NAME)
        self.assertEqual(self.json('client-get'), [])

    def test_address_as_a_name(self):
        self.make('192.0.2.1', '2001:db8::1')
        self.new('192.0.2.1')
        self.new('2001:db8::1', stem='192.0.2.1')
        self.assertEqual(len(self.json('get')), 2)
        self.assertEqual(len(self.json('get', '2001:DB8:0::1')), 1)

    def test_filters(self):
        for name, more in (('a.example', ['--flags', 'AllowNamedPipe']),
                           ('b.example', ['--display-name', 'Bee']),
                           ('c.test', [])):
            self.make(name)
            self.new(name, *more)

        def names(*args):
            return [row['Name'] for row in self.json('get', *args)]
        self.assertEqual(names(), ['a.example', 'b.example', 'c.test'])
        self.assertEqual(names('-Name', 'a.example,C.test'),
                         ['a.example', 'c.test'])
        self.assertEqual(names('a.example', 'c.test'),
                         ['a.example', 'c.test'])
        self.assertEqual(names('*.example'), ['a.example', 'b.example'])
        self.assertEqual(names('--flags', 'AllowNamedPipe'), ['a.example'])
        self.assertEqual(names('--flags', 'None', '--include-hidden'),
                         ['b.example', 'c.test'])
        self.assertEqual(names('--display-name', 'b*'), ['b.example'])
        self.assertEqual(names('--subject', 'CN=c.test'), ['c.test'])
        self.assertEqual(names('--type', 'QUIC', 'c*'), ['c.test'])
        self.assertEqual(names('--type', 'TCP'), [])
        self.assertEqual(
            names('-RequireClientAuthentication', 'true'), [])
        self.assertEqual(len(names('--require-client-authentication', 'no',
                                   '-SkipClientCertificateAccessCheck',
                                   '$false')), 3)
        self.expect(0, 'remove', '*', '--flags', 'AllowNamedPipe', '--force')
        self.assertEqual(names(), ['b.example', 'c.test'])
        self.expect(1, 'remove', '*', '--flags', 'AllowNamedPipe', '--force',
                    err='there are no such mappings')

    def test_remove_asks(self):
        self.make(NAME)
        self.new()
        before = self.text()
        self.expect(1, 'remove', NAME, err='standard input is no terminal')
        self.assertEqual(self.text(), before)
        self.expect(0, 'remove', NAME, '-WhatIf', out='would be removed')
        self.assertEqual(self.text(), before)
        status, shown = self.on_terminal(['remove', NAME], b'n\n')
        self.assertEqual(status, 1, shown)
        self.assertIn('nothing was changed', shown)
        self.assertEqual(self.text(), before)
        status, shown = self.on_terminal(['remove', NAME], b'y\n')
        self.assertEqual(status, 0, shown)
        self.assertIn('Remove the certificate mapping of ' + NAME, shown)
        self.assertNotIn(NAME, self.text())

    def test_what_if_changes_nothing(self):
        self.make(NAME)
        args = ['--certificate', NAME + '.pem', '--key', NAME + '.key']
        self.expect(0, 'new', NAME, *args, '--what-if', out='would be made')
        self.assertFalse(os.path.exists(self.map))
        self.new()
        before = self.text()
        self.expect(0, 'set', NAME, '--flags', 'AllowNamedPipe', '--what-if',
                    out='1 mapping would be changed')
        self.assertEqual(self.text(), before)

    def test_unknown_keys_and_comments_stay(self):
        self.make(NAME)
        self.write('certmap.conf', '# mine\n[%s]\ncertificate = %s.pem\n'
                   'key = %s.key\nfuture = 1\n' %
                   (NAME, self.path(NAME), self.path(NAME)))
        self.expect(0, 'set', NAME, '--display-name', 'x')
        self.assertIn('# mine\n', self.text())
        self.assertIn('future = 1\n', self.text())
        self.write('certmap.conf', '[%s]\nflags = Magic\n' % NAME)
        self.expect(1, 'get', err='certmap.conf:2: Flags are None')

    def test_file_by_configuration(self):
        self.make(NAME)
        self.write('more.conf', 'certificate map file = %s\n' % self.map)
        self.write('smbquic.conf', '[global]\ninclude = more.conf\n'
                   '[s]\ncertificate map file = /nowhere\n')
        where = ['-s', self.path('smbquic.conf')]
        self.expect(0, 'new', NAME, '--certificate', NAME + '.pem', '--key',
                    NAME + '.key', where=where)
        self.assertIn(NAME, self.text())
        self.expect(1, 'get', where=['-s', 'none.conf'], err='cannot read')
        self.write('smbquic.conf', 'include = smbquic.conf\n')
        self.expect(1, 'get', where=where, err='it includes itself')

    def test_props(self):
        self.make('CA', purpose='ca', stem='ca')
        made = self.make(NAME, more=['--ca', 'ca.pem', '--ca-key', 'ca.key'])
        self.new()
        shown = self.expect(0, 'props', NAME, '--ca', 'ca.pem').stdout
        for text in ('CN=CA', made['Thumbprint'], made['Sha256'],
                     'DNS:' + NAME, 'ECDSA-SHA256', 'trusted by ca.pem',
                     'fit for this name'):
            self.assertIn(text, shown)
        props = self.json('props', NAME)
        self.assertFalse(props[0]['Trusted'])
        self.assertIn('issuer', props[0]['Trust'])
        self.assertEqual(props[0]['Certificate']['Names'], ['DNS:' + NAME])
        self.assertFalse(props[0]['Certificate']['SelfSigned'])
        self.expect(1, 'props', 'none', err='there is no mapping of none')



class Deploying(Folder):
    """Renewal, as the programs that do it call the hook."""
    HOOK = os.path.join(TOP, 'certs', 'hooks', 'deploy-hook')

    def hook(self, **variables):
        environ = dict(os.environ, **variables)
        environ['SMBQUIC_CERTMAP'] = '%s --map %s' % (PROGRAM, self.map)
        return subprocess.run([self.HOOK], env=environ, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, cwd=self.folder)

    def good(self, **variables):
        done = self.hook(**variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def names(self):
        return {m['Name']: m for m in self.json('get')}

    def test_certbot(self):
        """What certbot sets: RENEWED_LINEAGE, a folder of links into the
        archive that are replaced, and RENEWED_DOMAINS."""
        for folder in ('archive', 'live'):
            os.makedirs(self.path(folder + '/a.example'))

        def issue(n):
            made = self.make('a.example', '*.b.example', stem='new')
            for old, new in (('new.pem', 'fullchain'), ('new.key', 'privkey')):
                target = self.path('archive/a.example/%s%d.pem' % (new, n))
                os.rename(self.path(old), target)
                os.symlink(target, self.path('link'))
                os.rename(self.path('link'),
                          self.path('live/a.example/%s.pem' % new))
            return made

        called = {'RENEWED_LINEAGE': self.path('live/a.example'),
                  'RENEWED_DOMAINS': 'a.example *.b.example'}
        first = issue(1)
        self.assertIn('a.example: mapped to', self.good(**called))
        self.assertEqual(sorted(self.names()), ['*.b.example', 'a.example'])
        before = self.text()
        second = issue(2)
        self.assertEqual(self.good(**called), '')
        self.assertEqual(self.text(), before)
        self.assertNotEqual(first['Sha256'], second['Sha256'])
        self.assertEqual(self.names()['a.example']['Sha256'],
                         second['Sha256'])

    def test_acme_sh(self):
        """--reloadcmd runs with these, in the domain's folder."""
        self.make('a.example', 'b.example', stem='acme')
        called = {'CERT_PATH': self.path('acme.pem'),
                  'CERT_KEY_PATH': self.path('acme.key'),
                  'CA_CERT_PATH': self.path('ca.cer'),
                  'CERT_FULLCHAIN_PATH': self.path('acme.pem'),
                  'Le_Domain': 'a.example'}
        self.good(SMBQUIC_NAMES='b.example', **called)
        self.assertEqual(list(self.names()), ['b.example'])

    def test_lego(self):
        """--run-hook and --renew-hook; what was mapped otherwise keeps the
        rest of its mapping."""
        made = self.make('a.example', stem='old')
        self.expect(0, 'import', 'old.pem', '--key', 'old.key')
        self.expect(0, 'new', 'a.example', made['Thumbprint'], 'My',
                    '--flags', 'AllowNamedPipe')
        made = self.make('a.example', stem='lego')
        self.good(LEGO_ACCOUNT_EMAIL='x@a.example',
                  LEGO_CERT_DOMAIN='a.example',
                  LEGO_CERT_PATH=self.path('lego.pem'),
                  LEGO_CERT_KEY_PATH=self.path('lego.key'))
        mapping = self.names()['a.example']
        self.assertEqual(mapping['Sha256'], made['Sha256'])
        self.assertEqual(mapping['Flags'], 'AllowNamedPipe')
        self.assertIsNone(mapping['StoreName'])

    def test_what_is_unfit_changes_nothing(self):
        self.make('client', purpose='client')
        self.make('a.example')
        self.make('b.example')
        self.expect(1, 'deploy', '--certificate', 'client.pem', '--key',
                    'client.key', err="there is no server's name")
        self.expect(1, 'deploy', '--certificate', 'a.example.pem', '--key',
                    'b.example.key', err='its mapping stays as it is')
        self.expect(1, 'deploy', '--certificate', 'a.example.pem', '--key',
                    'a.example.key', '--name', 'c.example',
                    err='is not for c.example but for a.example')
        self.assertFalse(os.path.exists(self.map))
        done = self.hook()
        self.assertEqual(done.returncode, 2)
        self.assertIn('neither certbot nor acme.sh nor lego', done.stderr)


class ClientMappings(Folder):
    def new_client(self, name, *more, stem='me'):
        return self.json('client-new', name, '--certificate', stem + '.pem',
                         '--key', stem + '.key', *more)

    def test_life_of_a_mapping(self):
        made = self.make('me', purpose='client')
        new = self.new_client(NAME, '--display-name', 'to the files')[0]
        self.assertEqual(new['Namespace'], NAME)
        self.assertEqual(new['Certificate'], self.path('me.pem'))
        self.assertEqual(new['Sha256'], made['Sha256'])
        self.assertEqual(new['IssuerName'], 'CN=me')
        self.assertNotIn('RequireClientAuthentication', new)
        self.expect(1, 'client-new', NAME, '--certificate', 'me.pem', '--key',
                    'me.key', err='the command client-set changes it')
        self.expect(2, 'client-new', '--certificate', 'me.pem',
                    err='--namespace is missing')
        self.expect(2, 'client-set', NAME, '--client-ca', 'x',
                    err='has no --client-ca')
        shown = self.expect(0, 'client-get').stdout
        for text in ('Namespace', NAME, 'to the files', made['Thumbprint']):
            self.assertIn(text, shown)
        self.make('you', purpose='client')
        changed = self.json('client-set', NAME, '-PassThru', '-Certificate',
                            'you.pem', '-Key', 'you.key')
        self.assertEqual(changed[0]['Subject'], 'CN=you')
        self.assertEqual(self.json('client-get', '--issuer-name', 'CN=me'), [])
        self.expect(0, 'client-remove', NAME, '--force')
        self.assertEqual(self.json('client-get'), [])

    def test_as_in_powershell(self):
        made = self.make('me', purpose='client')
        self.expect(0, 'import', 'me.pem', '--key', 'me.key')
        self.expect(0, 'New-SmbClientCertificateMapping', '-Namespace',
                    '*.example.com', '-Thumbprint', made['Thumbprint'],
                    '-StoreName', 'My', '-IssuerName', 'CN=me')
        self.assertIn('issuer name = CN=me', self.text())
        self.expect(0, 'Get-SmbClientCertificateMapping', '-Namespace',
                    '*.example.com', out=made['Sha256'])
        self.expect(0, 'Set-SmbClientCertificateMapping', '*.example.com',
                    '-Flags', 'None')
        self.expect(0, 'Remove-SmbClientCertificateMapping',
                    '*.example.com', '-Force')

    def test_what_a_client_would_refuse(self):
        self.make('me', purpose='client')
        self.make(NAME)
        for stem, why in ((NAME, 'is not for client authentication'),
                          ('nowhere', 'No such file')):
            self.expect(1, 'client-new', NAME, '--certificate', stem + '.pem',
                        '--key', stem + '.key', err=why)
        self.expect(1, 'client-new', '*.com', '--certificate', 'me.pem',
                    '--key', 'me.key', err='neither a DNS name')

    def test_whose_file(self):
        self.make('me', purpose='client')
        os.environ['SMBQUIC_CLIENT_MAP'] = self.path('deep/er/map')
        self.addCleanup(os.environ.pop, 'SMBQUIC_CLIENT_MAP')
        self.json('client-new', NAME, '--certificate', 'me.pem', '--key',
                  'me.key', where=[])
        self.assertIn('[%s]' % NAME, self.text('deep/er/map'))
        self.expect(1, 'client-get', where=['-s', 'x'],
                    err='in no configuration of a server')


class Certificates(Folder):
    def test_make(self):
        ca = self.make('My CA', purpose='ca', stem='ca')
        self.assertTrue(ca['IsCa'])
        self.assertTrue(ca['SelfSigned'])
        made = self.make(NAME, '192.0.2.1', more=[
            '--ca', 'ca.pem', '--ca-key', 'ca.key', '--days', '10'])
        self.assertEqual(made['Issuer'], 'CN=My CA')
        self.assertEqual(made['Names'], ['DNS:' + NAME, 'IP:192.0.2.1'])
        self.assertEqual(made['ExtendedKeyUsage'], ['server authentication'])
        self.assertEqual(
            os.stat(self.path(NAME + '.key')).st_mode & 0o7777, 0o600)
        client = self.make('ann@example.com', purpose='client', stem='ann')
        self.assertEqual(client['ExtendedKeyUsage'],
                         ['client authentication'])
        os.mkdir(self.path('out'))
        shown = self.expect(0, 'make', 'server', '--name', 'a',
                            '--out', 'out').stdout
        self.assertIn('out/a.key', shown)
        self.expect(0, 'make', 'server', '--name', 'plain',
                    out=' plain.pem\n')
        self.assertTrue(os.path.exists(self.path('plain.pem')))

    def test_make_refuses(self):
        self.make(NAME)
        before = self.text(NAME + '.pem')
        self.expect(1, 'make', 'server', '--name', NAME,
                    err='exists; --force replaces it')
        self.assertEqual(self.text(NAME + '.pem'), before)
        self.expect(2, 'make', 'tea', '--name', 'x', err='is not ca, server')
        self.expect(2, 'make', 'server', err='--name is missing')
        self.expect(2, 'make', '--name', 'x', err='--purpose is missing')
        for days in ('0', '-1', 'x', '1x', '36501', ''):
            self.expect(2, 'make', 'server', '--name', 'x', '--days=' + days,
                        err='--days is 1 to 36500')
        self.expect(1, 'make', 'server', '--name', 'a b', err='cannot stand')
        self.expect(2, 'make', 'server', '--name', 'x', '--ca', NAME + '.pem',
                    err='go together')
        self.expect(1, 'make', 'server', '--name', 'x', '--ca', NAME + '.pem',
                    '--ca-key', NAME + '.key', err='is not a CA')
        self.expect(1, 'make', 'server', '--name', 'x', '--out', 'nowhere',
                    err='cannot write')
        self.assertFalse(os.path.exists(self.path('x.pem')))

    def test_openssl_agrees(self):
        if shutil.which('openssl') is None:
            self.skipTest('openssl is not installed')
        self.make('CA', purpose='ca', stem='ca')
        made = self.make(NAME, more=['--ca', 'ca.pem', '--ca-key', 'ca.key'])

        def openssl(*args):
            return subprocess.run(('openssl',) + args, cwd=self.folder,
                                  check=True, capture_output=True, text=True,
                                  timeout=60).stdout
        self.assertIn('OK', openssl('verify', '-x509_strict', '-purpose',
                                    'sslserver', '-verify_hostname', NAME,
                                    '-CAfile', 'ca.pem', NAME + '.pem'))
        shown = openssl('x509', '-in', NAME + '.pem', '-noout',
                        '-fingerprint', '-sha256')
        self.assertEqual(shown.split('=')[1].strip().replace(':', '').lower(),
                         made['Sha256'])
        self.assertEqual(
            openssl('x509', '-in', NAME + '.pem', '-noout', '-pubkey'),
            openssl('pkey', '-in', NAME + '.key', '-pubout'))
        # and its PKCS#12 files and encrypted keys can be imported
        openssl('pkcs12', '-export', '-in', NAME + '.pem', '-inkey',
                NAME + '.key', '-certfile', 'ca.pem', '-out', 'x.pfx',
                '-passout', 'pass:secret')
        self.write('password', 'secret\n')
        self.expect(0, 'import', 'x.pfx', '--password-file', 'password',
                    out=made['Sha256'])
        self.expect(0, 'new', NAME, made['Thumbprint'])
        self.write('wrong', 'other\n')
        self.expect(1, 'import', 'x.pfx', '--password-file', 'wrong',
                    '--force', err='x.pfx has another password')
        self.expect(1, 'import', 'x.pfx', '--force', err='--password-file')
        openssl('pkey', '-in', NAME + '.key', '-aes256', '-passout',
                'pass:secret', '-out', 'locked.key')
        self.expect(0, 'import', NAME + '.pem', '--key', 'locked.key',
                    '--password-file', 'password', '--force')
        self.expect(1, 'new', 'b', '--certificate', NAME + '.pem', '--key',
                    'locked.key', err='is protected by a password')
        status, shown = self.on_terminal(['import', 'x.pfx', '--force'],
                                         b'secret\n')
        self.assertEqual(status, 0, shown)
        self.assertNotIn('secret', shown)

    def test_import_pem(self):
        made = self.make(NAME, stem='x')
        with open(self.path('both.pem'), 'w', encoding='utf-8') as f:
            f.write(self.text('x.pem') + self.text('x.key'))
        self.expect(0, 'import', 'both.pem', out=made['Sha256'])
        self.expect(1, 'import', 'both.pem', err='exists; --force')
        key = self.path('certs/%s.key' % NAME)
        self.assertEqual(os.stat(key).st_mode & 0o7777, 0o600)
        self.expect(1, 'import', 'x.pem', '--force', err='private key')
        self.make('other')
        self.expect(1, 'import', 'x.pem', '--key', 'other.key', '--force',
                    err='does not belong to the certificate')
        self.expect(1, 'import', 'nowhere', err='cannot read nowhere')
        self.write('junk', 'junk')
        self.write('empty', '')
        self.expect(1, 'import', 'junk', '--password-file', 'empty',
                    err='neither PEM nor a PKCS#12')


class Usage(Folder):

    def test_usage(self):
        self.expect(2, err='a command is missing')
        self.expect(2, 'frobnicate', err='there is no command frobnicate')
        self.expect(2, 'new', err='--name is missing')
        self.expect(2, 'get', '--frob', err='there is no parameter --frob')
        self.expect(2, 'get', '--days', '1', err='get has no --days')
        self.expect(2, 'get', '--require', err='needs a value')
        self.expect(2, 'get', '--c', 'x', err='may mean several')
        self.expect(2, 'get', '--map', 'x', err='--map is given twice')
        self.expect(2, 'make', 'ca', 'b', err='what is "b"?')
        self.expect(0, '--version', out='smbquic-certmap ')

    def test_help_and_manual(self):
        shown = self.expect(0, '--help').stdout
        with open(os.path.join(TOP, 'certs', 'smbquic-certmap.1'),
                  encoding='utf-8') as f:
            manual = f.read().replace('\\-', '-')
        commands = re.findall(r'(?m)^  (\w[\w-]*) ', shown)
        self.assertEqual(commands, ['new', 'get', 'set', 'remove', 'props',
                                    'check', 'deploy', 'diagnose', 'grant', 'block', 'revoke', 'unblock',
                                    'access', 'client-new', 'client-get',
                                    'client-set', 'client-remove', 'make',
                                    'import'])
        for cmdlet in re.findall(r'\((\w+-Smb\w+)\)', shown):
            self.assertIn(cmdlet, manual)
        options = set()
        for command in commands:
            self.assertRegex(manual, r'(?m)^\.B[RI]? "?%s\b' % command)
            text = self.expect(0, command, '--help').stdout
            options.update(re.findall(r'(?m)^  (--[a-z-]+)', text))
        for option in options:
            self.assertIn(option, manual)
        others = r'(?m)^(certbot|acme\.sh|lego) .*'
        for option in re.findall(r'--[a-z-]+', re.sub(others, '', manual)):
            self.assertIn(option, options)

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([PROGRAM, '--help'], stdout=full,
                                  stderr=subprocess.PIPE, text=True,
                                  timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('cannot write', done.stderr)


if __name__ == '__main__':
    unittest.main()
