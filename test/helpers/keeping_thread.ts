// Keeping thread: a worker thread that connects to a port, sets the keepalive and tells what the library says of it.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { diagnose, setKeepalive } from '../../src/index.js';

const socket = connect(Number(workerData), '127.0.0.1', () => {
  const held = setKeepalive(socket, { idle: '44s' });
  socket.destroy();
  parentPort?.postMessage({ held, diagnosis: diagnose(socket) });
});
