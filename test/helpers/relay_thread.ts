// Relay thread: a worker thread that runs an embedded relay and tells its address, for tests that end the thread.
import { parentPort, workerData } from 'node:worker_threads';
import { createRelay, type RelayConfig } from '../../src/index.js';

const { listening } = await createRelay(workerData as RelayConfig);
parentPort?.postMessage(listening[0]?.address);
