# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built and with which flags; each folder's wscript says the rest.

Only documented API of waf 2.x is used, so upstream waf works as well as the
./waf of this folder.
"""
import hashlib
import itertools
import os
import re
import shlex
import sys
import types

APPNAME = 'smbquic'
VERSION = '0.1.0'
top = '.'
out = 'build'

FOLDERS = 'smbquic negotiate certs server client client/mount tests'

# store, pkg-config name and version, Debian package, needed for
PACKAGES = [
    ('TALLOC', 'talloc >= 2.3.1', 'libtalloc-dev'),
    ('TEVENT', 'tevent >= 0.10.2', 'libtevent-dev'),
    ('GNUTLS', 'gnutls >= 3.7.2', 'libgnutls28-dev'),
    ('NETTLE', 'nettle >= 3.7', 'nettle-dev'),
    ('NGTCP2', 'libngtcp2 >= 1.11', 'libngtcp2-dev'),
    ('NGTCP2_CRYPTO', 'libngtcp2_crypto_gnutls >= 1.11',
     'libngtcp2-crypto-gnutls-dev'),
    ('GSSAPI', 'krb5-gssapi >= 1.20', 'libkrb5-dev'),
    ('KRB5', 'krb5 >= 1.20', 'libkrb5-dev'),
    ('PAM', 'pam >= 1.4', 'libpam0g-dev'),
    ('POPT', 'popt', 'libpopt-dev'),
    ('READLINE', 'readline', 'libreadline-dev'),
    ('JANSSON', 'jansson', 'libjansson-dev'),
    ('LZ4', 'liblz4 >= 1.8', 'liblz4-dev'),
    ('KEYUTILS', 'libkeyutils', 'libkeyutils-dev'),
    ('SMBCLIENT', 'smbclient >= 0.7', 'libsmbclient-dev'),
    ('FUSE', 'fuse3 >= 3.10', 'libfuse3-dev'),
    ('CMOCKA', 'cmocka', 'libcmocka-dev'),
]

CFLAGS = '''-std=gnu11 -g -O2 -fstack-protector-strong -Wall -Wextra -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes'''
SANITIZE = '''-fsanitize=address,undefined -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined'''
# what may stand before a compiler in CC
WRAPPERS = ('ccache', 'distcc', 'icecc')


def options(opt):
    opt.load('compiler_c gnu_dirs waf_unit_test')
    for name, text in (
            ('werror', 'treat compiler warnings as errors'),
            ('sanitize', 'build with the address and undefined behaviour '
             'sanitizers'),
            ('fuzz', 'build tests/fuzz_*.c for libFuzzer (needs clang; '
             'implies --sanitize)'),
            ('static-quic', 'put ngtcp2 into the programs instead of using '
             'its shared libraries'),
            ('disable-rpath', 'programs do not look for the libraries next '
             'to themselves (for packages)'),
            ('disable-tests', 'do not build the unit tests')):
        opt.add_option('--' + name, action='store_true', default=False,
                       dest=name.replace('-', '_'), help=text)


def configure(conf):
    o = conf.options
    if o.fuzz:
        choose_clang(conf)
    conf.load('compiler_c gnu_dirs waf_unit_test')
    env = conf.env
    env.FUZZ = o.fuzz
    env.STATIC_QUIC = o.static_quic
    env.TESTS = not o.disable_tests
    env.USE_RPATH = not o.disable_rpath
    set_flags(conf, o)
    for store, want, package in PACKAGES:
        if store == 'CMOCKA' and not env.TESTS:
            continue
        # of Samba's library we have the header, not the code
        libs = [] if store == 'SMBCLIENT' else ['--libs']
        found = conf.check_cfg(package=want.split()[0],
                               args=[want, '--cflags'] + libs,
                               uselib_store=store, msg='Checking for ' + want,
                               errmsg='not found: install ' + package,
                               mandatory=store != 'PAM')
        if store == 'PAM' and not found:
            # Debian 13's pam.pc wants that of libaudit, which need not be there
            conf.check_cc(header_name='security/pam_appl.h', lib='pam',
                          uselib_store='PAM', msg='Checking for PAM itself',
                          errmsg='not found: install ' + package)
    # x86-64 has it, and is faster with it
    conf.check_cc(header_name='intel-ipsec-mb.h', lib='IPSec_MB',
                  uselib_store='IPSEC_MB', mandatory=False,
                  msg='Checking for libipsec-mb (may be absent)')
    if o.static_quic:
        env.LIB_NGTCP2_STATIC = [':libngtcp2_crypto_gnutls.a',
                                 ':libngtcp2.a']
        # libsmbquic.so and tests; archives must not bring them to programs
        env.LIB_NGTCP2_SHARED = env.LIB_NGTCP2_CRYPTO + env.LIB_NGTCP2
        env.LIB_NGTCP2_CRYPTO = env.LIB_NGTCP2 = []
        conf.check_cc(msg='Checking for the static libraries of ngtcp2',
                      use='NGTCP2_STATIC GNUTLS', linkflags='-no-pie',
                      errmsg='not found: install libngtcp2-dev and '
                      'libngtcp2-crypto-gnutls-dev')
    set_places(conf)
    conf.define('SMBQUIC_VERSION', VERSION)
    conf.write_config_header('config.h')


def choose_clang(conf):
    """CC as it is when it is a clang, else clang behind the same wrapper."""
    words = shlex.split(os.environ.get('CC', ''))
    wrapper = list(itertools.takewhile(
        lambda word: os.path.basename(word) in WRAPPERS, words))
    compiler = words[len(wrapper):]
    if not compiler or 'clang' not in os.path.basename(compiler[0]):
        conf.find_program('clang', var='CLANG',
                          errmsg='not found: install clang')
        compiler = conf.env.CLANG
    conf.env.CC = wrapper + compiler


def set_flags(conf, o):
    env = conf.env
    env.prepend_value('CFLAGS', CFLAGS.split())
    env.append_value('CFLAGS', ['-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64'])
    if o.werror:
        env.append_value('CFLAGS', ['-Werror'])
    if o.sanitize or o.fuzz:
        env.append_value('CFLAGS', SANITIZE.split())
        env.append_value('LINKFLAGS', SANITIZE.split())
    else:
        env.append_value('CFLAGS', ['-U_FORTIFY_SOURCE',
                                    '-D_FORTIFY_SOURCE=2'])
    if o.fuzz:
        env.append_value('CFLAGS', ['-fsanitize=fuzzer-no-link'])
    env.append_value('LINKFLAGS', ['-Wl,--as-needed'])
    env.append_value('INCLUDES', [conf.path.abspath(),
                                  conf.bldnode.abspath()])
    # clang leaves the sanitizers' symbols open in shared libraries
    env.LINKFLAGS_SHARED = [] if o.fuzz else ['-Wl,-z,defs']


def set_places(conf):
    """Below /usr and /usr/local, configuration and state are the system's."""
    env = conf.env
    if env.PREFIX.rstrip('/') in ('/usr', '/usr/local'):
        if not asked(conf, 'sysconfdir'):
            env.SYSCONFDIR = '/etc'
        if not asked(conf, 'localstatedir'):
            env.LOCALSTATEDIR = '/var'
    for name in ('SYSCONFDIR', 'LOCALSTATEDIR', 'DATADIR'):
        conf.define('SMBQUIC_' + name, env[name])


def asked(conf, folder):
    """Was it given on the command line? waf 2.1 has other names than 2.0."""
    return any(getattr(conf.options, name, '')
               for name in (folder, folder.upper()))


def build(bld):
    bld.smbquic_library = types.MethodType(smbquic_library, bld)
    bld.smbquic_internal = types.MethodType(smbquic_internal, bld)
    bld.smbquic_program = types.MethodType(smbquic_program, bld)
    bld.smbquic_reference = types.MethodType(smbquic_reference, bld)
    bld.smbquic_known = types.MethodType(known, bld)
    bld.smbquic_version = VERSION
    bld.recurse(FOLDERS)


def smbquic_internal(bld, name, sources, use):
    """Objects NAME-objs and an archive NAME-static of them, for programs of
    this tree and for tests; nothing when there are no sources yet."""
    if not sources:
        return False
    bld.objects(name=name + '-objs', source=sources, cflags='-fPIC', use=use)
    archive = re.sub('^lib', '', name) + '-static'
    bld(features='c cstlib', target=up(bld) + 'internal/' + archive,
        name=name + '-static', use=name + '-objs', install_path=None)
    return True


def up(bld):
    """From the folder that is built to the top of the build tree."""
    return '../' * len(bld.path.path_from(bld.srcnode).split('/'))


def smbquic_library(bld, name, sources, headers, vnum, use, libs='',
                    public=()):
    """NAME.so (libSOMETHING) exporting what its headers declare; `use` are
    packages, `libs` libraries of this tree.  What the `public` ones among the
    headers declare is there for other programs too: those symbols have the
    version SMBQUIC_SOMETHING_0, which stays, all others that of this release,
    which no other has."""
    if not sources:
        return
    # named by its contents, so that a change of them is a change of flags
    text = version_script(name, headers, public)
    folder = bld.path.get_bld()
    folder.mkdir()
    script = folder.make_node('exports-%s.map' % hashlib.sha256(
        text.encode()).hexdigest()[:12])
    for other in folder.ant_glob('exports-*.map'):
        if other.name != script.name:
            other.delete()
    script.write(text)
    bld(features='c cshlib', target='../lib/' + name[3:], name=name,
        vnum=vnum,
        source=[], use=[name + '-objs'] + known(bld, libs) + use.split() +
        ['NGTCP2_SHARED'],
        rpath=rpath(bld, 'LIBDIR'),
        linkflags=bld.env.LINKFLAGS_SHARED +
        ['-Wl,--version-script=' + script.abspath()])
    bld.install_files('${INCLUDEDIR}/smbquic/' + bld.path.name, headers)


def smbquic_reference(bld, pages):
    """Manual pages of section 3, from {page: public header}."""
    script = bld.srcnode.find_node('scripts/gen-library-manual')
    for page, header in sorted(pages.items()):
        others = ['libsmbquic(3)'] + ['%s(3)' % o for o in sorted(pages)
                                      if o != page]
        bld(rule="%s %s %s %s/%s %s >${TGT}" % (
                sys.executable, script.abspath(), page, bld.path.name, header,
                ' '.join("'%s'" % o for o in others)),
            name='manual-' + page, target=page + '.3',
            source=[bld.path.find_node(header), script])
        bld.install_files('${MANDIR}/man3',
                          [bld.path.get_bld().make_node(page + '.3')])


def smbquic_program(bld, name, source, use, libs, sbin=False):
    """build/bin/NAME from its main file(s), archives and libraries."""
    if not bld.path.find_node(source[0]):
        return
    linkflags = []
    if bld.env.STATIC_QUIC:
        libs = ' '.join(lib if lib.endswith('-static') else lib + '-static'
                        for lib in libs.split())
        use += ' NGTCP2_STATIC GNUTLS'
        linkflags = ['-no-pie']
    bld.program(source=source, target=up(bld) + 'bin/' + name, name=name,
                use=libs.split() + use.split(), linkflags=linkflags,
                rpath=rpath(bld, 'SBINDIR' if sbin else 'BINDIR'),
                install_path='${SBINDIR}' if sbin else '${BINDIR}')


def known(bld, names):
    """Those of the tree's libraries whose folder has sources already."""
    found = []
    for name in names.split():
        try:
            bld.get_tgen_by_name(name)
        except Exception:
            continue
        found.append(name)
    return found


def rpath(bld, folder):
    """From a program or library to the libraries: in the build tree, and
    installed."""
    env = bld.env
    if not env.USE_RPATH:
        return []
    first = '$ORIGIN' if folder == 'LIBDIR' else '$ORIGIN/../lib'
    node = bld.root.make_node(env.LIBDIR)
    rel = node.path_from(bld.root.make_node(env[folder]))
    second = '$ORIGIN' if rel == '.' else '$ORIGIN/' + rel
    return list(dict.fromkeys([first, second]))


def version_script(name, headers, public):
    """A linker version script with all that the headers declare."""
    shown, hidden = set(), set()
    for header in headers:
        if header.name.endswith('_list.h'):  # macro calls
            continue
        names = shown if header.name in public else hidden
        names.update(declared(header.read()))
    node = re.sub(r'\W', '_', name[3:].upper())
    return version_node('%s_0' % node, shown) + version_node(
        '%s_PRIVATE_%s' % (node, VERSION), hidden - shown,
        '\tlocal:\n\t\t*;\n')


def version_node(version, names, local=''):
    lines = ['\t\t%s;\n' % name for name in sorted(names)]
    if not lines and not local:
        return ''
    return '%s {\n%s%s%s};\n' % (version, '\tglobal:\n' if lines else '',
                                ''.join(lines), local)


def declared(text):
    """Functions and objects that a header declares, without inline ones."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)
    text = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', '', text, flags=re.M)
    while re.search(r'\{[^{}]*\}', text):
        text = re.sub(r'\{[^{}]*\}', '@', text)
    text = re.sub(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)', '', text)
    for item in re.split(r'[;]', text):
        words = item.split('@')[-1] if 'inline' in item else item
        if re.match(r'\s*(typedef|static)\b', words) or '@' in words:
            continue
        m = re.search(r'\b(\w+)\s*\(', words) or \
            (re.search(r'\b(\w+)\s*(?:\[[^]]*\]\s*)*$', words)
             if 'extern' in words else None)
        if m:
            yield m.group(1)


def dist(ctx):
    ctx.algo = 'tar.xz'
