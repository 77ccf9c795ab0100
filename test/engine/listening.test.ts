// What a user reads when an address cannot be listened on.
import { constants } from 'node:os';
import test from 'ava';
import { Engine } from '../../src/engine/engine.js';
import { FakeAddon } from '../helpers/fake_addon.js';
import { planOf, routeOf } from '../helpers/plans.js';

const { EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, ENOENT, ENOMEM } = constants.errno;

const cases = [
  {
    errno: EADDRINUSE,
    address: '127.0.0.1:5432',
    says: `another process, perhaps another warmline, listens there; see which with: ss -ltnp 'sport = :5432' (EADDRINUSE)`,
  },
  {
    errno: EACCES,
    address: '[::1]:80',
    says:
      'a port below 1024 needs a privilege; use a higher port, or run ' +
      '"sudo setcap cap_net_bind_service=+ep $(readlink -f $(command -v node))", ' +
      'or "sudo sysctl net.ipv4.ip_unprivileged_port_start=80" (EACCES)',
  },
  {
    errno: EADDRNOTAVAIL,
    address: '192.0.2.1:7070',
    says: 'it is not an address of this machine; list those with: ip -brief address (EADDRNOTAVAIL)',
  },
  {
    errno: EAFNOSUPPORT,
    address: '[::1]:7070',
    says: 'this machine has that address family switched off (EAFNOSUPPORT)',
  },
  {
    errno: EADDRINUSE,
    address: 'unix:/run/a.sock',
    says: 'the path is taken; see who listens there with "ss -lxp src /run/a.sock", and remove the file if nobody does (EADDRINUSE)',
  },
  {
    errno: EACCES,
    address: 'unix:/root/a.sock',
    says: 'this user may not create a socket in /root; choose another directory or change its permissions (EACCES)',
  },
  {
    errno: ENOENT,
    address: 'unix:/run/none/a.sock',
    says: 'the directory /run/none does not exist; create it first (ENOENT)',
  },
  {
    errno: ENOMEM,
    address: '127.0.0.1:5432',
    says: 'bind failed: not enough memory (ENOMEM)',
  },
];

for (const { errno, address, says } of cases) {
  test(`listening on ${address} that fails with errno ${errno} says what to do`, (t) => {
    const addon = new FakeAddon();
    addon.applyResult = { ok: false, failure: { errno, syscall: 'bind' }, route: 'db', address };
    const engine = new Engine(addon, { workers: 1 });
    t.throws(() => engine.apply(planOf(routeOf())), {
      code: 'WL_LISTEN',
      message: `route db: cannot listen on ${address}: ${says}`,
    });
  });
}
