// Idle: how much the relay's resident memory grows with each session that has exchanged one message and then rests.
// What the kernel holds for the sockets is not in it; that is the same for every relay.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Figure } from '../figure.js';
import { residentMemory } from '../process.js';

const sessions = 4000;
/** At a time: a listen backlog is not what this figure is about. */
const batch = 100;

export const idle: Figure = {
  name: 'idle',
  metrics: [
    {
      label: `memory per idle session, of ${sessions}`,
      unit: 'B',
      better: 'less',
      relayOnly: true,
    },
  ],
  load: async ({ echo, relayPid }) => {
    // The first sessions also bring in code and buffers that are there once.
    const sockets = await openSessions(echo, batch);
    const before = residentMemory(relayPid);
    for (let open = 0; open < sessions; open += batch) {
      sockets.push(...(await openSessions(echo, batch)));
    }
    const growth = residentMemory(relayPid) - before;
    for (const socket of sockets) socket.destroy();
    return [growth / sessions];
  },
};

function openSessions(port: number, count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () => openSession(port)));
}

async function openSession(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write('w');
  await once(socket, 'data');
  return socket;
}
