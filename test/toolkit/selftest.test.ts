// What the kernel is asked, on the real one and on one that refuses everything.
import { loadAddon, type NativeAddon } from '../../src/engine/addon.js';
import { areNeedsMet, type Check, checkKernel } from '../../src/toolkit/selftest/checks.js';
import { guardFds } from '../helpers/fds.js';
import { test } from '../helpers/steady.js';

const addon = loadAddon();

test('a socket has the values of the system before, and those asked for after', async (t) => {
  const { socket } = await checkKernel(addon);
  t.false(socket.before.enabled);
  t.is(socket.before.userTimeout, 0);
  t.deepEqual(socket.asked, { idle: 60, interval: 10, count: 3, userTimeout: 90_000 });
  t.deepEqual(socket.after, { enabled: true, ...socket.asked });
});

test('this kernel has what the relay needs', async (t) => {
  const { checks } = await checkKernel(addon);
  t.deepEqual(
    checks.map(({ name, needed }) => [name, needed]),
    [
      ['keepalive', true],
      ['tcpInfo', true],
      ['splice', true],
      ['sockDiag', false],
      ['pidfdGetfd', false],
      ['rtoMax', false],
      ['ioUring', false],
    ],
  );
  t.deepEqual(unmet(checks), []);
  t.true(areNeedsMet(checks));
  t.regex(checks.find(({ name }) => name === 'tcpInfo')?.got ?? '', /^\d{3} bytes$/);
});

test('what is missing is named by its errno, with what it means', async (t) => {
  const { socket, checks } = await checkKernel(refusing);
  t.is(socket.after, null);
  t.deepEqual(unmet(checks), ['keepalive', 'tcpInfo', 'splice']);
  t.false(areNeedsMet(checks));
  const got = Object.fromEntries(checks.map((check) => [check.name, check.got]));
  t.regex(got['keepalive'] ?? '', /got EPERM from setsockopt/);
  t.deepEqual(
    { ...got, keepalive: '' },
    {
      keepalive: '',
      tcpInfo: '104 bytes, no tcpi_snd_wnd',
      splice: 'ENOSYS',
      sockDiag: 'ENOENT',
      pidfdGetfd: 'EPERM',
      rtoMax: 'ENOPROTOOPT',
      ioUring: 'EPERM',
    },
  );
  t.true(checks.every(({ ok }) => !ok));
});

test('what only audit or speed would miss is no failure', async (t) => {
  const support = { ...addon.kernelSupport(-1), tcpInfoMissing: [], splice: 0 };
  const { checks } = await checkKernel({ ...addon, kernelSupport: () => support });
  t.true(checks.some(({ ok }) => !ok));
  t.true(areNeedsMet(checks));
});

test.serial('nothing that was opened stays open', async (t) => {
  await checkKernel(addon);
  guardFds(t);
  await checkKernel(refusing);
  t.true(areNeedsMet((await checkKernel(addon)).checks));
});

/** A kernel of long ago, in a sandbox. */
const refusing: NativeAddon = {
  ...addon,
  setKeepalive: () => ({ ok: false, failure: { errno: 1, syscall: 'setsockopt(TCP_KEEPIDLE)' } }),
  kernelSupport: () => ({
    tcpInfoBytes: 104,
    tcpInfoMissing: ['tcpi_snd_wnd'],
    rtoMax: 92,
    splice: 38,
    pidfdGetfd: 1,
    sockDiag: 2,
  }),
  Engine: class {
    constructor() {
      throw Object.assign(new Error('refused'), { errno: 1, syscall: 'io_uring_setup' });
    }
  } as never,
};

function unmet(checks: readonly Check[]): string[] {
  return checks.filter(({ ok, needed }) => needed && !ok).map(({ name }) => name);
}
