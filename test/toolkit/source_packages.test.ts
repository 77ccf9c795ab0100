// Real code: what is found in the sources of Debian packages, beside what there is to be found.
// docs/toolkit/audit-source.md has the figures of more packages.
import { builtInKeepalive, patience } from '../../src/keepalive/policy.js';
import { auditSources, findingsOf } from '../../src/toolkit/source/report.js';
import { atLeast, fetchDebianSources } from '../helpers/debian_sources.js';
import { requires } from '../helpers/requires.js';

/** What there is to mend, judged by hand: a file, a function and a verdict for each site. */
const judged: Readonly<Record<string, readonly string[]>> = {
  memcached: [
    'memcached.c drive_machine partial',
    'memcached.c drive_machine partial',
    'memcached.c drive_machine partial',
    'memcached.c new_socket partial',
    'testapp.c connect_server missing',
    'vendor/mcmc/mcmc.c mcmc_connect partial',
  ],
  mosquitto: [
    'lib/net_mosq.c net__try_connect_step2 missing',
    'lib/net_mosq.c net__try_connect_tcp missing',
    'src/net.c net__socket_accept missing',
    'src/net.c net__socket_accept missing',
    'src/net.c net__socket_listen_tcp missing',
  ],
  pgbouncer: ['lib/usual/tls/tls_client.c tls_connect_servername missing'],
  tinyproxy: [
    'src/child.c child_main_loop missing',
    'src/sock.c listen_on_one_socket missing',
    'src/sock.c opensock missing',
  ],
};

const sources = fetchDebianSources(Object.keys(judged));
const test = requires(atLeast(2, sources));
const keepalive = { ...builtInKeepalive, userTimeout: patience(builtInKeepalive) };

// A package may be missing from an archive for a while, so any two of them do.
for (const [name, folder] of sources.size === 0 ? [['two packages', '']] : sources) {
  test(`in ${name} all is found that a person finds, and at most one site more`, (t) => {
    const report = auditSources(folder ?? '', keepalive);
    const found = findingsOf(report).map(
      ({ file, function: fn, verdict }) => `${file} ${fn} ${verdict}`,
    );
    const expected = [...(judged[name ?? ''] ?? [])];
    t.true(report.files > 25, `${report.files} files`);
    t.deepEqual(without(expected, found), []);
    t.true(without(found, expected).length <= 1, without(found, expected).join('\n'));
  });
}

/** The first list without what is in the second, each once. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const rest = [...other];
  return list.filter((one) => {
    const at = rest.indexOf(one);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}
