// Audit, programs: what is told of a program whose connections would be lost, and whether a preloaded library reaches it.
import type { ExecutionContext } from 'ava';
import { audit, auditedMachine } from '../../src/toolkit/audit/audit.js';
import { boxOf } from '../../src/toolkit/audit/box.js';
import type { ProgramReport } from '../../src/toolkit/audit/programs.js';
import { cCompiler, compileC } from '../helpers/compiled.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import { startUpstream } from '../helpers/server.js';
import { startService } from '../helpers/service.js';

const withCompiler = requires(ptraceOfOthers, cCompiler);

// The note that Go's linker leaves in what it makes.
const goNote = `
  __asm__(".pushsection .note.go.buildid, \\"a\\", @note\\n.balign 4\\n.long 4, 4, 4\\n.asciz \\"Go\\"\\n"
          ".balign 4\\n.long 0\\n.popsection\\n");`;

const client = `
  #include <arpa/inet.h>
  #include <stdlib.h>
  #include <unistd.h>
  int main(int argc, char **argv) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && write(1, "on\\n", 3) == 3) pause();
  }`;

for (const [what, source, words, linkage, kinds] of [
  ['a dynamic program', client, [], 'dynamic', ['preload', 'relay']],
  ['a static program', client, ['-static'], 'static', ['relay']],
  ['a Go program', goNote + client, ['-static'], 'go', ['setting', 'relay']],
] as const) {
  withCompiler(`${what} has the remedies that reach it`, async (t) => {
    const report = await auditClient(t, [compileC(t, source, words)]);
    t.is(report.linkage, linkage);
    t.is(report.role, 'client');
    t.is(report.connections, 1);
    t.deepEqual(
      report.remedies.map(({ kind }) => kind),
      kinds,
    );
    t.is(/out of reach/.test(report.preload), linkage !== 'dynamic');
  });
}

requires(ptraceOfOthers, command('python3', 'python3'))(
  'a script is told with its interpreter',
  async (t) => {
    const script = `
import socket, sys, signal
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
print('on', flush=True)
signal.pause()`;
    const report = await auditClient(t, ['python3', '-c', script]);
    t.regex(report.name, /^python3/);
    t.is(report.remedies[0]?.title, 'Python');
    t.regex(report.remedies[0]?.snippet ?? '', /TCP_KEEPIDLE, 60\)/);
  },
);

/** What is told of a client of this process, behind a box that forgets after 350 s. */
async function auditClient(
  t: ExecutionContext,
  words: readonly [string, ...string[]],
): Promise<ProgramReport> {
  const upstream = await startUpstream(t);
  const { port } = upstream.address as { port: number };
  const program = startService(t, [...words, String(port)]);
  await program.until('connection', (line) => line === 'on' || undefined);
  const box = boxOf('aws-nat-gateway');
  const { programs } = audit({ pid: program.pid, all: true, box }, auditedMachine());
  t.is(programs.length, 1);
  return programs[0] as ProgramReport;
}
